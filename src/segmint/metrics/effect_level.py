"""Coverage of the intervals of an effect of calling; without an import, for the command line."""

EFFECT_LEVEL = 0.9  # where nobody asks for another
EFFECT_LEVELS = (0.5, 0.999)  # the least and the greatest that may be asked for
