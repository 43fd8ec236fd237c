"""How the outcome differs between the levels of each column: the first thing a marketer asks of a table."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.counts import count_values
from segmint.contract.valid_table import ValidTable
from segmint.features.edges import FEWEST_TOGETHER, band_cuts
from segmint.metrics.association import cramers_v
from segmint.metrics.intervals import wilson
from segmint.segments.coding import band_labels
from segmint.wording import plain

BANDS = 6
OTHER = "rare levels"
MISSING = "no value"


def outcome_by_level(table: ValidTable) -> pl.DataFrame:
    """Count outcomes by the levels of each feature column.

    Parameters
    ----------
    table : ValidTable
        With its outcome.

    Returns
    -------
    polars.DataFrame
        One row per column, level and outcome level (a response has its positive level only), the columns that tell
        most first: column, label, level, outcome_level, customers, rate, base (the overall rate), index (100 · rate ÷
        base), low, high (Wilson, 95 %), strength (Cramér's V of column and outcome, corrected for chance, in [0, 1]).
        Numbers are cut into bands of about equal size; levels in fewer than 10 customers are pooled, and left out if still too few.
    """
    outcome = table.outcome
    names = np.unique(outcome)
    positive = table.contract.outcome.positive
    shown = names if positive is None else np.asarray([positive])
    frames = [_column_rows(column, table.frame[column.name], outcome, names, shown) for column in table.features]
    return pl.concat(frames).sort("strength", descending=True, maintain_order=True)


def _column_rows(
    column: Column, series: pl.Series, outcome: NDArray[np.str_], names: NDArray[np.str_], shown: NDArray[np.str_]
) -> pl.DataFrame:
    levels, order = _levels(column, series)
    counts = _counts(levels, order, outcome, names)
    base = counts.sum(axis=0) / max(counts.sum(), 1)
    strength = cramers_v(counts)
    rows = []
    for level, count in zip(order, counts, strict=True):
        if level == "" or count.sum() < FEWEST_TOGETHER:
            continue
        for name in shown:
            place = int(np.flatnonzero(names == name)[0])
            low, high = wilson(count[place], count.sum())
            rate = float(count[place] / count.sum())
            rows.append(
                {
                    "column": column.name, "label": column.label, "level": level, "outcome_level": str(name),
                    "customers": int(count.sum()), "rate": rate, "base": float(base[place]),
                    "index": 100.0 * rate / float(base[place]), "low": float(low), "high": float(high), "strength": strength,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema=_SCHEMA)


def _counts(
    levels: NDArray[np.object_], order: list[str], outcome: NDArray[np.str_], names: NDArray[np.str_]
) -> NDArray[np.int64]:
    """Count each outcome in each level, all in one pass."""
    counts = np.zeros((len(order), names.size), dtype=np.int64)
    place = {level: row for row, level in enumerate(order)}
    rows = np.array([place.get(level, -1) for level in levels.tolist()], dtype=np.int64)
    known = rows >= 0
    np.add.at(counts, (rows[known], np.searchsorted(names, outcome)[known]), 1)
    return counts


_SCHEMA = {
    "column": pl.String, "label": pl.String, "level": pl.String, "outcome_level": pl.String, "customers": pl.Int64,
    "rate": pl.Float64, "base": pl.Float64, "index": pl.Float64, "low": pl.Float64, "high": pl.Float64, "strength": pl.Float64,
}  # fmt: skip


def _levels(column: Column, series: pl.Series) -> tuple[NDArray[np.object_], list[str]]:
    """Name the level of each customer, and the levels in reading order; "" belongs to nobody worth a line."""
    named, order = _bands(column, series) if column.kind == "number" else _categories(column, series)
    missing = series.is_null().to_numpy()
    named[missing] = MISSING
    return _pooled(named, [*order, MISSING])


def _pooled(named: NDArray[np.object_], order: list[str]) -> tuple[NDArray[np.object_], list[str]]:
    """Pool levels of too few customers, so that a line never points at a person."""
    counts = Counter(named.tolist())
    rare = {level for level in order if 0 < counts[level] < FEWEST_TOGETHER}
    pooled = np.array([OTHER if level in rare else level for level in named], dtype=object)
    kept = [level for level in order if counts[level] >= FEWEST_TOGETHER and level != OTHER]
    return pooled, [*kept, OTHER] if rare or counts[OTHER] else kept


def _categories(column: Column, series: pl.Series) -> tuple[NDArray[np.object_], list[str]]:
    counts = count_values(series.drop_nulls())
    order = [level for level in column.allowed if level in counts]
    order += sorted(set(counts) - set(order), key=lambda level: (-counts[level], level))
    return np.array(series.to_list(), dtype=object), order


def _bands(column: Column, series: pl.Series) -> tuple[NDArray[np.object_], list[str]]:
    values = series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    named = np.full(len(values), "", dtype=object)
    order: list[str] = []
    for state in column.states:
        here = values == state.value
        if here.any():
            named[here] = state.name
            order.append(state.name)
    known = np.isfinite(values) & (named == "")
    numbers = values[known]
    if not len(numbers):
        return named, order
    distinct = np.unique(numbers)
    if len(distinct) <= BANDS:
        labels, place = [plain(number) for number in distinct], np.searchsorted(distinct, numbers)
    else:
        cuts = band_cuts(np.sort(numbers), BANDS)
        whole = bool((numbers == np.round(numbers)).all())
        labels, place = band_labels(cuts, whole=whole, lowest=distinct[0]), np.searchsorted(cuts, numbers, "right")
    named[known] = np.array(labels, dtype=object)[place]
    return named, [*labels, *order]
