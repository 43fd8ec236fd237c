"""Whom to call first: what to do with each segment, by what calls to it brought, and that in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from segmint.segments.brought import OF_CALLED_GAIN, OF_GAIN, OF_YES, Brought, BroughtSegment, Interval
from segmint.segments.kept import WeighedSegments, said_of
from segmint.segments.stability import STABLE
from segmint.wording import capital, listed, percent

DESCRIBED = 30  # of fewer customers no description, offer or message is said
Step = Literal["call first", "call", "write", "later", "by the list", "too few to say", "does not come back"]


def call_order(found: WeighedSegments) -> dict[str, Step]:
    """Say by its key what to do with each segment.

    Parameters
    ----------
    found : mapping
        What `segments.json` holds.

    Returns
    -------
    dict
        "call" where a call surely pays (without money: where surely more than of all say yes), "write" where it surely loses
        ("later" without money, where surely fewer say yes: their calls may pay all the same), "by the list" where chance alone
        may explain either. "call first" are those that pay and are not surely behind the best. Empty where nobody was called,
        or the response does not surely differ on rows kept apart.
    """
    weighed = found["brought"]
    if weighed is None or not surely_differs(found):
        return {}
    by_key = {segment["key"]: segment for segment in found["segments"]}
    told = {part["key"]: _step(by_key[part["key"]], part, weighed) for part in weighed["segments"]}
    paying = [part for part in weighed["segments"] if told[part["key"]] == "call"]
    if paying:
        best = max(paying, key=lambda part: float(part["each"]))
        told |= {part["key"]: "call first" for part in paying if not surely_ahead(best, part)}
    return told


def surely_differs(found: WeighedSegments) -> bool:
    """Whether nothing speaks against that the response differs by segment, on rows kept apart."""
    proof = found.get("proof")
    return proof is None or bool(proof["differs"])


def _step(segment: Mapping[str, Any], part: BroughtSegment, weighed: Brought) -> Step:
    if undecided := why_undecided(segment):
        return undecided
    line = _line(weighed)
    if part["low"] > line:
        return "call"
    if part["high"] < line:
        return "write" if weighed["in_money"] else "later"
    return "by the list"


def why_undecided(segment: Mapping[str, Any]) -> Step | None:
    """Say why nothing is decided by a segment, whatever its figures; None where something may be."""
    if segment["customers"] < DESCRIBED:
        return "too few to say"
    if segment.get("jaccard") is not None and segment["jaccard"] < STABLE:
        return "does not come back"
    return None


def _line(weighed: Brought) -> float:
    """What a segment is held against: calls that cost nothing more than they bring, or the response of all customers."""
    return 0.0 if weighed["in_money"] else float(weighed["base"])


def surely_ahead(best: Interval, other: Interval) -> bool:
    """Whether the distance of two is more than both intervals together explain (Newcombe 1998, method 10)."""
    apart = best["each"] - other["each"]
    return bool(apart > np.hypot(best["each"] - best["low"], other["high"] - other["each"]))


def say_call_order(found: WeighedSegments, *, without: Collection[str] = ()) -> str:
    """Say in one sentence whom to call first, who pays besides and who loses; "" where nothing can be said of calls.

    Parameters
    ----------
    found : mapping
        What `segments.json` holds.
    without : collection of str
        Keys of segments that count in the order, but of which nothing is said.
    """
    weighed = found["brought"]
    told = {key: step for key, step in call_order(found).items() if key not in without}
    if weighed is None or not told:
        return ""
    of_step: dict[str, list[str]] = {
        step: [key for key, theirs in told.items() if theirs == step] for step in told.values()
    }
    only_others = "call" in of_step and "call first" not in of_step
    parts = [] if only_others else [_first(found, weighed, of_step.get("call first", []))]
    money = weighed["in_money"]
    for step, one, many in (
        ("call", *(("pays", "pay") if money else ("says yes more often than average", "say yes more often than average"))),
        ("by the list", *(("may pay or lose", "may pay or lose") if money else ("is about average", "are about average"))),
        ("write", "loses, write to them", "lose, write to them"),
        ("later", "says yes less often: call them later", "say yes less often: call them later"),
        ("too few to say", "has too few customers to say", "have too few customers to say"),
        ("does not come back", "does not come back, decide nothing by it", "do not come back, decide nothing by them"),
    ):  # fmt: skip
        if keys := of_step.get(step):
            parts.append(f"{numbered(keys)} {one if len(keys) == 1 else many}")
    return capital(f"{'; '.join(parts)}.")


def _first(found: WeighedSegments, weighed: Brought, keys: Sequence[str]) -> str:
    all_called = len(weighed["segments"]) == len(found["segments"])
    if not keys:
        does = "pays for its calls" if weighed["in_money"] else "says yes more often than all customers"
        return f"No {'' if all_called else 'called '}segment{_that_counts(found, weighed)} surely {does}"
    customers = sum(segment["share"] for segment in found["segments"] if segment["key"] in keys)
    part = sum(told["part"] for told in weighed["segments"] if told["key"] in keys)
    of_gain = OF_GAIN if all_called else OF_CALLED_GAIN
    of_what = of_gain if weighed["in_money"] else OF_YES
    names = "; ".join(said_of(segment) for segment in found["segments"] if segment["key"] in keys)
    return (
        f"Call {numbered(keys)} first ({names}): {percent(customers, 0)} of the customers, {percent(part, 0)} {of_what}"
    )


def numbered(keys: Sequence[str]) -> str:
    """Name segments by their numbers, or letters."""
    return f"segment{'' if len(keys) == 1 else 's'} {listed(keys)}"


def _that_counts(found: WeighedSegments, weighed: Brought) -> str:
    """Say of which segments alone it is true that none pays, where one would pay of which nothing is decided."""
    line, told = _line(weighed), call_order(found)
    return that_count({told[part["key"]] for part in weighed["segments"] if part["low"] > line}, "comes back")


def that_count(left_out: Collection[Step | None], come_back: str) -> str:
    """Say of which segments alone something is true, where these steps would speak against it; "" where of all."""
    of_size = f" of {DESCRIBED} customers or more" if "too few to say" in left_out else ""
    return of_size + (f" that {come_back}" if "does not come back" in left_out else "")
