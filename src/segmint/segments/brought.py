"""What calls to each segment brought, beside the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

OF_GAIN, OF_YES = "of the profit of all segments that show one", "of all who said yes"
OF_CALLED_GAIN = "of the profit of all called segments that show one"


class Interval(TypedDict):
    """What one customer or call brought on average, and its 95 % interval."""

    each: float
    low: float
    high: float


class BroughtSegment(Interval):
    """What calls to one segment brought; see `brought_by`."""

    key: str
    amount: float
    part: float


class Brought(TypedDict):
    """What calls to each segment brought; see `brought_by`."""

    in_money: bool
    base: float
    segments: list[BroughtSegment]


def brought_by(segments: Sequence[Mapping[str, Any]], *, even_one: bool = False) -> Brought | None:
    """Weigh the segments by what they brought: in money where every one knows what a call earned, else in customers who said yes.

    Parameters
    ----------
    segments : sequence of dict
        As `segments.json` holds them.
    even_one : bool
        Whether one called segment is weighed, too, where its profit is known: it is held against zero and not against others.

    Returns
    -------
    dict or None
        in_money, base (of all segments together, as `each`) and segments: key, each (profit per call, account currency, or
        the response rate) with its interval low and high, amount (account currency, or customers who said yes) and part (of
        the sum of what is gained; 0 where calls lose). None where fewer than two segments were called, or see `even_one`.
    """
    called = [segment for segment in segments if segment["response"] is not None]
    in_money = all(segment["response"]["profit_per_call"] is not None for segment in called)
    if len(called) < (1 if even_one and in_money else 2):
        return None
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
