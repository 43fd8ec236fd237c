"""Levels of columns and how far their outcome is from the whole, from ``tables/columns.parquet``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from segmint.features.edges import FEWEST_TOGETHER
from segmint.features.levels import OTHER
from segmint.report.run_view import RunView

_WORTH_A_SENTENCE = 50  # customers
_CLEARLY = 1.25  # times the overall rate


@dataclass(frozen=True)
class Level:
    """One level of a column: how many customers, and the share of them with the outcome.

    Attributes
    ----------
    column, label : str
        The column's name in the table, and for people.
    level : str
        Such as "retired", or "30 to 39" for a number.
    outcome : str
        The class the rate is about; "" for a response.
    customers : int
    rate, low, high : float
        Share of the customers with the outcome, with its 95 % interval.
    index : float
        100 · rate ÷ overall rate.
    base : float
        The overall rate.
    """

    column: str
    label: str
    level: str
    outcome: str
    customers: int
    rate: float
    low: float
    high: float
    index: float
    base: float

    @property
    def away(self) -> float:
        """How far the rate is from the overall one: a rare outcome has large indexes and small differences."""
        return self.rate - self.base

    @property
    def surely_above(self) -> bool:
        """Whether the whole interval lies above the overall rate, and the outcome is that of more than a few."""
        return self.low > self.base and self.rate * self.customers >= FEWEST_TOGETHER

    @property
    def clearly_above(self) -> bool:
        """Whether the whole interval lies well above the overall rate, of customers that are worth a sentence."""
        enough = self.customers >= _WORTH_A_SENTENCE and self.level != OTHER
        return enough and self.surely_above and self.low >= _CLEARLY * self.base

    @property
    def surely_below(self) -> bool:
        """Whether the whole interval lies below the overall rate."""
        return self.high < self.base


@dataclass(frozen=True)
class ColumnLevels:
    """All levels of one column, and how strongly the outcome differs between them.

    Attributes
    ----------
    strength : float
        Cramér's V of column and outcome, corrected for chance, in [0, 1]; 0 means that the outcome is the same everywhere.
    """

    column: str
    label: str
    levels: tuple[Level, ...]
    strength: float


def strongest_columns(run: RunView) -> list[ColumnLevels]:
    """Columns by the strength of their connection with the outcome, the strongest first."""
    frame = run.columns
    if frame is None:
        return []
    frame = frame.filter(pl.col("customers") >= FEWEST_TOGETHER)
    found = []
    for name in frame["column"].unique(maintain_order=True):
        rows = list(frame.filter(pl.col("column") == name).iter_rows(named=True))
        levels = tuple(_level(run, row) for row in rows)
        if len({level.level for level in levels}) > 1:
            found.append(ColumnLevels(str(name), levels[0].label, _in_order(run, levels), float(rows[0]["strength"])))
    return sorted(found, key=lambda column: -column.strength)


def strongest_levels(run: RunView, *, most: int) -> list[Level]:
    """The level furthest above the overall rate in each column where one is clearly above it; the furthest first."""
    clear = [[level for level in column.levels if level.clearly_above] for column in strongest_columns(run)]
    furthest = [max(levels, key=lambda level: level.away) for levels in clear if levels]
    return sorted(furthest, key=lambda level: -level.away)[:most]


def _level(run: RunView, row: dict[str, Any]) -> Level:
    told = ("column", "label", "level", "customers", "rate", "low", "high", "index", "base")
    outcome = "" if run.is_response else row["outcome_level"]
    return Level(outcome=outcome, **{name: row[name] for name in told})


def _in_order(run: RunView, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Keep the order of numbers, ladders and rings; put other levels of a response highest rate first."""
    column = run.contract.by_name.get(levels[0].column) if run.contract else None
    natural = column is None or column.kind != "category" or column.ordered or column.cyclic
    if natural or levels[0].outcome:
        return levels
    return tuple(sorted(levels, key=lambda level: -level.rate))
