"""Who is on the list beside who could have been: reported, never silently changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.metrics.intervals import wilson
from segmint.targeting.choose import LISTED, Choice
from segmint.targeting.optimise import best_under_limits
from segmint.targeting.policy import ContactPolicy, Quota

SMALLEST_GROUP = 10
OTHER = "other"
NOT_KNOWN = "not known"


def groups_of(values: pl.Series, edges: Sequence[float] = (30, 45, 60)) -> pl.Series:
    """Name each customer's group: the level of a category, or the band of a number such as age.

    Parameters
    ----------
    values : polars.Series of shape (n_customers,)
    edges : sequence of float
        Where the bands of a number begin.
    """
    if not values.dtype.is_numeric():
        return values.cast(pl.String).fill_null(NOT_KNOWN)
    cuts = sorted(edges)
    names = [
        f"below {cuts[0]:g}",
        *(f"{a:g} to below {b:g}" for a, b in zip(cuts, cuts[1:], strict=False)),
        f"{cuts[-1]:g} and above",
    ]
    place = np.searchsorted(cuts, values.cast(pl.Float64).fill_null(np.nan).to_numpy(), side="right")
    banded = pl.Series(values.name, names).gather(place)
    return (
        pl.select(pl.when(values.is_null()).then(pl.lit(NOT_KNOWN)).otherwise(banded)).to_series().rename(values.name)
    )


def selection_by_group(
    choice: Choice, groups: pl.Series, *, outcome: ArrayLike | None = None, level: float = 0.95
) -> pl.DataFrame:
    """Compare the list with the eligible population, group by group.

    Parameters
    ----------
    choice : Choice
    groups : polars.Series of String, shape (n_customers,)
        From `groups_of`. Groups of fewer than 10 eligible customers are pooled as "other".
    outcome : array-like of bool, shape (n_customers,), optional
        Where known, the error: successes that the list missed, and listed customers who said no.
    level : float
        Of the Wilson intervals.

    Returns
    -------
    polars.DataFrame
        column, group, eligible, listed, selection_rate, low, high, ratio (to the overall rate),
        mean_propensity, benefit (expected profit per eligible customer); with an outcome missed,
        missed_low, missed_high, refused, refused_low, refused_high. First row: everyone.
    """
    rows = np.sort(choice.order)
    names = _pooled(groups.gather(rows)).to_numpy()
    on_list = choice.status[rows] == LISTED
    overall = float(on_list.mean()) if rows.size else math.nan
    yes = None if outcome is None else np.asarray(outcome).astype(bool)[rows]
    parts = [("everyone", np.ones(rows.size, dtype=bool))]
    parts += [(str(name), names == name) for name in sorted(set(names.tolist()))]
    table = []
    for name, member in parts:
        row: dict[str, float | int | str] = {"column": groups.name, "group": name}
        row |= _selection(choice, rows[member], on_list[member], overall, level)
        if yes is not None:
            row |= _errors(on_list[member], yes[member], level)
        table.append(row)
    return pl.DataFrame(table)


def _pooled(groups: pl.Series) -> pl.Series:
    sizes = groups.value_counts()
    rare = sizes.filter(pl.col("count") < SMALLEST_GROUP)[groups.name].to_list()
    return pl.select(pl.when(groups.is_in(rare)).then(pl.lit(OTHER)).otherwise(groups)).to_series()


def _selection(
    choice: Choice, rows: NDArray[np.int64], on_list: NDArray[np.bool_], overall: float, level: float
) -> dict[str, float | int | str]:
    listed = int(on_list.sum())
    low, high = wilson(listed, rows.size, level)
    rate = listed / rows.size if rows.size else math.nan
    gained = float(choice.expected_profit[rows[on_list]].sum())
    return {
        "eligible": rows.size,
        "listed": listed,
        "selection_rate": rate,
        "low": float(low),
        "high": float(high),
        "ratio": rate / overall if overall else math.nan,
        "mean_propensity": float(choice.propensity[rows].mean()) if rows.size else math.nan,
        "benefit": gained / rows.size if rows.size else math.nan,
    }


def _errors(on_list: NDArray[np.bool_], yes: NDArray[np.bool_], level: float) -> dict[str, float | int | str]:
    errors: dict[str, float | int | str] = {}
    for name, wrong, among in (("missed", yes & ~on_list, yes), ("refused", on_list & ~yes, on_list)):
        count, trials = int(wrong.sum()), int(among.sum())
        low, high = wilson(count, trials, level)
        errors[name] = count / trials if trials else math.nan
        errors[f"{name}_low"], errors[f"{name}_high"] = float(low), float(high)
    return errors


def cost_of_floor(
    choice: Choice, groups: pl.Series, policy: ContactPolicy, floors: Sequence[float] = (0.5, 0.8, 0.9, 1.0)
) -> pl.DataFrame:
    """Calculate what it would cost if no group were called less often than a share of the overall rate.

    The list keeps its length and its budget in money; quotas and capacities of the policy stay.

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
        floor, expected_profit, cost_of_floor (account currency), changed (customers exchanged).
    """
    callable_rows = choice.order[~choice.holdout[choice.order]]
    pooled = np.full(choice.status.size, OTHER, dtype=object)
    pooled[callable_rows] = _pooled(groups.gather(callable_rows)).to_list()
    column = "_group"
    table = pl.DataFrame({column: pl.Series(pooled.tolist(), dtype=pl.String)})
    listed = choice.listed
    overall = listed.size / max(callable_rows.size, 1)
    sizes = table[column].gather(callable_rows).value_counts().sort(column)
    bare = policy.model_copy(update={"capacities": ()})
    rows = []
    for floor in floors:
        quotas = tuple(
            Quota(column=column, level=name, minimum=math.floor(floor * overall * count + 1e-9))
            for name, count in sizes.iter_rows()
        )
        limits = bare.model_copy(
            update={"quotas": quotas, "budget_calls": math.ceil(listed.size * policy.economics.calls_per_customer)}
        )
        again = best_under_limits(
            choice.order, choice.expected_profit, choice.cost, choice.holdout, limits, table
        ).inside
        called = again[~choice.holdout[again]]
        profit = float(choice.expected_profit[called].sum())
        rows.append(
            {
                "floor": floor,
                "expected_profit": profit,
                "cost_of_floor": choice.profit - profit,
                "changed": len(set(listed.tolist()) - set(called.tolist())),
            }
        )
    return pl.DataFrame(rows)
