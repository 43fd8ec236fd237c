"""What the list becomes when a call costs more, a success brings less, or the budget changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from segmint.targeting.choose import Choice, cut
from segmint.targeting.policy import ContactPolicy

FACTORS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
WHAT = ("cost", "value", "budget")


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
        what, factor, customers, expected_profit and expected_cost (account currency), expected_successes.
    """
    whats = [what for what in WHAT if what != "budget" or _has_budget(policy)]
    rows = [_again(choice, policy, what, factor) for what in whats for factor in factors]
    return pl.DataFrame(rows, orient="row")


def _has_budget(policy: ContactPolicy) -> bool:
    return policy.budget_calls is not None or policy.budget_money is not None


def _again(choice: Choice, policy: ContactPolicy, what: str, factor: float) -> dict[str, float | str | int]:
    order = choice.order
    cost = choice.cost * (factor if what == "cost" else 1.0)
    value = choice.value * (factor if what == "value" else 1.0)
    profit = np.round(choice.propensity * value - cost, 6)
    # stable: ties keep the order of the list
    again = order[np.argsort(-profit[order], kind="stable")]
    paying = again[profit[again] > 0]
    limits = _scaled(policy, factor) if what == "budget" else policy
    inside = paying[cut(paying, cost, choice.holdout, limits)]
    listed = inside[~choice.holdout[inside]]
    return {
        "what": what,
        "factor": factor,
        "customers": listed.size,
        "expected_profit": float(profit[listed].sum()),
        "expected_cost": float(cost[listed].sum()),
        "expected_successes": float(choice.propensity[listed].sum()),
    }


def _scaled(policy: ContactPolicy, factor: float) -> ContactPolicy:
    update: dict[str, float | int] = {}
    if policy.budget_calls is not None:
        update["budget_calls"] = int(policy.budget_calls * factor)
    if policy.budget_money is not None:
        update["budget_money"] = policy.budget_money * factor
    return policy.model_copy(update=update)
