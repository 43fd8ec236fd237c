"""START HERE: the story, the only place where rooms meet.

A file named like a command is that command: `run` reads a table, compares the network with its rivals, trains it on
all rows, packs a bundle and writes the report; `predict` uses a bundle on new customers; `check`, `find`, `explain`,
`segment`, `target`, `serve`, `backtest`, `monitor`, `update`, `promote`, `measure`, `resume`, `runs`, `report`,
`simulate`, `tensorboard` and `demo` are read in the same way. What a door asks beside its commands:

=============  =================================================================================
`draft`        a contract for a table that has none
`assign`       new customers into segments that were found
`model`        a bundle in memory, for a notebook
`customer`     one customer of a bundle, for the dashboard
`preview`      what a list would be; `list_settings`: what can be set for one; `standing`: what the bank
               lays down for every list
`old_runs`     which runs are older than they should be, and their removal; `side_by_side`: two trainings compared
=============  =================================================================================

What several of them do lies in `steps`.

Nothing here parses options or knows file formats, and what is calculated beyond a count or a mean is calculated in a
room: each function reads like the sentence one would say aloud.
"""
