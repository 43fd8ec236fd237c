"""What one more unit of a budget is worth where a budget is all that limits the list."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.features.edges import FEWEST_TOGETHER
from segmint.targeting.optimise import ShadowPrice, say_price, told_together
from segmint.targeting.policy import ContactPolicy

_STEP = 0.01


def price_of_budget(
    called: NDArray[np.int64], listed: int, profit: Floats, cost: Floats, policy: ContactPolicy
) -> tuple[ShadowPrice, ...]:
    """Price the budget that ends the list: about what the next customers bring for each unit of it, ten or more together.

    Where fewer would come, nothing is told.

    Parameters
    ----------
    called : ndarray of int64
        Row numbers of those who pay and are not held out, in the order in which the budget reaches them.
    listed : int
        How many of them the budget reached.
    profit, cost : ndarray of shape (n_customers,)
        Account currency per customer.
    policy : ContactPolicy

    Returns
    -------
    tuple of ShadowPrice
        One, or none where nobody is left who would pay.
    """
    if not 0 < listed < called.size:
        return ()
    name, limit, use = _what_ends(listed, cost[called], policy)
    if not (use > 0).all():
        return ()
    gains, left, wide = profit[called], called.size - listed, round(_STEP * listed)

    def each(first: int, customers: int) -> float:
        some = slice(first, first + customers)
        return float(gains[some].sum() / use[some].sum()) if customers >= FEWEST_TOGETHER else math.nan

    price, loosened = each(listed, told_together(left)), each(listed, told_together(left, wide))
    before = told_together(listed, wide)
    return (
        ShadowPrice(
            name,
            limit,
            price,
            loosened=loosened,
            tightened=each(listed - before, before),
            sentence=say_price(name, limit, price, policy),
        ),
    )


def _what_ends(listed: int, cost: Floats, policy: ContactPolicy) -> tuple[str, float, Floats]:
    """Name the budget that ends the list, how large it is, and how much of it each customer takes."""
    if policy.budget_money is not None and listed < policy.most_customers:
        return policy.economics.currency, policy.budget_money, cost
    calls, talks = policy.economics.calls_per_customer, policy.conversations_per_customer
    if policy.conversations is not None and listed >= policy.customers_for_conversations:
        return "conversation", policy.conversations, np.full(cost.size, talks)
    return "call", float(policy.budget_calls or 0.0), np.full(cost.size, calls)
