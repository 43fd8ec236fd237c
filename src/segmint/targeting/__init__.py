"""From propensities to a call list: suppress, choose, hold out, hand off, under the bank's policy."""
