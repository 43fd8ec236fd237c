"""An evaluation sets models, or a way of choosing customers, against what happened, and says how sure it is.

========================  ====================================================================
`model_comparison`        the analyst's class: name models, run them on the same folds
`comparison`              models side by side on rows kept apart, with paired intervals
`conclusion`              the intervals in words; never more than they support
`differences`             how the outcome differs by column
`backtest`                past waves replayed: learn before, choose, see what it brought
`strategies`              ways of choosing that a backtest replays; the drift kit of a learning one
`rule`                    today's rule of the bank: a column, or a condition on columns
`gate`                    may a challenger replace the champion?
`calibration_gain`        what one more calibration brings, on customers that did not teach it
========================  ====================================================================
"""
