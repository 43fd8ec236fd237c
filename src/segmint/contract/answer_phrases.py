"""A yes and a no to the label of a column as a phrase: "with a car", "who have not defaulted", "has no loan"."""

from __future__ import annotations

import re

from segmint.contract.yes_no import NO_WORDS, YES_WORDS

_ONE_OF_THEM = re.compile(
    r"(loan|card|account|mortgage|overdraft|deposit|policy|plan|fund|contract|subscription|portfolio|pension|car|house|phone|\bapp)$",
    re.IGNORECASE,
)
_PEOPLE_ARE = (
    "insured|employed|unemployed|self[- ]employed|married|unmarried|divorced|separated|widowed|retired|graduated|educated|subscribed|"
    "registered|enrolled|interested|satisfied|indebted|disabled|contacted|invited|verified|identified"
)
_DONE = (
    r"\b(?!(?:need|feed|speed|seed|breed|bed|red)\b)\w*ed\b"
    r"|\b(?:been|done|given|held|paid|sent|taken|made|had|bought|sold|left|got|seen|spoken|won|lost|met|begun|written|chosen)\b"
)
# beside a participle, which "secured loan" has none of
_CLAUSE = re.compile(r"\b(an?|the|to|out|off|by|in|on|up|for)\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(no|not|never|without)\b", re.IGNORECASE)
_VERB = "want|take|receive|accept|prefer|pay|rent|drive|live|work|invest|save|travel|like|expect|plan|know|get|buy|need"
_SAID = (  # of a yes and of a no, by what the label looks like
    (r"(?:is|are) (.+)", r"who are \1", r"who are not \1"),
    (r"(?:was|were) (.+)", r"who were \1", r"who were not \1"),
    (rf"({_PEOPLE_ARE})", r"who are \1", r"who are not \1"),
    (rf"(?:has|have) ever ((?:{_DONE}).*)", r"who have ever \1", r"who have never \1"),
    (
        rf"(?:has|have) (been .+|(?:{_DONE})(?: (?:an?|the|to|for|in|on|at|by|up|off|out|before)\b.*)?)",
        r"who have \1",
        r"who have not \1",
    ),
    (rf"({_VERB})s (.+)", r"who \1 \2", r"who do not \1 \2"),
)
_NO_NOUN = re.compile(
    rf"{_DONE}|^(ever|never|not|is|are|was|were|has|have|had|owns|uses|does|do|did|can|will|would|may)\b", re.IGNORECASE
)


def trait_of(label: str, *, yes: bool) -> str:
    """Say of customers what a yes or a no to a label means: "without a mortgage", "who are married".

    What no pattern knows for a thing or a clause is quoted: whose “newsletter subscribed” is yes.
    """
    quoted = f"whose “{label}” is {'yes' if yes else 'no'}"
    if _NEGATIVE.search(label):
        return quoted
    for pattern, of_yes, of_no in _SAID:
        if found := re.fullmatch(pattern, label, re.IGNORECASE):
            return found.expand(of_yes if yes else of_no)
    held = re.sub(r"^((has|have|owns|holds|uses) (an? )?|an? )(?=.)", "", label, flags=re.IGNORECASE)
    one = _ONE_OF_THEM.search(held)
    if _NO_NOUN.search(held) and (not one or _CLAUSE.search(held)):
        return quoted
    article = "" if not one else "an " if re.match(r"[aeio]|u(?!s|ni)", held, re.IGNORECASE) else "a "
    return f"{'with' if yes else 'without'} {article}{held}"


def has_or_not(label: str, level: str) -> str:
    """Say of one or many whether they have what a label says: "has no loan", "has not defaulted"; "" where it says no such thing."""
    held, word = label.removeprefix("has "), level.casefold()
    if held == label or word not in (*YES_WORDS, *NO_WORDS):
        return ""
    if word in YES_WORDS:
        return label
    said = trait_of(label, yes=False)
    if said.startswith("without "):
        return f"has no {held.removeprefix('a ').removeprefix('an ')}"
    return f"has {said.removeprefix('who have ')}" if said.startswith("who have ") else ""
