"""Choose whom to call: expected profit, break-even, budget, holdout, and the advice in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.arguments import require_made
from segmint.arrays import Floats
from segmint.features.edges import FEWEST_TOGETHER, OF_FEW, are_too_few
from segmint.tables.frame_source import frame_of
from segmint.targeting.given_ids import Ids, given_ids, given_mask
from segmint.targeting.holdout import in_holdout, keyed_words
from segmint.targeting.households import households_of
from segmint.targeting.one_budget import price_of_budget
from segmint.targeting.optimise import GAP, BestList, ShadowPrice, best_under_limits, limit_words
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.stakes import DIGITS, Stakes
from segmint.wording import capital, counted, hoped, money, percent, some_named, some_of

STATUSES = ("listed", "held_out", "suppressed", "beyond_budget", "below_break_even", "rejected")
LISTED, HELD_OUT, SUPPRESSED, BEYOND_BUDGET, BELOW_BREAK_EVEN, REJECTED = range(6)
ANOTHER_ROW = "another row of the same customer is used"
ANOTHER_CUSTOMER = "another customer of the same '{column}' is used"
NO_AMOUNT = "cost or value is not known"
_EVERYBODY, _NEARLY = 0.995, 0.85
MOST_LIMITS = 4  # so many that end a list are named

Shared = tuple[pl.Series, str]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Choice:
    """Who is called, who is not, and why; arrays of shape (n_customers,) in the order of the rows.

    Attributes
    ----------
    status : ndarray of int8
        Index into `STATUSES`.
    because : dict of int to str
        For rows that were suppressed while choosing: their number and the reason.
    holdout : ndarray of bool
        The arm: whether the customer belongs to the control group of this campaign.
    rank : ndarray of int64
        1 for the best listed customer; 0 for everyone else.
    order : ndarray of int64
        Numbers of the eligible rows, best first.
    propensity, value, cost, expected_profit : ndarray of float64
        Probability; account currency per customer. NaN where the customer was not eligible.
    advice : tuple of str
        What to do, in words.
    prices : tuple of ShadowPrice
        Of the limits that bind, when there are quotas, capacities or two budgets.
    gap : float
        Distance from the proven best list, as a share of its profit, at most; 0 where ranking alone is exact.
    calls, reach : ndarray of float64
        Calls dialled for each customer if listed, and the chance that one of them reaches; a propensity is that of a customer
        who is reached.
    """

    status: NDArray[np.int8]
    because: dict[int, str]
    holdout: NDArray[np.bool_]
    rank: NDArray[np.int64]
    order: NDArray[np.int64]
    propensity: Floats
    value: Floats
    cost: Floats
    expected_profit: Floats
    calls: Floats
    reach: Floats
    advice: tuple[str, ...]
    prices: tuple[ShadowPrice, ...] = ()
    gap: float = 0.0

    def __repr__(self) -> str:
        listed = int((self.rank > 0).sum())
        return f"<Choice of {listed:,} among {counted(len(self.rank), 'customer')}>"

    @property
    def successes(self) -> Floats:
        """Expected successes of calling each customer: reached, and says yes."""
        return self.propensity * self.reach

    @property
    def listed(self) -> NDArray[np.int64]:
        """Row numbers of the listed customers, best first."""
        listed: NDArray[np.int64] = self.order[self.status[self.order] == LISTED]
        return listed

    @property
    def profit(self) -> float:
        """Expected profit of the list, in account currency."""
        return float(self.expected_profit[self.listed].sum())


def choose(
    customers: Ids,
    propensity: ArrayLike,
    policy: ContactPolicy,
    *,
    columns: Any = None,
    eligible: ArrayLike | None = None,
    spent: pl.Series | None = None,
) -> Choice:
    """Choose the customers whose calls are expected to bring the most, under the policy.

    Everyone eligible is ranked and cut first, held out or not; a held-out customer inside the cut stays
    uncalled and the next takes the place. The order is (expected profit rounded to 1e-6, keyed hash of
    the id), so the order of the rows never matters.

    Parameters
    ----------
    customers : polars.Series, list or ndarray of shape (n_customers,)
        Ids: texts, or whole numbers.
    propensity : array-like of shape (n_customers,)
        Calibrated probability of a yes if reached; read only where eligible.
    policy : ContactPolicy
    columns : polars.DataFrame, pandas.DataFrame or pyarrow.Table of n_customers rows, optional
        The columns that the policy names (money, quotas, capacities).
    eligible : array-like of bool, or of 0 and 1, shape (n_customers,), optional
        False where a rule suppressed the customer; None means everyone.
    spent : polars.Series of Int64, shape (n_customers,), optional
        Calls already made to each in this campaign, `Suppression.spent`: where fewer of `attempts` are left than
        `calls_per_customer`, only those are counted.

    Returns
    -------
    Choice

    Raises
    ------
    PolicyError
        If a column is missing, or quotas cannot be met.
    TypeError
        If `customers` are no ids, or `policy` is no ContactPolicy.
    ValueError
        If `propensity` or `columns` are not of as many customers, a customer has no id, or a propensity is no probability.
    """
    require_made(ContactPolicy, policy=policy)
    customers = given_ids(customers)
    table = given_columns(columns, customers, propensity)
    able = given_mask(eligible, len(customers))
    stakes = Stakes.of(policy, table, spent)
    because: dict[int, str] = dict.fromkeys(np.flatnonzero(able & ~stakes.known), NO_AMOUNT)
    able[list(because)] = False

    chance = chances_of(propensity, able)
    profit, cost = stakes.profit(chance), stakes.cost
    words = keyed_words(customers, campaign=policy.campaign, key=policy.hash_key)
    order = ranked(profit, words[:, 1], np.flatnonzero(able))
    order, left_out = one_of_each(order, shared_by(customers, table, policy))
    because |= left_out

    holdout = in_holdout(words[:, 0], policy.holdout_share)
    del words
    status, prices, gap = _statuses(order, profit, stakes, holdout, policy, table)
    rank = np.zeros(len(customers), dtype=np.int64)
    listed = order[status[order] == LISTED]
    rank[listed] = np.arange(1, listed.size + 1)
    advice = advise(status, order, profit, chance, holdout, policy, prices, reach=stakes.reach)
    return Choice(
        status=status,
        because=because,
        holdout=holdout,
        rank=rank,
        order=order,
        propensity=chance,
        value=stakes.value,
        cost=cost,
        expected_profit=profit,
        calls=stakes.calls,
        reach=stakes.reach,
        advice=advice,
        prices=prices,
        gap=gap,
    )


def given_columns(columns: Any, customers: pl.Series, propensity: ArrayLike) -> pl.DataFrame:
    """Read the columns that a policy names; None means that it names none but the customer.

    Raises
    ------
    ValueError
        If `propensity` or `columns` are not of as many customers.
    """
    table = pl.DataFrame({"customer": customers}) if columns is None else frame_of(columns)
    if not np.shape(propensity) == (len(customers),) == (table.height,):
        raise ValueError("The 'propensity' and the 'columns' must be of as many customers as 'customers'.")
    return table


def ranked(profit: Floats, ties: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort `rows` by expected profit, best first; ties by keyed hash, the same everywhere."""
    return rows[np.lexsort((ties[rows], -profit[rows]))]


def cut(order: NDArray[np.int64], cost: Floats, holdout: NDArray[np.bool_], policy: ContactPolicy) -> NDArray[np.bool_]:
    """Tell which places of `order` lie inside the budget: a run from the best on, so more budget only adds.

    Held-out customers inside the cut cost nothing; if everyone to be called fits, the cut is the end. Whoever costs
    more than all the money there is ends no list: the run goes on behind them.

    Parameters
    ----------
    order : ndarray of shape (n_profitable,)
        Row numbers, best first.
    cost : ndarray of shape (n_customers,)
        Account currency per customer.
    holdout : ndarray of bool, shape (n_customers,)
    policy : ContactPolicy
    """
    within = within_means(order, cost, policy)
    called = ~holdout[order] & within
    fits = within.copy()
    if math.isfinite(policy.most_customers):
        fits &= np.cumsum(called) <= policy.most_customers
    if policy.budget_money is not None:
        fits &= np.cumsum(np.where(called, cost[order], 0.0)) <= policy.budget_money * (1 + 1e-12)
    if fits[within].all():
        return fits
    # behind the last listed customer nobody would have been called, held out or not
    inside = np.flatnonzero(fits & called)
    fits[inside[-1] + 1 if inside.size else 0 :] = False
    return fits


def within_means(rows: NDArray[np.int64], cost: Floats, policy: ContactPolicy) -> NDArray[np.bool_]:
    """Tell which customers the money would pay for, if it were spent on nobody else."""
    if policy.budget_money is None:
        return np.ones(rows.size, dtype=bool)
    return cost[rows] <= policy.budget_money * (1 + 1e-12)


def _statuses(
    order: NDArray[np.int64],
    profit: Floats,
    stakes: Stakes,
    holdout: NDArray[np.bool_],
    policy: ContactPolicy,
    columns: pl.DataFrame,
) -> tuple[NDArray[np.int8], tuple[ShadowPrice, ...], float]:
    status = np.full(profit.size, SUPPRESSED, dtype=np.int8)
    status[order] = BELOW_BREAK_EVEN
    paying = order[profit[order] > 0]
    status[paying] = BEYOND_BUDGET
    cost, calls = stakes.cost, stakes.calls
    if needs_optimiser(policy, cost[order], calls[order]):
        best = best_under_limits(order, profit, cost, holdout, policy, columns, calls=calls)
    else:
        best = best_for_budget(paying, profit, cost, calls, holdout, policy)
    status[best.inside] = np.where(holdout[best.inside], HELD_OUT, LISTED)
    return status, best.prices, best.gap


def needs_optimiser(policy: ContactPolicy, cost: Floats, calls: Floats) -> bool:
    """Tell whether no single order of customers is right under every limit at once, or a number of customers is no limit."""
    counted_in_customers = math.isfinite(policy.most_customers)
    two_budgets = counted_in_customers and policy.budget_money is not None
    unlike = bool(cost.size and np.ptp(cost) > 0)
    return policy.needs_optimiser or (two_budgets and unlike) or (counted_in_customers and fewer_calls(calls, policy))


def fewer_calls(calls: Floats, policy: ContactPolicy) -> bool:
    """Tell whether anybody may get fewer calls than the economics count for a customer."""
    return bool((calls < policy.economics.calls_per_customer).any())


def best_for_budget(
    paying: NDArray[np.int64],
    profit: Floats,
    cost: Floats,
    calls: Floats,
    holdout: NDArray[np.bool_],
    policy: ContactPolicy,
    *,
    priced: bool = True,
) -> BestList:
    """List the best that a budget allows: by ranking, and by the optimiser where ranking may lose too much.

    Parameters
    ----------
    paying : ndarray of int64
        Row numbers of those whose call pays, best first.
    profit, cost : ndarray of shape (n_customers,)
        Account currency.
    calls : ndarray of shape (n_customers,)
        Dialled for each customer.
    holdout : ndarray of bool, shape (n_customers,)
    policy : ContactPolicy
        Its quotas and capacities are left out.
    priced : bool
        Whether the price of the budget is asked for.
    """
    bare = policy.model_copy(update={"quotas": (), "capacities": ()})
    if needs_optimiser(bare, cost[paying], calls[paying]):
        return best_under_limits(paying, profit, cost, holdout, bare, pl.DataFrame(), calls=calls, priced=priced)
    ranking = _by_return(paying, profit, cost, policy)
    inside = ranking[cut(ranking, cost, holdout, policy)]
    listed = int((~holdout[inside]).sum())
    reached = ranking[~holdout[ranking] & within_means(ranking, cost, policy)]
    gap = _may_be_lost(reached, listed, profit, cost, policy)
    if gap > GAP:
        return best_under_limits(paying, profit, cost, holdout, bare, pl.DataFrame(), calls=calls, priced=priced)
    return BestList(inside, price_of_budget(reached, listed, profit, cost, policy), gap)


def _may_be_lost(reached: NDArray[np.int64], listed: int, profit: Floats, cost: Floats, policy: ContactPolicy) -> float:
    """Bound what ranking by return loses: the money left, at the return of the next customer (Dantzig 1957)."""
    if policy.budget_money is None or listed == reached.size or np.ptp(cost[reached]) == 0:
        return 0.0
    left = policy.budget_money - cost[reached[:listed]].sum()
    lost = float(profit[reached[listed]] * min(left / cost[reached[listed]], 1.0))
    return lost / (float(profit[reached[:listed]].sum()) + lost)


def _by_return(paying: NDArray[np.int64], profit: Floats, cost: Floats, policy: ContactPolicy) -> NDArray[np.int64]:
    """Where money is short and calls cost unequally, the profit per unit of money decides, not the profit.

    A list that ends before the first who does not fit loses at most that customer against the best (Dantzig 1957): next
    to nothing where many are listed, and much where one call takes a good part of the money.
    """
    if policy.budget_money is None or not paying.size or np.ptp(cost[paying]) == 0:
        return paying
    with np.errstate(divide="ignore"):
        ratio = np.round(profit[paying] / cost[paying], 6)
    # stable: equal ratios keep the order by profit and keyed hash
    return paying[np.argsort(-ratio, kind="stable")]


def shared_by(customers: pl.Series, columns: pl.DataFrame, policy: ContactPolicy) -> list[Shared]:
    """Say what rows share of which only one is used: the customer, and the value of `policy.one_per`; nothing that no two share.

    Returns
    -------
    list of (polars.Series of shape (n_customers,), str)
        What they share, null for what is shared with nobody, and the reason of the others.

    Raises
    ------
    PolicyError
        If the table lacks the column of `policy.one_per`.
    """
    found = [(customers, ANOTHER_ROW)]
    if policy.one_per is not None:
        found.append((households_of(policy.one_per, columns), ANOTHER_CUSTOMER.format(column=policy.one_per)))
    return [(values, reason) for values, reason in found if values.n_unique() < len(values)]


def one_of_each(order: NDArray[np.int64], shared: Sequence[Shared]) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Keep the best row of each value that is `shared_by` rows.

    Returns
    -------
    order : ndarray of int64
    left_out : dict of int to str
        Number and reason of the other rows.
    """
    left_out: dict[int, str] = {}
    for values, reason in shared:
        here = values.gather(order)
        first = (here.is_first_distinct() | here.is_null()).to_numpy()
        left_out |= dict.fromkeys(order[~first], reason)
        order = order[first]
    return order, left_out


def chances_of(propensity: ArrayLike, able: NDArray[np.bool_]) -> Floats:
    """Read the propensities of those who may be called, rounded so that two machines make one list; NaN for others.

    Raises
    ------
    ValueError
        If one is no probability in [0, 1].
    """
    chance: Floats = np.where(able, np.asarray(propensity, dtype=np.float64), np.float64(np.nan))
    here = chance[able]
    if not (np.isfinite(here) & (here >= 0) & (here <= 1)).all():
        raise ValueError("The 'propensity' of every eligible customer must be a probability in [0, 1].")
    rounded: Floats = np.round(chance, DIGITS)
    return rounded


def advise(
    status: NDArray[np.int8],
    order: NDArray[np.int64],
    profit: Floats,
    propensity: Floats,
    holdout: NDArray[np.bool_],
    policy: ContactPolicy,
    prices: Sequence[ShadowPrice],
    *,
    reach: Floats,
) -> tuple[str, ...]:
    """Say in words whom to call: everybody, nobody, or down to where.

    Parameters
    ----------
    status, profit, propensity : ndarray of shape (n_customers,)
    order : ndarray
        Row numbers of the eligible, best first.
    holdout : ndarray of bool, shape (n_customers,)
    policy : ContactPolicy
    prices : sequence of ShadowPrice
        Of the limits that bind.
    reach : ndarray of shape (n_customers,)
        Chance that a listed customer is reached.
    """
    currency = policy.economics.currency
    paying = int((profit[order] > 0).sum())
    listed = order[status[order] == LISTED]
    if not listed.size and (nobody := nobody_pays(profit, order, policy)):
        return (nobody,)
    if not paying:
        lost = abs(float(profit[listed].sum()))
        expected = "" if are_too_few(listed.size) else f", expected to lose {money(lost, currency, 2)}"
        return (
            f"No call pays; the minimums of the quotas put {counted(listed.size, 'customer')} on the list{expected}.",
        )
    share = paying / order.size
    beyond = order[status[order] == BEYOND_BUDGET]
    more = beyond[~holdout[beyond]]  # no budget would list the control group
    sentences = [_how_many(share, paying, order.size, limited=more.size > 0)]
    if more.size:
        held = beyond.size - more.size
        who = f"; {held:,} of them would be held out" if held else ""
        if not are_too_few(more.size):
            who += (
                f"{f', the other {more.size:,} bring' if held else ', together'} {money(profit[more].sum(), currency)}"
            )
        sentences.append(
            f"{_what_ends(prices, policy)} where calls still pay: {counted(beyond.size, 'more customer')} would pay{who}."
        )
    if are_too_few(listed.size):
        sentences.append(f"What the list of {listed.size:,} is expected to bring is {OF_FEW}.")
    elif listed.size:
        number = float((reach * propensity)[listed].sum())
        successes = f"{hoped(number)} successes" if number >= FEWEST_TOGETHER else f"about {hoped(number)} successes"
        last = mean_of_last(propensity[listed])
        of_last = f"; its last ten customers have a propensity of {percent(last)} on average"
        sentences.append(
            f"The list of {listed.size:,} is expected to bring {money(profit[listed].sum(), currency)} "
            f"and {successes}{'' if math.isnan(last) else of_last}."
        )
    return tuple(sentences)


def nobody_pays(profit: Floats, order: NDArray[np.int64], policy: ContactPolicy) -> str:
    """Say why no call pays, of customers as `advise` takes them; "" where one does."""
    if not order.size:
        return "Call nobody: no customer is eligible under the rules."
    if (profit[order] > 0).any():
        return ""
    if order.size < FEWEST_TOGETHER:
        return "Call nobody: no call is expected to pay."
    lost = money(abs(float(profit[order[:FEWEST_TOGETHER]].mean())), policy.economics.currency, 2)
    return f"Call nobody: even the ten best calls are expected to lose {lost} each, on average."


def mean_of_last(ranked: Floats) -> float:
    """Mean of the last ten of a list, best first: the last one's figure is a customer's own. NaN where fewer than ten are before them."""
    return float(ranked[-FEWEST_TOGETHER:].mean()) if len(ranked) >= 2 * FEWEST_TOGETHER else math.nan


def _what_ends(prices: Sequence[ShadowPrice], policy: ContactPolicy) -> str:
    """Name the limits of which one more unit would bring something."""
    names = [limit_words(price.name, policy) for price in prices if not price.price <= 0]
    if not names:
        return "The limits of the policy end the list" if policy.needs_optimiser else "The budget ends the list"
    return f"{capital(some_named(names, MOST_LIMITS))} {'ends' if len(names) == 1 else 'end'} the list"


def _how_many(share: float, paying: int, eligible: int, *, limited: bool) -> str:
    if share >= _NEARLY and not limited:  # where a limit ends the list before, it would be the wrong order
        who = "everybody" if share >= _EVERYBODY else "nearly everybody"
        return f"Call {who}: {some_of(paying, eligible, 'eligible customers', 'pays', 'pay')} for it."
    who = some_of(paying, eligible, "eligible customers", "pays for the", "pay for their")
    below = "; below them a call costs more than it brings" if paying < eligible else ""
    return f"{who} call{below}."
