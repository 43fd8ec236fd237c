"""What several flows do, each a file; a step calls no flow.

========================  ====================================================================
`settings`                what every flow takes besides its tables
`read`                    a table held against its contract
`train`, `calibrate`      the network that goes into the bundle; `search`: better settings for it
`pack`, `bundle`          a bundle made, and used; `learned`: whom it has learned from; `appended`: what predicting
                          appends to a table
`candidates`              who could be called; `policy_columns`: what a policy takes from a table; `list_doubts`: what
                          may be wrong with a list; `same_campaign`: whom an earlier list of the campaign calls too
`call_lists`              what comes back: lists, results of calls (`call_results`), a wave that was `scored`,
                          objections (`do_not_call`)
`judged`, `on_test`       how well predictions did where outcomes are known; `next_step`: what to do after a
                          measurement; `as_commands`: what to type after a wave was watched
`named`, `call_money`     how a customer is named; what a call costs and a yes brings
========================  ====================================================================
"""
