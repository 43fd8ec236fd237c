"""A metric is one number (or one curve) that says how well predictions met what happened.

Every metric is a pure NumPy function of arrays. None of them depends on the order of the rows: customers
with equal scores count as if they were called in random order, by expectation.

========================  ==========================================================================
`ranking`                 who comes first: ROC AUC, average precision, lift, gains
`classification`          who is named: F1, the confusion matrix, the best threshold
`calibration`             whether 20 % means 20 in 100: log loss, reliability, Venn-Abers
`intervals`               how sure we are: Wilson, bootstrap weights, percentile intervals
`profit`                  what a list earned, and EMPA
`association`             how strongly two columns of levels hang together
`effect_level`            how sure the intervals of an effect of calling are to be
`streamed`                the same figures from counts, batch after batch
========================  ==========================================================================
"""
