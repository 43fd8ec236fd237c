"""What to do after a measurement: go on, stop, or hold out so many more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from segmint.monitoring.measure import (
    Measurement,
    counts_for_everyone,
    depends_on_the_cost,
    two_reckonings,
    would_have_been_seen,
)
from segmint.targeting.holdout import plan_holdout
from segmint.wording import count

Row = Mapping[str, Any]


def next_step(found: Measurement) -> str:
    """Decide as far as the intervals support it; where they tell nothing yet, say how many customers would.

    Parameters
    ----------
    found : Measurement
    """
    best = {row["quantity"]: row for row in found.rows.iter_rows(named=True) if counts_for_everyone(row)}
    response, planned = best["response"], best["profit"]
    if found.unlike is not None:
        return "Decide nothing on this comparison: first find out why the two arms are not alike."
    if math.isnan(response["low"]):
        return _for_any_effect(response, found.level)
    hangs_on_the_cost = depends_on_the_cost(best)
    if planned["total_high"] < 0 and not hangs_on_the_cost:
        return f"Stop calling such customers at {'the planned' if two_reckonings(best) else 'this'} cost."
    if planned["total_low"] > 0 and not hangs_on_the_cost:
        return "Go on calling such customers, and hold some out again to see that it goes on paying."
    if response["low"] <= 0 <= response["high"]:
        return _for_any_effect(response, found.level)
    if response["high"] < 0:
        return "Stop calling such customers: fewer of them bought than of those held out."
    if hangs_on_the_cost:
        return "Find out what the calls cost, those without a result too: whether calling paid depends on it."
    return f"Go on only to measure more. {_for_the_profit(planned)}"


def _for_any_effect(response: Row, level: float) -> str:
    """Say how many to hold out or to call, from the power of such a campaign."""
    told = not math.isnan(response["low"])
    if told and would_have_been_seen(response):
        return "Calling these customers changed little, if anything: call others, or offer something else."
    plan = plan_holdout(response["called"], response["customers_called"], response["customers_held_out"], level=level)
    if plan.is_in_vain:
        return f"Neither go on nor stop because of this. {plan.remedy}"
    if not told:
        return "Neither go on nor stop because of this. Wait for more results, or measure several lists of the campaign together."
    more = plan.sentence if plan.needed else "Call more customers, or measure several lists of the campaign together."
    return f"Neither go on nor stop because of this. {more}"


def _customers_times(profit: Row) -> float:
    """How many times the customers it takes to find a profit as large as this one in 80 % of cases."""
    return float(profit["smallest_visible"] / abs(profit["difference"])) ** 2 if profit["difference"] else math.inf


def _for_the_profit(profit: Row) -> str:
    times = _customers_times(profit)
    if not 1 < times < 100:
        return "Measure several lists of the campaign together."
    called, held_out = (count(times * profit[f"customers_{arm}"]) for arm in ("called", "held_out"))
    return (
        f"If the {'profit' if profit['difference'] > 0 else 'loss'} after the planned cost is as large as it seems, {called} listed and {held_out} held out show it in 80 % of cases: "
        "measure several lists of the campaign together."
    )
