"""Columns of a table that a network cannot make sense of: values it has not learned, or hardly any values at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from segmint.monitoring.reference import OTHER
from segmint.wording import percent, quoted

UNSEEN = 0.05  # of the rows, beyond those whose levels were rare in training too
EMPTIED = 0.5  # of the rows, beyond those that were empty in training
_MOST_LEVELS = 5


@dataclass(frozen=True)
class Unread:
    """A column that is written otherwise than in training.

    Attributes
    ----------
    column : str
    unseen : float
        Share of the rows with a level that training did not see, or hardly; 0 where that is not more than it was.
    empty, empty_before : float
        Share of the rows without a value, now and in training.
    levels : tuple of str
        Those of training that enough customers had; empty for numbers.
    """

    column: str
    unseen: float
    empty: float
    empty_before: float
    levels: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """How the column is written otherwise, without capital and full stop."""
        if not self.unseen:
            return f"'{self.column}' has no value in {percent(self.empty)} of the rows, and in {percent(self.empty_before)} of those of training"
        known = quoted(self.levels) if len(self.levels) <= _MOST_LEVELS else ""
        said = (
            f"{percent(self.unseen)} of the rows have a value of '{self.column}' that training did not see, or hardly"
        )
        return f"{said} (it had {known})" if known else said


def unread_columns(reference: Mapping[str, Any], frame: pl.DataFrame) -> tuple[Unread, ...]:
    """Find the columns of which a network cannot make sense in many rows.

    Parameters
    ----------
    reference : dict
        From `reference_of`.
    frame : polars.DataFrame of n_customers rows
        Typed columns as in a `ValidTable`; columns that it lacks are left out.
    """
    there = (column for column in reference["columns"] if column["name"] in frame.columns and frame.height)
    found = (_read(column, frame[column["name"]]) for column in there)
    return tuple(each for each in found if each.unseen or each.empty - each.empty_before > EMPTIED)


def _read(column: Mapping[str, Any], values: pl.Series) -> Unread:
    counts: Mapping[str, int] = column.get("levels") or {}
    levels = tuple(level for level in counts if level != OTHER)
    unseen = 0.0
    if "levels" in column:
        strange = int((~values.drop_nulls().cast(pl.String).is_in(list(levels))).sum()) / len(values)
        rare = (1 - column["missing_share"]) * counts.get(OTHER, 0) / max(sum(counts.values()), 1)
        unseen = strange if strange - rare > UNSEEN else 0.0
    return Unread(column["name"], unseen, values.null_count() / len(values), column["missing_share"], levels)
