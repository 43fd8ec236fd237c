"""Here, a feature is a number that a model can learn from, made from one column, or two, by a learned rule.

What was learned is plain JSON (`CustomerFeatures.state_`); using it (`apply`) needs only NumPy and Polars, so this page
imports nothing: predicting must not load the training libraries.

========================  ===============================================================================
*Learning them*
`customer_features`       CustomerFeatures: how columns become what our network reads
`natural`                 NaturalFeatures: one number per column, as trees read them
`edges`                   numbers that stand for at least ten customers
`normal_scores`           where a number lies among all of its column
`levels`                  texts that stand for at least ten customers, and what others are called
`frame`                   a table of any library as a Polars frame
`parameters`              what a parameter of an estimator must be
*What two columns say together*
`pairs`                   how many customers share both values
`changes`                 how far one number lies above another
*Using what was learned*
`apply`                   customers as the numbers a network reads
`lookup`                  the same as sums of table rows, which takes less
`numbers`                 a column read as numbers
========================  ===============================================================================
"""
