"""A split says which rows teach and which rows are kept apart to judge.

Folds and inner parts keep the rows of one customer together and depend on what the rows say, never on their
order in the file. Waves follow time: what comes later never teaches what comes earlier.
"""
