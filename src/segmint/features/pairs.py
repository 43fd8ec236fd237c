"""Pairs of columns: how many customers share both values.

A day of the month and a month name a day of the campaign, and how many calls were made on it says what kind of day it
was; neither column alone does. The count needs no labels, so it cannot leak them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.counts import customers_by_level
from segmint.features.changes import change_steps, is_change, read_side
from segmint.features.levels import KEPT_OTHER

Steps = NDArray[np.int64]

# A column with more values than this is no calendar and no choice: its pairs are nearly ids.
MOST_VALUES = 100
MOST_STEPS = 16


def columns_to_pair(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Return the columns that have few enough values for a pair, in order."""
    return [name for name in names if 2 <= frame[name].n_unique() <= MOST_VALUES]


def learn_pair(
    frame: pl.DataFrame, names: tuple[str, str], rare: int, customers: NDArray[Any] | None = None
) -> dict[str, Any]:
    """Learn how many customers share each pair of values.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
    names : tuple of two str
    rare : int
        Fewer customers than this are told from none nowhere, so that no pair points at a person.
    customers : ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.

    Returns
    -------
    dict
        Plain JSON: names, levels (values of each column), steps (step of each pair of values; the last row and
        column are for values not listed), sizes (standardised log count of each step).
    """
    first, second = (code_column(frame[name], rare, customers) for name in names)
    return join(first, second, rare, customers)[0]


@dataclass(frozen=True)
class Coded:
    """A column as places.

    Attributes
    ----------
    name : str
    levels : list
        Its values in at least `rare` customers.
    codes : ndarray of shape (n_customers,), int
        Each customer's place in `levels`; one behind them for a value that is not listed.
    """

    name: str
    levels: list[Any]
    codes: Steps


def code_column(series: pl.Series, rare: int, customers: NDArray[Any] | None = None) -> Coded:
    """Code a column, as often as it is joined with others."""
    levels = _levels(series, rare, customers)
    return Coded(series.name, levels, _codes(series, levels))


def join(
    first: Coded, second: Coded, rare: int, customers: NDArray[Any] | None = None
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """Learn from two coded columns what `learn_pair` returns, and the size of each customer's step beside it."""
    levels, codes = [first.levels, second.levels], [first.codes, second.codes]
    shape = (len(levels[0]) + 1, len(levels[1]) + 1)
    cells = codes[0] * shape[1] + codes[1]
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    if customers is not None:
        of_cells = customers_by_level(pl.Series(cells), customers)
        counts[[cell for cell, size in of_cells.items() if size < rare]] = 0
    counts = counts.reshape(shape)
    counts[-1], counts[:, -1] = 0, 0
    logs = np.log(np.maximum(counts, rare))
    edges = np.unique(np.quantile(logs[codes[0], codes[1]], np.linspace(0.0, 1.0, MOST_STEPS + 1)))
    steps = np.searchsorted(edges[1:-1], logs, side="right") if len(edges) > 2 else np.zeros(shape, dtype=np.int64)
    mine = steps[codes[0], codes[1]]
    weight = np.maximum(np.bincount(mine, minlength=steps.max() + 1), 1)
    sizes = np.bincount(mine, logs[codes[0], codes[1]], minlength=len(weight)) / weight
    spread = np.sqrt(np.average((sizes - np.average(sizes, weights=weight)) ** 2, weights=weight)) or 1.0
    sizes = (sizes - np.average(sizes, weights=weight)) / spread
    names = [first.name, second.name]
    return {"names": names, "levels": levels, "steps": steps.tolist(), "sizes": sizes.tolist()}, sizes[mine]


def pair_steps(pair: Mapping[str, Any], first: pl.Series, second: pl.Series) -> Steps:
    """Say on which step each customer is; shape (n_customers,)."""
    return steps_at(pair, pair_codes(pair, 0, first), pair_codes(pair, 1, second))


def pair_codes(pair: Mapping[str, Any], side: int, values: pl.Series) -> NDArray[Any]:
    """Give each value of the first (0) or second (1) column its place, or its number of a change; shape (n_customers,)."""
    return read_side(pair, side, values) if is_change(pair) else _codes(values, pair["levels"][side])


def as_arrays(pair: Mapping[str, Any]) -> dict[str, Any]:
    """Hold the longest list of a learned pair as an array, for who asks for its steps again and again."""
    longest = "edges" if is_change(pair) else "steps"
    return {**pair, longest: np.asarray(pair[longest])}


def steps_at(pair: Mapping[str, Any], first: Any, second: Any) -> Steps:
    """Say on which step customers are whose two values `pair_codes` made `first` and `second`."""
    if is_change(pair):
        return change_steps(pair, first, second)
    return np.asarray(np.asarray(pair["steps"], dtype=np.int64)[first, second])


def step_rows(pair: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the features of each step: its size, and 1 for each step that is reached; shape (n_steps, n_features)."""
    sizes = np.asarray(pair["sizes"], dtype=np.float32)
    return np.column_stack([sizes, np.tri(len(sizes), len(sizes) - 1, -1, dtype=np.float32)])


def check_pair(pair: Mapping[str, Any], columns: Sequence[str]) -> None:
    """Hold a learned pair that comes from a file against what `learn_pair` returns.

    Raises
    ------
    ValueError
        If names, levels, steps or sizes do not fit each other, or a name is none of `columns`.
    """
    names, levels, sizes = pair["names"], pair["levels"], pair["sizes"]
    steps = np.asarray(pair["steps"])
    fits = (
        len(names) == len(set(names)) == len(levels) == 2
        and set(names) <= set(columns)
        and steps.shape == (len(levels[0]) + 1, len(levels[1]) + 1)
        and steps.dtype.kind == "i"
        and 0 <= steps.min() <= steps.max() < len(sizes)
        and all(type(size) in (int, float) and np.isfinite(size) for size in sizes)
        and all(len({type(level) for level in known if level is not None}) <= 1 for known in levels)
        and all(type(level) in (str, int, float, type(None)) for known in levels for level in known)
    )
    if not fits:
        raise ValueError("it holds a pair of columns that no fit has learned")


def _levels(series: pl.Series, rare: int, customers: NDArray[Any] | None) -> list[Any]:
    sizes = customers_by_level(series, customers)
    counted = [level for level, size in sizes.items() if size >= rare and level != KEPT_OTHER]
    known = sorted(level for level in counted if level is not None)
    return [*known, None] if None in counted else known


def _codes(series: pl.Series, levels: list[Any]) -> Steps:
    known = [level for level in levels if level is not None]
    absent = levels.index(None) if None in levels else len(levels)
    if not known:
        return np.where(series.is_null().to_numpy(), absent, len(levels)).astype(np.int64)
    kind = pl.String if isinstance(known[0], str) else pl.Float64
    found = series.cast(kind).replace_strict(
        pl.Series(known, dtype=kind), pl.Series(range(len(known)), dtype=pl.Int64), default=len(levels)
    )
    return pl.select(pl.when(series.is_null()).then(absent).otherwise(found)).to_series().to_numpy().astype(np.int64)
