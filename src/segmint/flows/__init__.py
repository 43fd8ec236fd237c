"""START HERE: the story, the only place where rooms meet.

A file named like a command is that command: `run` reads a table, compares the network with its rivals, trains it on
all rows, packs a bundle and writes the report; `predict` uses a bundle on new customers; `check`, `find`, `explain`,
`segment`, `target`, `serve`, `backtest`, `monitor`, `update`, `promote`, `measure`, `resume`, `runs`, `report`, `simulate`, `tensorboard`
and `demo` are read in the same way. The others are what several of them share:

========================  ====================================================================
`read`                    a table held against its contract; `draft`: a contract for one that has none
`train`, `calibrate`      the network that goes into the bundle; `search`: better settings for it
`bundle`, `learned`       use a bundle; whom it has learned from
`model`, `customer`       a bundle in memory for a notebook; one of its customers
`candidates`, `preview`   who could be called; what a list would be; `policy_columns`: what a policy takes from a table;
                          `list_doubts`: what may be wrong with a list; `same_campaign`: whom an earlier list of the
                          campaign calls too; `standing`: what the bank lays down for every list
`assign`, `call_money`    new customers into segments that were found; what a call costs and a yes brings
`named`                   how a customer is named
`old_runs`                which runs are older than they should be, and their removal
`call_lists`, `results`   what comes back: lists, results of calls, a wave that was `scored`, objections (`do_not_call`)
`settings`                what every flow takes besides its tables; `list_settings`: what can be set
========================  ====================================================================

Nothing here parses options or knows file formats, and what is calculated beyond a count or a mean is calculated in a
room: each function reads like the sentence one would say aloud.
"""
