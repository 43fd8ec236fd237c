"""A segment with little in its profile, and what is said of it."""

from dataclasses import replace

from segmint.segments.profile import Profiles
from segmint.segments.words import say_segments


def say(profiles, rules=None, **told):
    """Say segments of which nothing else is known."""
    nothing = {"currency": "", "names": None, "cuts": None, "all_reached": True, "differs": True, "known": False}
    return say_segments(profiles, rules, **nothing | told)


def plain(segment, key, **parts):
    return replace(
        segment, **{"key": key, "markers": (), "typical": (), "best": (), "worth": (), "response": None} | parts
    )


def trait(retired, share, column="x", level="under 2", difference=0.9):
    return replace(
        retired.markers[0], column=column, label=f"{column} of theirs", level=level, share=share, difference=difference
    )


def said_of(segment):
    return " ".join(sentence.text for sentence in say(Profiles((segment,)))[0].sentences)


def advice_of(segment, kind):
    return [line.text for line in say(Profiles((segment,)))[0].of(kind)]
