"""Whose customers bring most, where the table says what a customer brings and no call was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmint.segments.brought import Interval
from segmint.segments.call_order import surely_ahead, that_count, why_undecided
from segmint.segments.kept import KeptSegments
from segmint.wording import between, capital, decimal


def say_who_brings_most(found: KeptSegments) -> str:
    """Say whose customers bring most each, by the column of the role `value`.

    Parameters
    ----------
    found : KeptSegments
        What `segments.json` holds.

    Returns
    -------
    str
        Empty where calls were answered (what they brought is told instead), no column has the role, or the first is not
        surely ahead of the next. Where a segment by which nothing is decided (few customers, or it does not come back) would
        stand before the next, the sentence names those of which it is true.
    """
    if found["brought"] is not None:
        return ""
    valued = [(segment, worth) for segment in found["segments"] if (worth := value_of(segment))]
    ranked = sorted((pair for pair in valued if not why_undecided(pair[0])), key=lambda pair: -pair[1]["mean"])
    if len(ranked) < 2:
        return ""
    (best, most), (second, next_most) = ranked[:2]
    if not surely_ahead(_as_part(most), _as_part(next_most)):
        return ""
    above = {why_undecided(segment) for segment, worth in valued if worth["mean"] > next_most["mean"]}
    among = f"of the segments{those}, c" if (those := that_count(above, "come back")) else "c"
    return capital(
        f"{among}ustomers of segment {best['key']} bring most: {most['label']} {say_amount(most)} each, in account currency; "
        f"next are those of {second['key']} with {say_amount(next_most)}."
    )


def value_of(segment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the column of the role `value` says of a segment's customers; see `Worth`."""
    return next((worth for worth in segment.get("worth", ()) if worth.get("role") == "value"), None)


def _as_part(worth: Mapping[str, Any]) -> Interval:
    return {"each": worth["mean"], "low": worth["low"], "high": worth["high"]}


def say_amount(worth: Mapping[str, Any]) -> str:
    """Say what a customer brings on average, with the interval."""
    return f"{decimal(worth['mean'], 2)} ({between(worth['low'], worth['high'], 2)})"
