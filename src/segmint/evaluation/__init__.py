"""An evaluation sets models, or a way of choosing customers, against what happened, and says how sure it is.

========================  ====================================================================
`model_comparison`        the analyst's class: name models, run them on the same folds
`comparison`              models side by side on rows kept apart; `paired_bootstrap`: its intervals
`conclusion`              the intervals in words; never more than they support
`differences`             how the outcome differs by column
`search`                  settings proposed, tried and judged on inner rows
`backtest`                past waves replayed: learn before, choose, see what it brought
`strategies`              ways of choosing that a backtest replays; the drift kit of a learning one
`backtest_scores`         its figures by wave and in all; `backtest_words`: what of them chance can explain
`wave_policy`, `rule`     whom a policy calls in a past wave, and whom today's rule of the bank would call
`lagged_rates`            how calls went lately, as columns
`recalibration`           propensities moved so that they promise what was lately observed
`conformal`               which outcomes cannot be ruled out, right in nine of ten calls
`gate`                    may a challenger replace the champion?
`group_quality`           how well the network does by sensitive group
`calibration_gain`        what one more calibration brings, on customers that did not teach it
========================  ====================================================================
"""
