"""How the outcome differs between the levels of each column: the first thing a marketer asks of a table."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.counts import count_values, customers_by_level
from segmint.contract.valid_table import ValidTable
from segmint.features.apply import level_codes
from segmint.features.edges import FEWEST_TOGETHER, TABLE_BANDS, band_cuts, once_each
from segmint.features.levels import NO_VALUE, OTHER, pool_rare
from segmint.metrics.association import cramers_v
from segmint.metrics.intervals import wilson
from segmint.segments.coding import band_labels
from segmint.splits.groups import row_customers
from segmint.wording import plain


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
        Rates are of rows, and as sure as their customers are many. Numbers are cut into bands of about equal size; levels of fewer
        than 10 customers are told together, see `pool_rare`.
    """
    outcome = table.outcome
    names = np.unique(outcome)
    positive = table.contract.outcome.positive
    shown = names if positive is None else np.asarray([positive])
    whose = row_customers(table)
    frames = [_column_rows(column, table.frame[column.name], whose, outcome, names, shown) for column in table.features]
    return pl.concat(frames).sort("strength", descending=True, maintain_order=True)


def _column_rows(
    column: Column,
    series: pl.Series,
    whose: NDArray[np.int64],
    outcome: NDArray[np.str_],
    names: NDArray[np.str_],
    shown: NDArray[np.str_],
) -> pl.DataFrame:
    named, order = _bands(column, series, whose) if column.kind == "number" else _categories(column, series)
    levels = pool_rare(named.fill_null(NO_VALUE), whose)
    customers = customers_by_level(levels, whose)
    order = [level for level in dict.fromkeys([*order, NO_VALUE, OTHER]) if level in customers]
    counts = _counts(levels, order, outcome, names)
    base = counts.sum(axis=0) / max(counts.sum(), 1)
    strength = cramers_v(counts)
    rows = []
    for level, count in zip(order, counts, strict=True):
        if customers[level] < FEWEST_TOGETHER:
            continue
        for name in shown:
            place = int(np.flatnonzero(names == name)[0])
            rate = float(count[place] / count.sum())
            low, high = wilson(rate * customers[level], customers[level])
            rows.append(
                {
                    "column": column.name, "label": column.label, "level": level, "outcome_level": str(name),
                    "customers": customers[level], "rate": rate, "base": float(base[place]),
                    "index": 100.0 * rate / float(base[place]), "low": float(low), "high": float(high), "strength": strength,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema=_SCHEMA)


def _counts(
    levels: pl.Series, order: list[str], outcome: NDArray[np.str_], names: NDArray[np.str_]
) -> NDArray[np.int64]:
    """Count each outcome in each level, all in one pass."""
    counts = np.zeros((len(order), names.size), dtype=np.int64)
    np.add.at(counts, (level_codes(levels, order), np.searchsorted(names, outcome)), 1)
    return counts


_SCHEMA = {
    "column": pl.String, "label": pl.String, "level": pl.String, "outcome_level": pl.String, "customers": pl.Int64,
    "rate": pl.Float64, "base": pl.Float64, "index": pl.Float64, "low": pl.Float64, "high": pl.Float64, "strength": pl.Float64,
}  # fmt: skip


def _categories(column: Column, series: pl.Series) -> tuple[pl.Series, list[str]]:
    """Name the level of each row, null where there is no value, and the levels in reading order."""
    counts = count_values(series.drop_nulls())
    order = [level for level in column.allowed if level in counts]
    order += sorted(set(counts) - set(order), key=lambda level: (-counts[level], level))
    return series, order


def _bands(column: Column, series: pl.Series, whose: NDArray[np.int64]) -> tuple[pl.Series, list[str]]:
    values = series.cast(pl.Float64)
    states = {state.value: state.name for state in column.states if (values == state.value).any()}
    named = values.replace_strict(states, default=None, return_dtype=pl.String)
    known = named.is_null() & values.is_not_null()
    numbers = values.filter(known).to_numpy()
    if not len(numbers):
        return named, [*states.values()]
    distinct = np.unique(numbers)
    if len(distinct) <= TABLE_BANDS:
        labels, place = [plain(number) for number in distinct], np.searchsorted(distinct, numbers)
    else:
        cuts = band_cuts(once_each(numbers, whose[known.to_numpy()]), TABLE_BANDS)
        whole = bool((numbers == np.round(numbers)).all())
        labels, place = band_labels(cuts, whole=whole, lowest=distinct[0]), np.searchsorted(cuts, numbers, "right")
    return named.scatter(known.arg_true(), np.array(labels, dtype=object)[place].tolist()), [*labels, *states.values()]
