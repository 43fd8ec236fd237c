"""From propensities to a call list: suppress, choose, hold out, hand off, under the bank's policy.

========================  ================================================================================
*The policy*
`policy`                  what a call costs and brings, and the rules of the bank
`contradictions`          what a policy says against itself
`levels`                  the levels that a policy names, found in a column
*Suppress*
`suppress`                who must not be called
`objections`              who is on a file of objections
`named_files`             files that a policy names, read whole or not at all
`given_ids`               customer ids that a caller hands over
`phones`                  phone numbers, for a dialler and to compare
`calls_made`              who must rest, and who has been called often enough
`households`              customers of one household or firm, of whom only one is called
*Choose*
`call_list`               the call list: every row read, one status each
`stakes`                  what calls to each customer cost, what a yes brings, and whether anybody answers
`choose`                  whom to call: expected profit, budget, holdout, and the advice in words
`one_budget`              what one more unit is worth where only a budget limits the list
`optimise`                the best list under quotas and several capacities at once
`holdout`                 customers deliberately not called
*Say what it would bring*
`preview`                 what a policy would bring, before a list is made
`summary`                 a list as figures
`curves`                  what calling the best x % would have brought
`sensitivity`             the list when a call costs more, a success brings less, or the budget changes
`fairness`                who is on the list beside who could have been
`compare`                 who was on an earlier list and is not on this one
*Hand off*
`hand_off`                a workbook for people and a file for the dialler
`sheets`                  the sheets of the workbook
`what_if_sheet`           its sheet of live formulas
========================  ================================================================================
"""
