"""How segments answered in a later wave, beside how they answered when they were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.metrics.intervals import rate_difference, trials_behind
from segmint.segments.brought import brought_by
from segmint.segments.kept import WeighedSegments
from segmint.segments.profile import CallMoney, responses_of
from segmint.segments.stability import Labels
from segmint.wording import between, decimal, percent, percent_between


def compare_answers(
    yes: NDArray[np.bool_],
    labels: Labels,
    customers: NDArray[np.int64],
    segments: Sequence[Mapping[str, Any]],
    money: CallMoney | None = None,
) -> list[dict[str, Any]]:
    """Hold the responses of a later wave against those of the wave in which the segments were found.

    Parameters
    ----------
    yes : ndarray of bool of shape (n_answers,)
        Of those whose answer is known.
    labels : ndarray of int of shape (n_answers,)
        The segment of each, from 0.
    customers : ndarray of int of shape (n_answers,)
        Whose answer each is.
    segments : sequence of mapping
        As `segments.json` holds them.
    money : CallMoney, optional
        With one amount for everyone, or one for each answer.

    Returns
    -------
    list of dict
        For each segment: key, answers (how many), before and now (see `Response`; None where there were none, or too few, see `responses_of`), and change with
        low and high, now less before: the intervals hold for all segments together in 95 % of cases.
    """
    found = responses_of(yes, labels, customers, len(segments), money)
    told = []
    for place, (segment, now) in enumerate(zip(segments, found, strict=True)):
        before, answers = segment["response"], int((labels == place).sum())
        row: dict[str, Any] = {
            "key": segment["key"], "answers": answers, "before": before, "now": None if now is None else asdict(now),
            "change": None, "low": None, "high": None,
        }  # fmt: skip
        if now is not None and before is not None:
            trials = trials_behind(now.rate, now.low, now.high)
            others = trials_behind(before["rate"], before["low"], before["high"])
            level = 1 - 0.05 / max(len(segments), 1)
            low, high = rate_difference(now.rate * trials, trials, before["rate"] * others, others, level)
            row |= {"change": now.rate - before["rate"], "low": float(low), "high": float(high)}
        told.append(row)
    return told


def say_response(response: Mapping[str, Any] | None) -> str:
    """Write what share of a segment said yes, with its interval, as `segments.json` holds it; a dash where nobody was asked."""
    if response is None:
        return "–"
    return f"{percent(response['rate'])} ({percent_between(response['low'], response['high'])})"


def say_answer(row: Mapping[str, Any], name: str, money: CallMoney | None) -> str:
    """Say of a segment what share said yes before and now, and what a call to it earned; "" where nobody answered."""
    if (now := row["now"]) is None:
        hidden = "not shown, as fewer than ten customers answered, here or in a segment that could be reckoned."
        return f"{row['key']} {name}: {hidden}" if row["answers"] else ""
    text = f"{row['key']} {name}: {percent(now['rate'])} of {row['answers']:,} said yes ({percent_between(now['low'], now['high'])})"
    if (before := row["before"]) is not None:
        text += f", before {say_response(before)}{_surely(row)}"
    if money is not None and now["profit_per_call"] is not None:
        unit, behind = (f" {money.currency}", "") if money.currency else ("", ", in account currency")
        text += (
            f"; a call to them {'earned' if money.all_reached else 'would earn'} {decimal(now['profit_per_call'], 2)}{unit} "
            f"({between(now['profit_low'], now['profit_high'], 2)}){behind}"
        )
    return f"{text}."


def weigh_wave(
    told: Sequence[Mapping[str, Any]],
    segments: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    rows: NDArray[np.int64],
) -> WeighedSegments:
    """Weigh the segments by how a later wave answered, as they were weighed where they were found.

    Parameters
    ----------
    told : sequence of mapping
        From `compare_answers`.
    segments : sequence of mapping
        As `segments.json` holds them.
    names : sequence of str
        What the segments are called now.
    rows : ndarray of int of shape (n_segments,)
        How many of the wave are in each, answered or not.

    Returns
    -------
    mapping
        For `call_order` and `say_call_order`: the customers are those who answered, the shares those of the wave. What these answers show was not
        chosen by them, so that nothing is to be proven on rows kept apart.
    """
    shares = rows / max(rows.sum(), 1)
    now = [
        {
            **segment, "name": name, "customers": row["answers"], "rows": row["answers"], "share": float(share),
            "response": row["now"],
        }
        for row, segment, name, share in zip(told, segments, names, shares, strict=True)
    ]  # fmt: skip
    return {"segments": now, "brought": brought_by(now, even_one=True), "proof": None}


def _surely(row: Mapping[str, Any]) -> str:
    if row["low"] > 0:
        return ", surely more"
    return ", surely less" if row["high"] < 0 else ", no sure change"
