"""Here, to monitor means to hold new customers and outcomes against what was seen in training.

========================  ====================================================================
*Does a new wave look like training?*
`reference`               what customers and propensities looked like in training
`drift`                   a new wave held against it
`unread`                  columns of the wave that say nothing to the network
`alarm_texts`             what each alarm means and what to do
*Did it go as promised?*
`expected`                what propensities promise of themselves, before any outcome is known
`results`                 what customers of a scored table said
*Did calling pay?*
`joined`                  the call list with the results and purchases that came back
`measure`                 called customers against those held out
*Results and purchases as they come back*
`codes`                   what a call centre's codes mean
`purchases`               whose each purchase is, and when it was made
`met_results`             whose each result is, and which are no answers
`early`                   which were made before the day of the list
`two_answers`             customers who said yes in one result and no in another
`strangers`               results most of which are of other customers
========================  ====================================================================
"""
