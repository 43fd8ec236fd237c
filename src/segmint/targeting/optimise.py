"""The best list under quotas and several capacities at once, and what one more unit of each is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.errors import PolicyError
from segmint.features.edges import FEWEST_TOGETHER, OF_FEW
from segmint.models.hush import OUTPUT, hushed
from segmint.targeting.levels import has_level
from segmint.targeting.policy import ContactPolicy, Quota
from segmint.wording import Said, Term, capital, money, plain

GAP = 1e-3
_STEP = 0.01  # limits are loosened and tightened by this share to confirm a price
_NOTHING = 1e-6
_PLACE = "place for "  # one unit of a quota
_CORE = 400
_SECONDS = 20.0
_SIFTED = 8_000
_NEAR = 2_000  # with prices of a similar question to start from


LOWER_THE_MINIMUM = Said("lower the minimum in ", Term("policy.quotas"))


class UnfilledQuotaError(PolicyError):
    """A quota asks for more customers than can be called.

    Attributes
    ----------
    quota : str
        Its name for people.
    """

    def __init__(self, quota: str, came: str, *, fix: str = LOWER_THE_MINIMUM) -> None:
        super().__init__(came, expected="a minimum that the eligible customers can fill", fix=fix)
        self.quota = quota


@dataclass(frozen=True)
class Limit:
    """One limit of the policy, as a row of the program: low ≤ Σ use ≤ high over the listed customers.

    Attributes
    ----------
    name : str
        One unit of it, for people: "call", "EUR", "agent hour", "place for branch Lisbon".
    use : ndarray of shape (n_candidates,)
        How much each customer takes.
    low, high : float
        Infinite where there is none.
    """

    name: str
    use: Floats
    low: float
    high: float


@dataclass(frozen=True)
class ShadowPrice:
    """What one more unit of a limit is worth.

    Attributes
    ----------
    name : str
    limit : float
        The limit as the policy sets it.
    price : float
        Account currency per unit, about: what the next ten customers bring together, or more than ten, as what one brings is
        that customer's own; the last ten of the list where fewer would come. NaN of fewer than ten.
    loosened, tightened : float
        Account currency per unit with the limit 1 % looser, and 1 % tighter, by ten customers at least; NaN of fewer.
    sentence : str
    """

    name: str
    limit: float
    price: float
    loosened: float
    tightened: float
    sentence: str

    @property
    def confirmed(self) -> bool:
        """Whether the price lies between what loosening brings and what tightening costs (concavity)."""
        slack = 0.01 * abs(self.price) + _NOTHING
        return not (self.price < self.loosened - slack or self.price > self.tightened + slack)


@dataclass(frozen=True)
class BestList:
    """The best list found.

    Attributes
    ----------
    inside : ndarray of int64
        Rows that are listed, or held out at the same prices.
    prices : tuple of ShadowPrice
        Of the limits that bind, dearest first.
    gap : float
        Distance from the proven best, as a share of the profit.
    """

    inside: NDArray[np.int64]
    prices: tuple[ShadowPrice, ...]
    gap: float


def best_under_limits(
    order: NDArray[np.int64],
    profit: Floats,
    cost: Floats,
    holdout: NDArray[np.bool_],
    policy: ContactPolicy,
    columns: pl.DataFrame,
    *,
    calls: Floats | None,
    priced: bool = True,
) -> BestList:
    """List the customers with the highest expected profit under every limit at once (HiGHS, gap ≤ 0.1 %).

    A held-out customer counts as inside the cut when the call would pay at the shadow prices.

    Parameters
    ----------
    order : ndarray of int64
        Row numbers of the eligible, best first. The program is written in this order, so the order of the
        table's rows does not matter.
    profit, cost : ndarray of shape (n_customers,)
        Account currency.
    holdout : ndarray of bool, shape (n_customers,)
    policy : ContactPolicy
    columns : polars.DataFrame of n_customers rows
        Columns of quotas and capacities.
    calls : ndarray of shape (n_customers,) or None
        Dialled for each customer; None means as many as the economics say.
    priced : bool
        Whether to solve again for the prices of the limits.

    Raises
    ------
    PolicyError
        If the minimums cannot be met.
    """
    worth = _worth_a_place(order, profit, policy, columns)
    everyone, held = limits_of(worth, cost, policy, columns, calls), holdout[worth]
    _require_enough(_of(everyone, ~held))
    possible = _possible(everyone, worth.size)
    worth, everyone, held = worth[possible], _of(everyone, possible), held[possible]
    candidates, limits = worth[~held], _of(everyone, ~held)
    if any(limit.low > limit.use.sum() for limit in limits):
        raise _impossible()
    best, duals, _ = _sifted(profit[candidates], limits)
    chosen, gap = _solve_whole(profit[candidates], limits, duals, best)
    gains = profit[worth]
    at_prices = gains - _charged(everyone, duals)
    # whom a minimum pays for is called at a loss, so the held-out customers beside them count too
    inside = held & (at_prices >= 0) & ((gains > 0) | (at_prices > gains))
    inside[~held] = chosen
    tied = np.flatnonzero(np.abs(at_prices) <= _NOTHING)
    for members in _alike(tied, gains, everyone):
        inside[members] = _as_far_as_called(inside[members], held[members])
    prices = _prices(profit[candidates], chosen, limits, duals, best, policy) if priced else ()
    return BestList(worth[inside], prices, gap)


def _of(limits: Sequence[Limit], some: NDArray[np.bool_]) -> tuple[Limit, ...]:
    """Write the same limits over some of the rows."""
    return tuple(replace(limit, use=limit.use[some]) for limit in limits)


def _possible(limits: Sequence[Limit], rows: int) -> NDArray[np.bool_]:
    """Tell who takes no more of any limit than there is of it."""
    possible = np.ones(rows, dtype=bool)
    for limit in limits:
        possible &= limit.use <= limit.high + 1e-12 * abs(limit.high)
    return possible


def _alike(rows: NDArray[np.int64], profit: Floats, limits: Sequence[Limit]) -> list[NDArray[np.int64]]:
    """Put together who brings and takes the same, in the order of the rows."""
    if not rows.size:
        return []
    traits = np.round(np.column_stack([profit[rows], *(limit.use[rows] for limit in limits)]), 6)
    _, group = np.unique(traits, axis=0, return_inverse=True)
    group = group.ravel()
    order = np.argsort(group, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(group[order])) + 1)


def _as_far_as_called(inside: NDArray[np.bool_], held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of equals call the first, and count held-out ones only as far as the last of them is called.

    Else all equals who are held out would stand beside the few for whom there is room.
    """
    callable_ = np.flatnonzero(~held)
    called = callable_[: int(inside[~held].sum())]
    if called.size == callable_.size:
        return inside
    reached = np.arange(held.size) <= (called[-1] if called.size else -1)
    reached[held] &= inside[held]
    return reached


def limits_of(
    rows: NDArray[np.int64], cost: Floats, policy: ContactPolicy, columns: pl.DataFrame, calls: Floats | None = None
) -> tuple[Limit, ...]:
    """Write every limit of the policy as a row of the program over `rows`; `calls` as `best_under_limits` takes them."""
    economics = policy.economics
    dialled = np.full(rows.size, economics.calls_per_customer) if calls is None else calls[rows]
    limits: list[Limit] = []
    if policy.budget_calls is not None:
        limits.append(Limit("call", dialled, -np.inf, float(policy.budget_calls)))
    if policy.budget_money is not None:
        limits.append(Limit(economics.currency, cost[rows], -np.inf, policy.budget_money))
    if policy.conversations is not None:
        most = policy.customers_for_conversations * policy.conversations_per_customer
        limits.append(Limit("conversation", policy.reached_by(dialled), -np.inf, most))
    for capacity in policy.capacities:
        use = _use(capacity.use(policy, dialled), capacity.name, columns, rows)
        limits.append(Limit(capacity.name, use, -np.inf, capacity.total))
    for quota in policy.quotas:
        member = _members(quota, columns).gather(rows)
        high = np.inf if quota.maximum is None else float(quota.maximum)
        low = float(quota.minimum) if quota.minimum else -np.inf
        limits.append(Limit(place_for(quota.words), member.to_numpy().astype(np.float64), low, high))
    return tuple(limits)


def limit_words(name: str, policy: ContactPolicy) -> str:
    """Name a limit as the policy does: "the budget of calls", "the quota of branch Lisbon"."""
    budgets = {"call": "calls", policy.economics.currency: "money", "conversation": "conversations"}
    if name in {capacity.name for capacity in policy.capacities}:
        return f"the capacity '{name}'"
    return f"the quota of {name.removeprefix(_PLACE)}" if name.startswith(_PLACE) else f"the budget of {budgets[name]}"


def told_together(there: int, wide: int = 0) -> int:
    """Of how many customers to tell a mean: ten, all where fewer than ten would be left, `wide` where that is ten more."""
    step = wide if wide >= 2 * FEWEST_TOGETHER else FEWEST_TOGETHER
    return step if there >= step + FEWEST_TOGETHER else there


def place_for(words: str) -> str:
    """Name one unit of a quota, by the quota's name for people."""
    return f"{_PLACE}{words}"


def price_words(name: str, price: float, policy: ContactPolicy, *, mean: bool) -> str:
    """Say as a part of a sentence what one more unit of a limit is worth, or what one more customer of a minimum costs.

    A `mean` is one of ten customers or more; else the very next one is meant.
    """
    if math.isnan(price):
        return f"what one more {name} is worth is {OF_FEW}"
    worth = money(abs(price), policy.economics.currency, 2)
    if mean:
        worth = f"about {worth}, as a mean of {FEWEST_TOGETHER} customers or more"
    if price < 0:
        return f"each further customer demanded for '{name.removeprefix(_PLACE)}' costs {worth}"
    return f"one more {name} is worth {worth}"


def say_price(name: str, edge: float, price: float, policy: ContactPolicy) -> str:
    """Say which limit ends the list and what one more unit of it is worth, or what a minimum costs."""
    words = price_words(name, price, policy, mean=True)
    return f"{capital(words)}." if price < 0 else f"{capital(limit_words(name, policy))} ({plain(edge)}): {words}."


def limits_used(
    listed: NDArray[np.int64],
    cost: Floats,
    policy: ContactPolicy,
    columns: pl.DataFrame,
    prices: Sequence[ShadowPrice] = (),
    calls: Floats | None = None,
) -> pl.DataFrame:
    """Say how much of every limit a list takes, and what one more unit of it is worth.

    Parameters
    ----------
    listed : ndarray of int64
        Row numbers of the listed customers.
    cost : ndarray of shape (n_customers,)
        Account currency.
    policy : ContactPolicy
    columns : polars.DataFrame of n_customers rows
    prices : sequence of ShadowPrice
    calls : ndarray of shape (n_customers,), optional
        Dialled for each customer; None means as many as the economics say.

    Returns
    -------
    polars.DataFrame
        limit, minimum, maximum (null where there is none), used, price (0 where the limit does not bind),
        loosened, tightened (account currency per unit, found by solving again), confirmed, sentence.
    """
    by_name = {price.name: price for price in prices}
    rows = []
    for limit in limits_of(listed, cost, policy, columns, calls):
        price = by_name.get(limit.name)
        rows.append(
            {
                "limit": limit.name,
                "minimum": limit.low if np.isfinite(limit.low) else None,
                "maximum": limit.high if np.isfinite(limit.high) else None,
                "used": float(limit.use.sum()),
                "price": price.price if price else 0.0,
                "loosened": price.loosened if price else None,
                "tightened": price.tightened if price else None,
                "confirmed": price.confirmed if price else None,
                "sentence": price.sentence if price else "",
            }
        )
    schema = {
        "limit": pl.String, "minimum": pl.Float64, "maximum": pl.Float64, "used": pl.Float64, "price": pl.Float64,
        "loosened": pl.Float64, "tightened": pl.Float64, "confirmed": pl.Boolean, "sentence": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _worth_a_place(
    order: NDArray[np.int64], profit: Floats, policy: ContactPolicy, columns: pl.DataFrame
) -> NDArray[np.int64]:
    """Leave out who cannot be on the best list: calls that lose money and fill no minimum."""
    wanted = profit[order] > 0
    for quota in policy.quotas:
        if quota.minimum:
            wanted |= _members(quota, columns).gather(order).to_numpy()
    rows: NDArray[np.int64] = order[wanted]
    return rows


def _members(quota: Quota, columns: pl.DataFrame) -> pl.Series:
    if quota.column not in columns.columns:
        raise PolicyError(
            f"A quota needs a column '{quota.column}' that the table does not have.",
            expected="the name of a column of the table",
            fix=Said("correct ", Term("policy.quotas")),
        )
    return has_level(columns[quota.column], [quota.level])


def _use(setting: float | str | Floats, name: str, columns: pl.DataFrame, rows: NDArray[np.int64]) -> Floats:
    if not isinstance(setting, str):
        return np.full(rows.size, setting, dtype=np.float64)
    numbers = columns[setting].cast(pl.Float64, strict=False) if setting in columns.columns else None
    if numbers is None or numbers.null_count() or not bool((numbers >= 0).all()):
        raise PolicyError(
            f"'{name}' takes its use from '{setting}', which is no complete column of numbers from 0 on.",
            expected="how much each customer takes",
            fix=Said("correct per_customer in ", Term("policy.capacities")),
        )
    return numbers.to_numpy()[rows]


def _require_enough(limits: Sequence[Limit]) -> None:
    for limit in limits:
        there = float(limit.use.sum())
        if limit.low > there:
            quota = limit.name.removeprefix(_PLACE)
            said = f"The quota asks for at least {limit.low:,.0f} of '{quota}', only {there:,.0f} can be called."
            raise UnfilledQuotaError(quota, said)


def _program(limits: Sequence[Limit]) -> tuple[Any, Floats, Floats]:
    from scipy.sparse import csr_array

    matrix = csr_array(np.vstack([limit.use for limit in limits]))
    return matrix, np.array([limit.low for limit in limits]), np.array([limit.high for limit in limits])


def _solve_whole(
    profit: Floats, limits: Sequence[Limit], duals: Floats, best: float
) -> tuple[NDArray[np.bool_], float]:
    """Choose whole customers: decide the clear cases by price, and solve only the core that is close.

    At the relaxation's prices nearly every customer clearly pays or clearly does not; only those near zero
    are left to branch and bound (the core of Balas and Zemel 1980). The relaxation bounds the loss; a core
    that leaves more than `GAP` is widened.
    """
    chosen = np.zeros(profit.size, dtype=bool)
    if not profit.size:
        return chosen, 0.0
    paid = profit - _charged(limits, duals)
    near = np.argsort(np.abs(paid), kind="stable")
    size = _CORE
    while True:
        core = np.sort(near[:size])
        chosen = paid > 0
        chosen[core] = False
        answer = _solve_core(profit[core], _left_over(limits, chosen, core), best)
        if answer is not None:
            chosen[core] = answer
            gap = (best - float(profit[chosen].sum())) / max(abs(best), _NOTHING)
            if gap <= GAP or size >= profit.size:
                return chosen, max(gap, 0.0)
        elif size >= profit.size:
            raise _impossible()
        size *= 8


def _impossible() -> PolicyError:
    return PolicyError(
        "The quotas, capacities and budget of the policy cannot all be met at once.",
        expected="at least one list that keeps every limit",
        fix=Said("lower a minimum in ", Term("policy.quotas"), ", or raise a budget or capacity"),
    )


def _left_over(limits: Sequence[Limit], taken: NDArray[np.bool_], core: NDArray[np.int64]) -> list[Limit]:
    used = [float(limit.use[taken].sum()) for limit in limits]
    return [
        Limit(limit.name, limit.use[core], limit.low - u, limit.high - u) for limit, u in zip(limits, used, strict=True)
    ]


def _solve_core(profit: Floats, limits: Sequence[Limit], best: float) -> NDArray[np.bool_] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix, low, high = _program(limits)
    # a relative gap of the core would be strict where the core is small beside the whole
    core_best = max(float(np.abs(profit).sum()), _NOTHING)
    with hushed(OUTPUT):
        found = milp(
            -profit,
            constraints=LinearConstraint(matrix, low, high),
            integrality=np.ones(profit.size),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": min(0.5 * GAP * max(abs(best) / core_best, 1.0), 0.05), "time_limit": _SECONDS},
        )
    return None if found.x is None else found.x > 0.5


def relaxed(profit: Floats, limits: Sequence[Limit], guess: Floats | None = None) -> tuple[Floats, Floats]:
    """Choose with parts of customers allowed, exactly: a share in [0, 1] of each, and one price per limit.

    Parameters
    ----------
    profit : ndarray of shape (n_candidates,)
        Account currency.
    limits : sequence of Limit
        From `limits_of`, over the same customers.
    guess : ndarray of shape (n_limits,), optional
        Prices to start from: those of a similar question.

    Raises
    ------
    PolicyError
        If the limits cannot all be met.
    """
    value, duals, share = _sifted(profit, limits, guess)
    if not np.isfinite(value):
        raise _impossible()
    return share, duals


def _sifted(profit: Floats, limits: Sequence[Limit], guess: Floats | None = None) -> tuple[float, Floats, Floats]:
    """Solve with parts of customers allowed, exactly; return the profit, one dual per limit, and the parts.

    Customers far from the prices guessed are set aside as called or not called, the rest is solved, and
    whoever the new prices prove wrongly set aside comes back, until nobody does (sifting).
    """
    if profit.size <= _SIFTED:
        return _solved(profit, limits)
    paid = profit - _charged(limits, _guessed(profit, limits) if guess is None else guess)
    near = _SIFTED if guess is None else _NEAR
    core = np.zeros(profit.size, dtype=bool)
    core[np.argpartition(np.abs(paid), near)[:near]] = True
    called = paid > 0
    while not core.all():
        taken, rows = called & ~core, np.flatnonzero(core)
        value, duals, part = _solved(profit[rows], _left_over(limits, taken, rows))
        if not np.isfinite(value):
            break
        paid = profit - _charged(limits, duals)
        wrong = ~core & np.where(called, paid < -_NOTHING, paid > _NOTHING)
        if not wrong.any():
            share = taken.astype(np.float64)
            share[rows] = part
            return value + float(profit[taken].sum()), duals, share
        core |= wrong
    return _solved(profit, limits)


def _guessed(profit: Floats, limits: Sequence[Limit]) -> Floats:
    """Guess the prices from every k-th customer (they come best first) under limits as much smaller."""
    step = -(-profit.size // _SIFTED)
    share = profit[::step].size / profit.size
    small = [Limit(limit.name, limit.use[::step], limit.low * share, limit.high * share) for limit in limits]
    return _solved(profit[::step], small)[1]


def _charged(limits: Sequence[Limit], duals: Floats) -> Floats:
    """Charge each customer for what the call takes of every limit, at these prices."""
    charged = np.zeros(limits[0].use.size)
    for dual, limit in zip(duals, limits, strict=True):
        charged += dual * limit.use
    return charged


def _solved(profit: Floats, limits: Sequence[Limit]) -> tuple[float, Floats, Floats]:
    """Solve with parts of customers allowed; return the profit (-inf if impossible), the duals and the parts."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    if not profit.size:
        return 0.0, np.zeros(len(limits)), np.empty(0)
    uppers = [(i, limit.use, limit.high) for i, limit in enumerate(limits) if np.isfinite(limit.high)]
    lowers = [(i, -limit.use, -limit.low) for i, limit in enumerate(limits) if np.isfinite(limit.low)]
    rows = uppers + lowers
    if not rows:
        return float(np.maximum(profit, 0).sum()), np.zeros(len(limits)), (profit > 0).astype(np.float64)
    found = linprog(
        -profit,
        A_ub=csr_array(np.vstack([use for _, use, _ in rows])),
        b_ub=[edge for _, _, edge in rows],
        bounds=(0, 1),
        method="highs",
    )
    if found.x is None:
        return -np.inf, np.zeros(len(limits)), np.zeros(profit.size)
    duals = np.zeros(len(limits))
    for place, (i, _, _) in enumerate(rows):
        # a binding maximum has a positive price, a binding minimum a negative one
        sign = 1.0 if place < len(uppers) else -1.0
        duals[i] += sign * -found.ineqlin.marginals[place]
    return float(-found.fun), duals, found.x


def _prices(
    profit: Floats,
    chosen: NDArray[np.bool_],
    limits: Sequence[Limit],
    duals: Floats,
    best: float,
    policy: ContactPolicy,
) -> tuple[ShadowPrice, ...]:
    prices = []
    for place in np.argsort(-np.abs(duals), kind="stable"):
        if abs(duals[place]) > _NOTHING:
            prices.append(_priced(int(place), profit, chosen, limits, duals, best, policy))
    return tuple(prices)


def _priced(
    place: int,
    profit: Floats,
    chosen: NDArray[np.bool_],
    limits: Sequence[Limit],
    duals: Floats,
    best: float,
    policy: ContactPolicy,
) -> ShadowPrice:
    limit, dual = limits[place], float(duals[place])
    edge, takes = limit.high if dual > 0 else limit.low, limit.use > 0
    wide = round(_STEP * abs(edge) / float(limit.use[takes].mean()))
    order = np.argsort(_charged(limits, duals) - profit, kind="stable")
    next_ones = order[(takes & ~chosen & ((profit > 0) | (dual < 0)))[order]]
    last_ones = order[(takes & chosen)[order]][::-1]

    def each(rows: NDArray[np.int64], way: int, wide: int = 0) -> float:
        """What each unit brings when these come onto the list, or leave it; NaN where fewer than ten would, or no list is left."""
        customers = told_together(rows.size, wide)
        while customers >= FEWEST_TOGETHER:
            step = way * float(limit.use[rows[:customers]].sum())
            found, _, share = _sifted(profit, _moved(limits, place, dual, math.copysign(1.0, dual) * step), duals)
            if (takes & (np.abs(share - chosen) > 0.5)).sum() >= FEWEST_TOGETHER:
                return (found - best) / (float(limit.use @ share) - edge)
            customers = 0 if customers == rows.size else min(2 * customers, rows.size)
        return math.nan

    price, loosened, tightened = each(next_ones, 1), each(next_ones, 1, wide), each(last_ones, -1, wide)
    return ShadowPrice(limit.name, edge, price, loosened, tightened, say_price(limit.name, edge, price, policy))


def _moved(limits: Sequence[Limit], place: int, dual: float, step: float) -> list[Limit]:
    moved = list(limits)
    limit = limits[place]
    high = limit.high + step if dual > 0 else limit.high
    low = limit.low - step if dual < 0 else limit.low
    moved[place] = Limit(limit.name, limit.use, low, high)
    return moved
