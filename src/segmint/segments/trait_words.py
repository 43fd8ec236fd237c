"""A trait of customers as a name says it, behind the word for who they are: "with a mortgage", "with high income"."""

from __future__ import annotations

import re
from typing import Literal

from segmint.contract.answer_phrases import trait_of
from segmint.contract.yes_no import NO, YES
from segmint.wording import shorten

Side = Literal["", "low", "medium", "high", "not low", "not high"]

LONGEST = 32  # of a label or a level in a name: it stands in a dialler's window

_NUMBERS = frozenset({"1", "0"})  # a yes and a no among yes and no only
_COUNTED = re.compile(
    r"^(calls|contacts|products|cards|accounts|loans|children|contracts|visits|logins|transactions|complaints|people|persons)\b",
    re.IGNORECASE,
)
_BAND = re.compile(r"(under )?[−\d][\d,.]*( or more| to (under )?[−\d][\d,.]*)?")


def level_in_words(label: str, level: str) -> str:
    """Say that customers have a level: "without a mortgage", "who are married", "whose household is family"."""
    short = shorten(label, LONGEST)
    if not is_answer(level):
        return f"whose {short} is {shorten(level, LONGEST)}"
    return trait_of(short, yes=level.casefold() in YES)


def is_answer(level: str) -> bool:
    """Whether a level is a yes or a no, and no number."""
    word = level.casefold()
    return word not in _NUMBERS and word in (*YES, *NO)


def number_in_words(label: str, side: Side) -> str:
    """Say where a number of theirs lies among those of all customers: "with few calls before", "without high income"."""
    low, high = ("few", "many") if _COUNTED.search(label) else ("low", "high")
    with_or_without = "without" if side.startswith("not ") else "with"
    said = {"low": low, "high": high}.get(side.removeprefix("not "), side)
    return f"{with_or_without} {said} {shorten(label, LONGEST)}"


def is_band(level: str) -> bool:
    """Whether a level of a number's column is a band of numbers, and no state with a name."""
    return _BAND.fullmatch(level) is not None


def band_in_words(label: str, level: str) -> str:
    """Say a band of numbers without its ends, which are amounts of single customers; counts are no such amounts."""
    if level == "0":
        return f"without {shorten(label, LONGEST)}"
    if re.fullmatch(r"\d{1,2}", level):
        return f"with {shorten(label, LONGEST)} of {level}"
    side: Side = "low" if level.startswith("under ") else "high" if level.endswith(" or more") else "medium"
    return number_in_words(label, side)
