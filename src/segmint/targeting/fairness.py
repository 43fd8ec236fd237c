"""Who is on the list beside who could have been: reported, never silently changed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats
from segmint.contract.counts import customers_by_level
from segmint.errors import PolicyError
from segmint.features.edges import FEWEST_TOGETHER, TABLE_BANDS, are_too_few, band_cuts, once_each
from segmint.features.levels import NO_VALUE, OTHER, pool_rare
from segmint.metrics.intervals import wilson
from segmint.targeting.choose import LISTED, Choice
from segmint.targeting.optimise import best_under_limits
from segmint.targeting.policy import ContactPolicy, Quota, whole_up

AGES, AGE_EDGES = (15, 110), (30, 45, 60)
_MOSTLY = 0.95
_PRICED = {"expected_profit": pl.Float64, "cost_of_floor": pl.Float64, "changed": pl.Int64}


def groups_of(
    values: pl.Series, edges: Sequence[float] | None = None, *, customers: NDArray[np.int64] | None = None
) -> pl.Series:
    """Name each customer's group: the level of a category or of a number with few, else the band of a number.

    Each band is some bands of the table of columns together: whoever lay between an edge of one and an edge of the other could be
    reckoned from both.

    Parameters
    ----------
    values : polars.Series of shape (n_rows,)
    edges : sequence of float, optional
        Where the bands of a number begin. Left out, a number of at most 6 values has a group for each, and bands begin at those edges of
        the table of columns that are nearest to 30, 45 and 60 for ages, and to the quarters of the customers for other numbers.
    customers : ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.
    """
    if not values.dtype.is_numeric():
        return values.cast(pl.String).fill_null(NO_VALUE)
    numbers = values.cast(pl.Float64).fill_nan(None)
    distinct = numbers.drop_nulls().unique()
    if edges is None and len(distinct) <= TABLE_BANDS:
        names = {number: _written(number) for number in distinct}
        groups = numbers.replace_strict(names, default=None, return_dtype=pl.String)
    elif edges is None:
        groups = _nested(numbers, customers)
    else:
        groups = _banded(numbers, sorted(edges))
    return groups.fill_null(NO_VALUE).rename(values.name)


def _nested(numbers: pl.Series, customers: NDArray[np.int64] | None) -> pl.Series:
    """Bands of numbers that are bands of the table of columns together, also where a band there is told with the few without a number."""
    there = numbers.is_finite().fill_null(value=False)
    finite = numbers.filter(there)
    cuts = band_cuts(
        once_each(finite.to_numpy(), None if customers is None else customers[there.to_numpy()]), TABLE_BANDS
    )
    groups, fine = (_banded(numbers, edges).fill_null(NO_VALUE) for edges in (_edges_among(cuts, finite), cuts))
    sizes = customers_by_level(fine, customers)
    if not 0 < sizes.pop(NO_VALUE, 0) < FEWEST_TOGETHER or not sizes:
        return groups
    smallest = [band for band, size in sizes.items() if size == min(sizes.values())]
    joined = groups.filter(fine.is_in([NO_VALUE, *smallest])).unique()
    return groups.set(groups.is_in(joined.to_list()), OTHER)


def _banded(numbers: pl.Series, cuts: Sequence[float]) -> pl.Series:
    if not cuts:
        least = float(numbers.min())  # type: ignore[arg-type]
        names, cuts = [_written(least), f"above {_written(least)}"], [math.nextafter(least, math.inf)]
    else:
        names = [
            f"below {_written(cuts[0])}",
            *(f"{_written(a)} to below {_written(b)}" for a, b in pairwise(cuts)),
            f"{_written(cuts[-1])} and above",
        ]
    place = np.searchsorted(cuts, numbers.fill_null(0.0).to_numpy(), side="right")
    return pl.Series(names).gather(place).set(numbers.is_null(), None)


def _edges_among(cuts: Sequence[float], numbers: pl.Series) -> Sequence[float]:
    """Where bands begin: the cuts nearest to those of ages, or to the quarters of the customers."""
    whole = bool((numbers == numbers.round()).all())
    ages = whole and float(numbers.is_between(*AGES).mean()) >= _MOSTLY  # type: ignore[arg-type]
    wanted = AGE_EDGES if ages else [float(numbers.quantile(share) or 0.0) for share in (0.25, 0.5, 0.75)]
    return sorted({min(cuts, key=lambda cut: abs(cut - edge)) for edge in wanted if cuts})


def _written(number: float) -> str:
    return f"{number:.10g}"


def selection_by_group(choice: Choice, groups: pl.Series, *, outcome: ArrayLike | None = None) -> pl.DataFrame:
    """Compare the list with the eligible population, group by group.

    Parameters
    ----------
    choice : Choice
    groups : polars.Series of String, shape (n_customers,)
        From `groups_of`. Groups of fewer than 10 eligible customers are told together, see `pool_rare`.
    outcome : array-like of bool, shape (n_customers,), optional
        Where known, the error: successes that the list missed, and listed customers who said no.

    Returns
    -------
    polars.DataFrame
        column, group, eligible, listed, selection_rate, low, high (Wilson, 95 %), ratio (to the overall rate),
        mean_propensity, benefit (expected profit per eligible customer; NaN where it is that of fewer than 10 on the list, or
        of the next smallest group, from which theirs could be reckoned); with an outcome missed, missed_low, missed_high,
        refused, refused_low, refused_high. First row: everyone.
    """
    rows = np.sort(choice.order)
    on_list = choice.status[rows] == LISTED
    overall = float(on_list.mean()) if rows.size else math.nan
    yes = None if outcome is None else np.asarray(outcome).astype(bool)[rows]
    table = []
    for name, member in parts_of(groups.gather(rows)):
        row: dict[str, Any] = {"column": groups.name, "group": name}
        row |= _selection(choice, rows[member], on_list[member], overall)
        if yes is not None:
            row |= _errors(on_list[member], yes[member])
        table.append(row)
    for row in _of_few(table[1:]):
        row["benefit"] = math.nan
    return pl.DataFrame(table)


def _of_few(groups: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Find the groups whose money would be that of fewer than ten listed: their own, or what is left of everyone's without the others'."""
    there = sorted((row for row in groups if row["listed"]), key=lambda row: row["listed"])
    few = [row for row in there if row["listed"] < FEWEST_TOGETHER]
    joined = bool(few) and sum(row["listed"] for row in few) < FEWEST_TOGETHER
    return there[: len(few) + joined]


def parts_of(groups: pl.Series, customers: NDArray[np.int64] | None = None) -> list[tuple[str, NDArray[np.bool_]]]:
    """Name everyone and each group of at least 10 customers, bands of numbers in their order, with their rows.

    Parameters
    ----------
    groups : polars.Series of String, shape (n_rows,)
        From `groups_of`. Groups of fewer than 10 customers are told together, see `pool_rare`.
    customers : ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.
    """
    names = pool_rare(groups, customers)
    sizes = customers_by_level(names, customers)
    large = [str(name) for name in sorted(sizes, key=_natural) if sizes[name] >= FEWEST_TOGETHER]
    return [("everyone", np.ones(len(names), dtype=bool)), *((name, (names == name).to_numpy()) for name in large)]


def _natural(name: str) -> tuple[int, float, str]:
    """Put bands of numbers in their order and everything else in the alphabet's."""
    if name.startswith("below "):
        return 0, -math.inf, name
    number = name.split(" ", 1)[0]
    return (0, float(number), name) if number.replace(".", "", 1).lstrip("-").isdigit() else (1, 0.0, name)


def _selection(
    choice: Choice, rows: NDArray[np.int64], on_list: NDArray[np.bool_], overall: float
) -> dict[str, float | int | str]:
    listed = int(on_list.sum())
    low, high = wilson(listed, rows.size)
    rate = listed / rows.size if rows.size else math.nan
    gained = float(choice.expected_profit[rows[on_list]].sum())
    return {
        "eligible": rows.size,
        "listed": listed,
        "selection_rate": rate,
        "low": float(low),
        "high": float(high),
        "ratio": rate / overall if overall else math.nan,
        "mean_propensity": float(choice.propensity[rows].mean()) if rows.size >= FEWEST_TOGETHER else math.nan,
        "benefit": gained / rows.size if rows.size and not are_too_few(listed) else math.nan,
    }


def _errors(on_list: NDArray[np.bool_], yes: NDArray[np.bool_]) -> dict[str, float | int | str]:
    errors: dict[str, float | int | str] = {}
    for name, wrong, among in (("missed", yes & ~on_list, yes), ("refused", on_list & ~yes, on_list)):
        count, trials = int(wrong.sum()), int(among.sum())
        low, high = wilson(count, trials)
        errors[name] = count / trials if trials else math.nan
        errors[f"{name}_low"], errors[f"{name}_high"] = float(low), float(high)
    return errors


def cost_of_floor(
    choice: Choice, groups: pl.Series, policy: ContactPolicy, floors: Sequence[float] = (0.5, 0.8, 0.9, 1.0)
) -> pl.DataFrame:
    """Calculate what it would cost if no group were called less often than a share of the overall rate.

    The list keeps its calls, which is its length where all get as many, and its budget in money. Quotas and capacities of the
    policy are left out, and the cost is measured against the best such list without a floor.

    Parameters
    ----------
    choice : Choice
    groups : polars.Series of String, shape (n_customers,)
    policy : ContactPolicy
    floors : sequence of float
        Lowest selection rate of a group as a share of the overall one, in [0, 1].

    Returns
    -------
    polars.DataFrame
        floor, expected_profit, cost_of_floor (account currency), changed (customers exchanged); null but for the
        floor where the money or the calls are too few for it.
    """
    floored = _Floored(choice, groups, policy)
    rows = [{"floor": floor} | floored.priced(dict.fromkeys(floored.sizes, floor)) for floor in floors]
    return pl.DataFrame(rows, schema={"floor": pl.Float64, **_PRICED})


def cost_of_floor_by_group(
    choice: Choice, groups: pl.Series, policy: ContactPolicy, floor: float = 0.8
) -> pl.DataFrame:
    """Calculate what a floor for one group alone would cost, for each group that is below it.

    Returns
    -------
    polars.DataFrame
        group, floor, wanted (customers listed at the floor), cost_of_floor (account currency), changed; the last two
        null where the money or the calls are too few for the floor.
    """
    floored = _Floored(choice, groups, policy)
    rows = [
        {"group": group, "floor": floor, "wanted": floored.wanted(group, floor)} | floored.priced({group: floor})
        for group in floored.sizes
        if floored.sizes[group] >= FEWEST_TOGETHER and floored.listed[group] < floored.wanted(group, floor)
    ]
    schema = {"group": pl.String, "floor": pl.Float64, "wanted": pl.Int64, **_PRICED}
    return pl.DataFrame(rows, schema=schema).drop("expected_profit")


def _alike(amounts: Floats) -> bool:
    return not amounts.size or bool(np.ptp(amounts) == 0)


class _Floored:
    """A list of as many calls, chosen again with a minimum for some groups."""

    def __init__(self, choice: Choice, groups: pl.Series, policy: ContactPolicy) -> None:
        rows = choice.order[~choice.holdout[choice.order]]
        pooled = np.full(choice.status.size, OTHER, dtype=object)
        pooled[rows] = pool_rare(groups.gather(rows)).to_list()
        self.choice, self.rows = choice, rows
        self.equal = _alike(choice.calls[rows]) and (policy.budget_money is None or _alike(choice.cost[rows]))
        self.names = pooled[rows]
        self.table = pl.DataFrame({"group": pl.Series(pooled.tolist(), dtype=pl.String)})
        self.sizes: dict[str, int] = dict(self.table["group"].gather(rows).value_counts().sort("group").iter_rows())
        there = dict(self.table["group"].gather(choice.listed).value_counts().iter_rows())
        self.listed = {group: int(there.get(group, 0)) for group in self.sizes}
        self.overall = choice.listed.size / max(rows.size, 1)
        self.is_best = not policy.needs_optimiser and policy.conversations is None
        self.bare = policy.model_copy(
            update={
                "capacities": (),
                "conversations": None,
                "budget_calls": whole_up(float(choice.calls[choice.listed].sum())),
            }
        )

    def wanted(self, group: str, floor: float) -> int:
        """Customers of a group on the list at this floor."""
        return math.floor(floor * self.overall * self.sizes[group] + 1e-9)

    def priced(self, floors: Mapping[str, float]) -> dict[str, Any]:
        """Say what floors cost beside the best list without any; nothing where the money or the calls are too few for them."""
        try:
            profit, called = self.solve(floors)
        except PolicyError:
            return dict.fromkeys(_PRICED)
        free, listed = self.free
        return {"expected_profit": profit, "cost_of_floor": max(free - profit, 0.0), "changed": len(listed - called)}

    @cached_property
    def free(self) -> tuple[float, set[int]]:
        """The best list without a floor: its expected profit, and its rows."""
        if self.is_best:
            return self.choice.profit, set(self.choice.listed.tolist())
        return self.solve({})

    def solve(self, floors: Mapping[str, float]) -> tuple[float, set[int]]:
        """Return the expected profit and the rows of the best list that keeps the floors.

        Where only the number of customers is short, taking each group's best first and then the best of the rest is
        exact (a greedy choice in a matroid); money and unequal costs, or unequal calls, need the optimiser.

        Raises
        ------
        PolicyError
            If the money or the calls are too few for the floors.
        """
        if floors and self._keeps(floors):
            return self.free  # solved again it could be another as good, to within the gap
        called = self._greedy(floors) if self.equal else self._optimised(floors)
        return float(self.choice.expected_profit[called].sum()), set(called.tolist())

    def _keeps(self, floors: Mapping[str, float]) -> bool:
        """Tell whether the best list without a floor keeps these."""
        _, free = self.free
        there = Counter(self.table["group"].gather(sorted(free)))
        return all(there[group] >= self.wanted(group, floor) for group, floor in floors.items())

    def _greedy(self, floors: Mapping[str, float]) -> NDArray[np.int64]:
        forced = np.zeros(self.rows.size, dtype=bool)
        for group, floor in floors.items():
            forced[np.flatnonzero(self.names == group)[: self.wanted(group, floor)]] = True
        rest = np.flatnonzero(~forced & (self.choice.expected_profit[self.rows] > 0))
        forced[rest[: max(self.choice.listed.size - int(forced.sum()), 0)]] = True
        called: NDArray[np.int64] = self.rows[forced]
        return called

    def _optimised(self, floors: Mapping[str, float]) -> NDArray[np.int64]:
        quotas = tuple(
            Quota(column="group", level=group, minimum=self.wanted(group, floor)) for group, floor in floors.items()
        )
        choice = self.choice
        limits = self.bare.model_copy(update={"quotas": quotas})
        again = best_under_limits(
            choice.order,
            choice.expected_profit,
            choice.cost,
            choice.holdout,
            limits,
            self.table,
            calls=choice.calls,
            priced=False,
        ).inside
        called: NDArray[np.int64] = again[~choice.holdout[again]]
        return called
