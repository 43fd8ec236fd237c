"""Here, a feature is a number that a model can learn from, made from one column by a learned rule.

What was learned is plain JSON (`CustomerFeatures.state_`); using it (`apply.py`) needs only NumPy and Polars, so this page
imports nothing: predicting must not load the training libraries.
"""
