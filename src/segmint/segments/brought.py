"""What each segment brought, beside the others: by calls to it, or, where nobody answered, by its column of the role value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segmint.segments.call_order import DESCRIBED, surely_ahead
from segmint.segments.stability import STABLE
from segmint.wording import between, decimal


def brought_by(segments: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Weigh the segments by what they brought: in money where every one knows what a call earned, else in customers who said yes.

    Parameters
    ----------
    segments : sequence of dict
        As `segments.json` holds them.

    Returns
    -------
    dict or None
        in_money, base (of all segments together, as `each`) and segments: key, each (profit per call, account currency, or
        the response rate) with its interval low and high, amount (account currency, or customers who said yes) and part (of
        the sum of what is gained; 0 where calls lose). None where fewer than two segments were called.
    """
    called = [segment for segment in segments if segment["response"] is not None]
    if len(called) < 2:
        return None
    in_money = all(segment["response"]["profit_per_call"] is not None for segment in called)
    each, low, high = ("profit_per_call", "profit_low", "profit_high") if in_money else ("rate", "low", "high")
    rows = [segment["rows"] for segment in called]
    amounts = [_amount(segment, in_money=in_money) for segment in called]
    gained = sum(max(amount, 0.0) for amount in amounts)
    base = sum(s["response"][each] * n for s, n in zip(called, rows, strict=True)) / max(sum(rows), 1)
    return {
        "in_money": in_money,
        "base": base,
        "segments": [
            {
                "key": segment["key"],
                "each": segment["response"][each],
                "low": segment["response"][low],
                "high": segment["response"][high],
                "amount": amount,
                "part": max(amount, 0.0) / gained if gained > 0 else 0.0,
            }
            for segment, amount in zip(called, amounts, strict=True)
        ],
    }


def _amount(segment: Mapping[str, Any], *, in_money: bool) -> float:
    response = segment["response"]
    if not in_money:
        return float(response["yes"])
    of_customer = response.get("profit_per_customer")
    return float((response["profit_per_call"] if of_customer is None else of_customer) * segment["rows"])


def say_who_brings_most(found: Mapping[str, Any]) -> str:
    """Say whose customers bring most each, by the column of the role `value`.

    Parameters
    ----------
    found : mapping
        What `segments.json` holds.

    Returns
    -------
    str
        Empty where calls were answered (what they brought is told instead), no column has the role, or the first is not
        surely ahead of the next.
    """
    if found["brought"] is not None:
        return ""
    valued = [(segment, worth) for segment in found["segments"] if (worth := value_of(segment)) and _is_sure(segment)]
    ranked = sorted(valued, key=lambda pair: -pair[1]["mean"])
    if len(ranked) < 2 or not surely_ahead(*(_as_part(worth) for _, worth in ranked[:2])):
        return ""
    (best, most), (second, next_most) = ranked[:2]
    return (
        f"Customers of segment {best['key']} bring most: {most['label']} {say_amount(most)} each, in account currency; "
        f"next are those of {second['key']} with {say_amount(next_most)}."
    )


def value_of(segment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the column of the role `value` says of a segment's customers; see `Worth`."""
    return next((worth for worth in segment.get("worth", ()) if worth.get("role") == "value"), None)


def _is_sure(segment: Mapping[str, Any]) -> bool:
    jaccard = segment.get("jaccard")
    return bool(segment["customers"] >= DESCRIBED and (jaccard is None or jaccard >= STABLE))


def _as_part(worth: Mapping[str, Any]) -> dict[str, Any]:
    return {"each": worth["mean"], "low": worth["low"], "high": worth["high"]}


def say_amount(worth: Mapping[str, Any]) -> str:
    """Say what a customer brings on average, with the interval."""
    return f"{decimal(worth['mean'], 2)} ({between(worth['low'], worth['high'], 2)})"
