"""What the list becomes when a call costs more, a success brings less, or the budget changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.features.edges import FEWEST_TOGETHER, round_among
from segmint.targeting.choose import Choice, best_for_budget
from segmint.targeting.curves import ends_of_parts
from segmint.targeting.policy import WHOLE, ContactPolicy

FACTORS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
WHAT = ("cost", "value", "budget")
FIRST_PART = 1.5  # the best of the first part is taken for so many times its worst
_LARGEST = 1e9
_SCHEMA = {
    "what": pl.String, "factor": pl.Float64, "customers": pl.Int64,
    "expected_profit": pl.Float64, "expected_cost": pl.Float64, "expected_successes": pl.Float64,
}  # fmt: skip


def sensitivity(choice: Choice, policy: ContactPolicy, factors: Sequence[float] = FACTORS) -> pl.DataFrame:
    """Choose again with cost, value or budget multiplied, one at a time, by each factor.

    Quotas and capacities are left out: the table answers for the ranking under the budget.

    Parameters
    ----------
    choice : Choice
    policy : ContactPolicy
    factors : sequence of float

    Returns
    -------
    polars.DataFrame
        what, factor, customers, expected_profit and expected_cost (account currency), expected_successes; no list of fewer than ten
        customers, and none that has fewer than ten more or fewer than another.
    """
    whats = [what for what in WHAT if what != "budget" or policy.has_budget]
    rows = [_again(choice, policy, what, factor) for what in whats for factor in factors]
    return pl.DataFrame(_apart(rows), schema=_SCHEMA, orient="row")


def _apart(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out lists of so few customers, or so few more than another, that they would tell of single ones; the nearest to today's stay."""
    sizes: list[int] = []
    for row in sorted(rows, key=lambda row: abs(row["factor"] - 1)):
        if all(row["customers"] == size or abs(row["customers"] - size) >= FEWEST_TOGETHER for size in (0, *sizes)):
            sizes.append(row["customers"])
    return [row for row in rows if row["customers"] in sizes]


def what_if_parts(choice: Choice) -> pl.DataFrame:
    """Cut everyone who may be called into `PARTS` at most by return, best first: enough to try other costs, values and budgets.

    A call pays when expected successes × value ÷ cost is above 1; multiplying all costs or values moves that edge and
    never the order, so sums by part answer "what if" anywhere, without a customer. One part ends where calls stop to
    pay today and one where today's list ends, so that with nothing changed the parts say what the list says. Where
    calls cost unequally and the number of calls is short, the answer is close, not exact.

    Parameters
    ----------
    choice : Choice

    Returns
    -------
    polars.DataFrame
        ratio (of the part's worst customer, or the roundest among the ten around), customers, successes, value (successes × value), cost; account currency. No part where
        fewer than ten customers may be called.
    """
    rows = choice.order[~choice.holdout[choice.order]]
    worth = choice.successes[rows] * choice.value[rows]
    cost = choice.cost[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(cost > 0, worth / cost, np.where(worth < 0, -np.inf, np.inf))
    order = np.argsort(-ratio, kind="stable")
    paying = int((choice.expected_profit[rows] > 0).sum())
    ends = ends_of_parts(rows.size, (paying, choice.listed.size))
    if rows.size < FEWEST_TOGETHER:
        return pl.DataFrame(schema=dict.fromkeys(("ratio", "customers", "successes", "value", "cost"), pl.Float64))
    sums = {
        name: np.add.reduceat(each[order], ends[:-1])
        for name, each in (("successes", choice.successes[rows]), ("value", worth), ("cost", cost))
    }
    falling = np.clip(ratio[order], -_LARGEST, _LARGEST)
    worst = round_among(falling[::-1], falling[ends[1:] - 1])
    # the part that ends where calls stop to pay ends at 1 exactly, or the next would seem to pay a little
    worst[ends[1:] == paying] = 1.0
    if not paying:
        worst[0] = min(worst[0], 1 / FIRST_PART)
    return pl.DataFrame({"ratio": worst, "customers": np.diff(ends).astype(np.float64), **sums})


def best_of_parts(
    parts: pl.DataFrame, *, cost: float = 1.0, value: float = 1.0, most: float = np.inf, money: float = np.inf
) -> dict[str, float]:
    """Make the best list of the parts when costs and values are multiplied: what sliders and the workbook calculate.

    Inside the part where calls stop to pay, customers are taken in proportion, whole customers only.

    Parameters
    ----------
    parts : polars.DataFrame
        From `what_if_parts`.
    cost, value : float
        Factors on today's.
    most : float
        Customers to call, at most.
    money : float
        Account currency.

    Returns
    -------
    dict
        customers, successes, value, cost and profit; account currency.
    """
    shares = shares_of_parts(parts, cost=cost, value=value, most=most, money=money)
    factors = {"customers": 1.0, "successes": 1.0, "value": value, "cost": cost}
    total = {name: float(shares @ parts[name].to_numpy()) * factor for name, factor in factors.items()}
    return {**total, "profit": total["value"] - total["cost"]}


def shares_of_parts(
    parts: pl.DataFrame, *, cost: float = 1.0, value: float = 1.0, most: float = np.inf, money: float = np.inf
) -> NDArray[np.float64]:
    """Tell how much of each part is on the list that `best_of_parts` makes.

    Returns
    -------
    ndarray of shape (n_parts,), in [0, 1]
    """
    shares = np.zeros(parts.height)
    best = None
    for place, part in enumerate(parts.iter_rows(named=True)):
        share = _paying_share(part["ratio"], best, cost / value)
        best = part["ratio"]
        price = part["cost"] * cost
        share = max(min(share, most / part["customers"], money / price if price > 0 else 1.0), 0.0)
        shares[place] = np.floor(share * part["customers"] + WHOLE) / part["customers"]
        most -= shares[place] * part["customers"]
        money -= shares[place] * price
    return shares


def _paying_share(worst: float, best: float | None, edge: float) -> float:
    if worst > edge:
        return 1.0
    top = worst * FIRST_PART if best is None else best
    return (top - edge) / (top - worst) if top > edge and top > worst else 0.0


def _again(choice: Choice, policy: ContactPolicy, what: str, factor: float) -> dict[str, Any]:
    order = choice.order
    cost = choice.cost * (factor if what == "cost" else 1.0)
    value = choice.value * (factor if what == "value" else 1.0)
    profit = np.round(choice.successes * value - cost, 6)
    # stable: ties keep the order of the list
    again = order[np.argsort(-profit[order], kind="stable")]
    paying = again[profit[again] > 0]
    limits = _scaled(policy, factor) if what == "budget" else policy
    inside = best_for_budget(paying, profit, cost, choice.calls, choice.holdout, limits, priced=False).inside
    listed = inside[~choice.holdout[inside]]
    return {
        "what": what,
        "factor": factor,
        "customers": listed.size,
        "expected_profit": float(profit[listed].sum()),
        "expected_cost": float(cost[listed].sum()),
        "expected_successes": float(choice.successes[listed].sum()),
    }


def _scaled(policy: ContactPolicy, factor: float) -> ContactPolicy:
    update: dict[str, float | int] = {}
    if policy.budget_calls is not None:
        update["budget_calls"] = int(policy.budget_calls * factor)
    if policy.conversations is not None:
        update["conversations"] = max(int(policy.conversations * factor), 1)
    if policy.budget_money is not None:
        update["budget_money"] = policy.budget_money * factor
    return policy.model_copy(update=update)
