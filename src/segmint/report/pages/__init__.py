"""One file for each page of the report: ``page(run) -> dict | None``, None when the run has no files for it.

In reading order:

========================  ================================================================
`answer`                  the answer in three sentences
*Call lists*
`call_list`               who is on the list, who is not and why, in money
`list_limits`             budgets, quotas and capacities, and what one more unit is worth
`list_what_if`            the list when costs, values or the budget change
`list_curves`             what this ranking brought where answers are known
`list_holdout`            what the holdout can show
`list_fairness`           who is on the list by sensitive group
*Waves*
`backtest`                had you used it since the first wave?
`monitoring`              does the wave still look like training?
`measure`                 what calling brought: called against held out
`migration`               where customers went since an earlier wave
*Customers*
`segments`                whom to call first, and who each segment is
`reading`                 what was read, and the columns set aside
`columns`                 how the response rate, or the mix of segments, differs by column
*The network*
`comparison`              the network and its rivals, on the same rows
`on_test`                 the same on a test table of the user's own
`quality`                 how well the network finds who says yes
`group_quality`           how well it does by sensitive group
`reasons`                 which columns move its predictions
`network`                 its layers, and how it learned
`search`                  every trial of the search for settings
`settings`                how the run was made, and what the words mean
========================  ================================================================
"""
