"""What sentences about a segment rest on, and which entries of the file of words its profile bears out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from segmint.segments.kept import EVERYBODY
from segmint.segments.profile import MARKED, Marker, SegmentProfile, Typical
from segmint.segments.word_file import Advice, Condition, Part

Entry = TypeVar("Entry", Part, Advice)
MOST = 0.5  # a name may only say what most of the segment is
SOME = 0.25  # of the segment, where it is twice as usual as among all: enough to be told what to do with, as a part
TWICE = 200.0
A_FEW = 0.1  # of the segment, where it is three times as usual: to be told apart from others of whom something is said
THRICE = 300.0


@dataclass(frozen=True)
class Evidence:
    """What a sentence rests on: a column's level or median in the segment, beside all customers."""

    column: str
    level: str
    value: float
    base: float | None
    index: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Sentence:
    """One sentence: its kind (who, response, worth, need, offer, message, timing, channel, order, avoid) and evidence."""

    kind: str
    text: str
    evidence: tuple[Evidence, ...]


def evidence_of(marker: Marker) -> Evidence:
    """Return what a marker proves."""
    return Evidence(marker.column, marker.level, marker.share, marker.base, marker.index, marker.low, marker.high)


def evidence_of_number(typical: Typical) -> Evidence:
    """Return what a median proves."""
    return Evidence(typical.column, "median", typical.median, typical.base_median, None, None, None)


def evidence_of_everybody(segment: SegmentProfile) -> Evidence:
    """Return what is left where nothing but how many they are is known."""
    return Evidence(*EVERYBODY, float(segment.customers), None, None, None, None)


def _evidence_of_having(typical: Typical) -> Evidence:
    return Evidence(
        typical.column, "any number", typical.known, typical.base_known,
        100 * typical.known / typical.base_known, None, None,
    )  # fmt: skip


def matches(segment: SegmentProfile, entry: Condition, *, of_some: bool = False) -> tuple[float, Evidence] | None:
    """Find what in the profile bears the entry out, and how strongly: of most, or a level that a strong minority has."""
    if entry.level is not None:
        for marker in segment.markers:
            if (
                marker.difference > 0
                and (is_strong(marker) if of_some else marker.of_all >= MOST)
                and is_meant(marker, entry)
            ):
                return marker.difference, evidence_of(marker)
    if entry.level is not None or of_some:
        return None
    for typical in segment.typical:
        if typical.known >= MOST and re.search(entry.label, typical.label, re.IGNORECASE):
            if entry.known and typical.known_difference >= MARKED:
                return typical.known_difference, _evidence_of_having(typical)
            # a few large numbers move a mean; that most have more is what the median says
            if (entry.above is not None and typical.difference >= entry.above and typical.side > 0) or (
                entry.below is not None and typical.difference <= entry.below and typical.side < 0
            ):
                return abs(typical.difference), evidence_of_number(typical)
    return None


def is_meant(marker: Marker, entry: Condition) -> bool:
    """Whether an entry is about a marker's level."""
    return bool(
        entry.level is not None
        and re.search(entry.label, marker.label, re.IGNORECASE)
        and re.fullmatch(entry.level, marker.level, re.IGNORECASE)
    )


def is_telling(marker: Marker) -> bool:
    """Whether some of a segment have a level by which they differ too much from the others to be told the same."""
    return is_strong(marker) or (marker.of_all >= A_FEW and marker.index >= THRICE)


def is_strong(marker: Marker) -> bool:
    """Whether enough of a segment have a level, and far more than of all, to be told what to do with as a part of it."""
    return marker.of_all >= SOME and marker.index >= TWICE


def strongest(
    segment: SegmentProfile, entries: Iterable[Entry], most: int, *, of_some: bool = False
) -> list[tuple[Entry, Evidence]]:
    """Return the entries that hold, the strongest first, one per column and one of all that are `about` the same."""
    found = [(match, entry) for entry in entries if (match := matches(segment, entry, of_some=of_some)) is not None]
    found.sort(key=lambda pair: (-pair[0][0], pair[1].text))
    chosen: list[tuple[Entry, Evidence]] = []
    told: set[str] = set()
    for (_, evidence), entry in found:
        subjects = {f"column {evidence.column}", f"about {evidence.column if entry.about is None else entry.about}"}
        if not subjects & told and len(chosen) < most:
            chosen.append((entry, evidence))
            told |= subjects
    return chosen
