"""What a policy would bring, in a fraction of a second: for sliders and "what if", before a list is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.arguments import require_made
from segmint.arrays import Floats
from segmint.targeting.choose import (
    HELD_OUT,
    Choice,
    Shared,
    chances_of,
    cut,
    given_columns,
    mean_of_last,
    needs_optimiser,
    one_of_each,
    ranked,
    shared_by,
    within_means,
)
from segmint.targeting.curves import expected_curve
from segmint.targeting.given_ids import Ids, given_ids, given_mask
from segmint.targeting.holdout import PowerCalculation, in_holdout, keyed_words, plan_holdout
from segmint.targeting.optimise import limits_of, relaxed
from segmint.targeting.policy import ContactPolicy, whole_up
from segmint.targeting.stakes import Stakes
from segmint.wording import counted

POINTS = 80  # of a curve, at most: more than a page has room for


@dataclass(frozen=True)
class Preview:
    """What a list would be.

    Attributes
    ----------
    customers, held_out : int
        Customers to call and customers held out inside the cut.
    calls : int
        That the customers to call take.
    expected_profit, expected_cost : float
        Account currency.
    expected_successes : float
    propensity_of_last : float
        Mean of the last ten on it; NaN where fewer than twenty are.
    prices : dict of str to float
        What one more unit of each binding limit is worth, account currency; a minimum has a negative price.
    exact : bool
        Whether making the list gives just this; under quotas and capacities parts of customers are counted.
    rows : ndarray of int64
        Numbers of the rows on the list, wholly or in part.
    """

    customers: int
    held_out: int
    calls: int
    expected_profit: float
    expected_cost: float
    expected_successes: float
    propensity_of_last: float
    prices: dict[str, float]
    exact: bool
    rows: NDArray[np.int64]

    @property
    def power(self) -> PowerCalculation:
        """What effect of calling this list with its holdout can show."""
        rate = self.expected_successes / self.customers if self.customers else 0.0
        return plan_holdout(rate, self.customers, self.held_out)


@dataclass(frozen=True)
class Ranked:
    """Customers who may be called and whose amounts are known, ranked under the economics of a policy.

    Attributes
    ----------
    stakes : Stakes
    profit : ndarray of shape (n_customers,)
        Expected, account currency; NaN where nobody may be called or an amount is not known.
    order : ndarray of int64
        Row numbers, best first, each customer once.
    left_out : dict of int to str
        Number and reason of rows in whose place another is used.
    """

    stakes: Stakes
    profit: Floats
    order: NDArray[np.int64]
    left_out: dict[int, str]


class ListPreview:
    """Customers prepared once, to be asked about many policies.

    Identity, eligibility and holdout are those of the policy it is made with; cost, value, budget, quotas and
    capacities may change from question to question.

    Parameters
    ----------
    customers : polars.Series, list or ndarray of shape (n_customers,)
        Ids: texts, or whole numbers.
    propensity : array-like of shape (n_customers,)
    policy : ContactPolicy
    columns : polars.DataFrame, pandas.DataFrame or pyarrow.Table of n_customers rows, optional
        Columns of money, quotas and capacities.
    eligible : array-like of bool, or of 0 and 1, shape (n_customers,), optional
    spent : polars.Series of Int64, shape (n_customers,), optional
        As `choose` takes it.

    Attributes
    ----------
    propensity : ndarray of shape (n_customers,)
        NaN where the customer is not eligible.
    holdout : ndarray of bool, shape (n_customers,)

    Raises
    ------
    TypeError
        If `customers` are no ids.
    ValueError
        If `propensity` or `columns` are not of as many customers, a customer has no id, or the propensity of an eligible
        one is no probability.

    Examples
    --------
    >>> import polars as pl
    >>> from segmint import ContactPolicy, ListPreview
    >>> policy = ContactPolicy(economics={"cost_per_call": 5, "value_per_success": 100}, holdout_share=0)
    >>> preview = ListPreview(pl.Series(["a", "b", "c"]), [0.5, 0.1, 0.01], policy)
    >>> preview.of(policy).customers
    2
    >>> preview.of(policy.but(budget_calls=1)).expected_profit
    45.0
    """

    def __init__(
        self,
        customers: Ids,
        propensity: ArrayLike,
        policy: ContactPolicy,
        *,
        columns: Any = None,
        eligible: ArrayLike | None = None,
        spent: pl.Series | None = None,
    ) -> None:
        require_made(ContactPolicy, policy=policy)
        self.customers = customers = given_ids(customers)
        self.columns = given_columns(columns, customers, propensity)
        able, self.spent = given_mask(eligible, len(customers)), spent
        self.propensity = chances_of(propensity, able)
        words = keyed_words(customers, campaign=policy.campaign, key=policy.hash_key)
        self.holdout = in_holdout(words[:, 0], policy.holdout_share)
        self._lots, self._able = words[:, 1], able
        # a slider asks nearly the same question again: the last ranking may serve, and the last prices are where the next start
        self._last: tuple[tuple[object, ...], Ranked] | None = None
        self._prices: dict[str, float] = {}
        self._shared: dict[str | None, list[Shared]] = {}  # by `one_per`: no slider changes it

    def __repr__(self) -> str:
        return f"<ListPreview of {counted(len(self.propensity), 'customer')}>"

    def ranked(self, policy: ContactPolicy) -> Ranked:
        """Rank the customers under the economics of a policy.

        Raises
        ------
        PolicyError
            If a column of money is missing or holds no amounts.
        """
        asked = policy.economics.model_dump_json(), policy.contact_rate, policy.attempts, policy.one_per
        last = self._last  # somebody else may ask at the same time
        if last is None or last[0] != asked:
            last = self._last = asked, self._ranked(policy)
        return last[1]

    def _ranked(self, policy: ContactPolicy) -> Ranked:
        stakes = Stakes.of(policy, self.columns, self.spent)
        profit = stakes.profit(self.propensity)
        order = ranked(profit, self._lots, np.flatnonzero(self._able & stakes.known))
        if policy.one_per not in self._shared:
            self._shared[policy.one_per] = shared_by(self.customers, self.columns, policy)
        return Ranked(stakes, profit, *one_of_each(order, self._shared[policy.one_per]))

    def of(self, policy: ContactPolicy) -> Preview:
        """Say what the list under `policy` would be.

        Raises
        ------
        PolicyError
            If a column is missing or the minimums cannot be met.
        """
        best = self.ranked(policy)
        profit, cost, order = best.profit, best.stakes.cost, best.order
        uneven = policy.budget_money is not None and order.size and np.ptp(cost[order]) > 0
        if needs_optimiser(policy, cost[order], best.stakes.calls[order]) or uneven:
            return self._priced(best, policy)
        paying = order[profit[order] > 0]
        inside = paying[cut(paying, cost, self.holdout, policy)]
        listed = inside[~self.holdout[inside]]
        ones = np.ones(listed.size)
        held_out = inside.size - listed.size
        return _summed(self.propensity, profit, best.stakes, listed, ones, held_out, {}, exact=True)

    def curve(self, policy: ContactPolicy) -> dict[str, Any]:
        """Sum the expected profit of calling the best n customers, without any limit.

        Returns
        -------
        dict
            customers and expected_profit: a few points, as lists; and peak, the same two of everybody whose call pays.
        """
        best = self.ranked(policy)
        stakes, rows = best.stakes, best.order[~self.holdout[best.order]]
        likely = self.propensity[rows] * stakes.reach[rows]
        found = expected_curve(likely, stakes.value[rows], stakes.cost[rows], points=POINTS)
        told = found.select("customers", "expected_profit")
        each = best.profit[rows]
        paying = each[each > 0]
        peak = {"customers": paying.size, "expected_profit": float(paying.sum())}
        return {**told.to_dict(as_series=False), "peak": peak}

    def _priced(self, best: Ranked, policy: ContactPolicy) -> Preview:
        order, profit, cost, calls = best.order, best.profit, best.stakes.cost, best.stakes.calls
        rows = order[~self.holdout[order] & within_means(order, cost, policy)]
        limits = limits_of(rows, cost, policy, self.columns, calls)
        names = tuple(limit.name for limit in limits)
        before = self._prices
        guess = np.array([before[name] for name in names]) if before.keys() == set(names) else None
        share, duals = relaxed(profit[rows], limits, guess)
        self._prices = dict(zip(names, (float(dual) for dual in duals), strict=True))
        listed = share > 0
        prices = {name: float(dual) for name, dual in zip(names, duals, strict=True) if abs(dual) > 1e-6}
        called = max(rows.size, 1)
        held_out = round(float(share.sum()) * (order.size - rows.size) / called)
        return _summed(self.propensity, profit, best.stakes, rows[listed], share[listed], held_out, prices, exact=False)


def _summed(
    propensity: Floats,
    profit: Floats,
    stakes: Stakes | Choice,
    listed: NDArray[np.int64],
    share: Floats,
    held_out: int,
    prices: dict[str, float],
    *,
    exact: bool,
) -> Preview:
    return Preview(
        customers=round(float(share.sum())),
        held_out=held_out,
        calls=whole_up(float(stakes.calls[listed] @ share)),
        expected_profit=float(profit[listed] @ share),
        expected_cost=float(stakes.cost[listed] @ share),
        expected_successes=float(propensity[listed] * stakes.reach[listed] @ share),
        propensity_of_last=mean_of_last(propensity[listed]),
        prices=prices,
        exact=exact,
        rows=listed,
    )


def preview_of(choice: Choice) -> Preview:
    """Say of a list that was chosen what a preview says of one that was not."""
    listed = choice.listed
    return _summed(
        choice.propensity,
        choice.expected_profit,
        choice,
        listed,
        np.ones(listed.size),
        int((choice.status == HELD_OUT).sum()),
        {price.name: price.price for price in choice.prices if not math.isnan(price.price)},
        exact=True,
    )


def moved(customers: pl.Series, before: NDArray[np.int64], after: NDArray[np.int64]) -> tuple[list[str], list[str]]:
    """Name who came onto the list and who left it, both best first.

    Parameters
    ----------
    customers : polars.Series of String, shape (n_customers,)
    before, after : ndarray of int64
        Row numbers of two lists, best first.
    """
    joined = after[~np.isin(after, before)]
    left = before[~np.isin(before, after)]
    return customers.gather(joined).to_list(), customers.gather(left).to_list()
