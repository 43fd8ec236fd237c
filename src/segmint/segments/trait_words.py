"""A trait of customers as a name says it, behind the word for who they are: "with a mortgage", "with high income"."""

from __future__ import annotations

import re
from typing import Literal

from segmint.contract.answers import NO, YES
from segmint.wording import shorten

Side = Literal["", "low", "medium", "high", "not low", "not high"]

LONGEST = 32  # of a label or a level in a name: it stands in a dialler's window

_NUMBERS = frozenset({"1", "0"})  # a yes and a no among yes and no only
_ONE_OF_THEM = re.compile(
    r"(loan|card|account|mortgage|overdraft|deposit|policy|plan|fund|contract|subscription|portfolio|pension|car|house|phone|\bapp)$",
    re.IGNORECASE,
)
_PEOPLE_ARE = (
    "insured|employed|unemployed|self[- ]employed|married|unmarried|divorced|separated|widowed|retired|graduated|educated|subscribed|"
    "registered|enrolled|interested|satisfied|indebted|disabled|contacted|invited|verified|identified"
)
_DONE = r"\b(?!(?:need|feed|speed|seed|breed|bed|red)\b)\w*ed\b|\b(?:been|done|given|held|paid|sent|taken|made|had)\b"
_VERB = "want|take|receive|accept|prefer|pay|rent|drive|live|work|invest|save|travel|like|expect|plan|know|get|buy|need"
_SAID = (  # of a yes and of a no, by what the label looks like
    (r"(?:is|are) (.+)", r"who are \1", r"who are not \1"),
    (r"(?:was|were) (.+)", r"who were \1", r"who were not \1"),
    (rf"({_PEOPLE_ARE})", r"who are \1", r"who are not \1"),
    (rf"(?:has|have) ever ((?:{_DONE}).*)", r"who have ever \1", r"who have never \1"),
    (
        rf"(?:has|have) (been .+|(?:{_DONE})(?: (?:an?|the|to|for|in|on|at|by|up|before)\b.*)?)",
        r"who have \1",
        r"who have not \1",
    ),
    (rf"({_VERB})s (.+)", r"who \1 \2", r"who do not \1 \2"),
)
_NO_NOUN = re.compile(
    rf"{_DONE}|^(ever|never|not|is|are|was|were|has|have|had|owns|uses|does|do|did|can|will|would|may)\b", re.IGNORECASE
)
_COUNTED = re.compile(
    r"^(calls|contacts|products|cards|accounts|loans|children|contracts|visits|logins|transactions|complaints|people|persons)\b",
    re.IGNORECASE,
)
_BAND = re.compile(r"(under )?[−\d][\d,.]*( or more| to (under )?[−\d][\d,.]*)?")


def level_in_words(label: str, level: str) -> str:
    """Say that customers have a level: "without a mortgage", "who are married", "whose household is family".

    What no pattern knows for a noun or a clause is quoted: whose “newsletter subscribed” is yes.
    """
    short = shorten(label, LONGEST)
    if not is_answer(level):
        return f"whose {short} is {shorten(level, LONGEST)}"
    yes = level.casefold() in YES
    for pattern, of_yes, of_no in _SAID:
        if found := re.fullmatch(pattern, short, re.IGNORECASE):
            return found.expand(of_yes if yes else of_no)
    held = re.sub(r"^((has|have|owns|holds|uses) (an? )?|an? )(?=.)", "", short, flags=re.IGNORECASE)
    one = _ONE_OF_THEM.search(held)
    if _NO_NOUN.search(held) and not one:
        return f"whose “{short}” is {'yes' if yes else 'no'}"
    article = "" if not one else "an " if held[0].casefold() in "aeiou" else "a "
    return f"{'with' if yes else 'without'} {article}{held}"


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
