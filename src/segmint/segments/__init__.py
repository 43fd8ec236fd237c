"""Segments: groups of similar customers; who they are, what they are worth, what to do.

A *segment* is a
group found in, or defined on, what the bank knows of a customer when the list is made.

========================  ====================================================================
`segmentation`            a table in segments: found or known, described, ruled and proven
`kept`                    what ``segments.json`` holds, and its checked reader; `state`: what assigns
*Found*
`inputs`, `coding`        which columns make segments, and how they become codes
`finder`                  from columns to segments with a stored state
`mixture`                 latent classes; `kmeans`, `tree`: the other ways
`choice`                  how many; `stability`: whether they come back
`assign`                  which segment a customer is in; `single`: one customer at a time
*Described and proven*
`profile`                 who is in a segment, how it responded; `sizes`: how many customers
`rules`                   segments as rules and SQL
`proof`                   whether they help to choose whom to call; `individual`: the measure beside them
`migration`               one wave beside an earlier one; `gaps`: what a later one leaves open
`later_answers`           how segments answered in a later wave
*In words*
`words`                   all that is said of a segment, each sentence with its evidence
`evidence`                what sentences rest on; `word_file`: the entries behind them
`names`                   what segments are called; `cuts`: the splits that tell them apart
`trait_words`             a trait as a name says it
`sentences`               who they are, how they responded, when and where to call
`advice`                  what to do with one, and what to ask its customers
`brought`                 what calls to each brought; `call_order`: whom to call first by that
`bring_most`              whose customers bring most where no call was answered
========================  ====================================================================
"""
