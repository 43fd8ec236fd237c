"""Pages for people in front of `segmint.flows`: they show what flows say, in the report's look, and think nothing themselves."""
