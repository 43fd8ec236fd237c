"""START HERE: the story, one file per verb, the only place where rooms meet.

`run` reads a table, compares the network with its rivals, trains it on all rows, packs a bundle and writes
the report; `predict` uses a bundle on new customers; `check`, `verify`, `report` and `demo` are smaller.
Nothing here does arithmetic, parses options or knows file formats: each function reads like the sentence one
would say aloud.
"""
