"""Columns of a wave that say nothing to a network: levels that training did not know, and values that are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from segmint.contract.column import Column
from segmint.features.edges import FEWEST_TOGETHER
from segmint.features.levels import KEPT_OTHER
from segmint.wording import percent, quoted, shorten, some_named, some_of

WORTH_WARNING = 0.05  # of the rows with a level that training did not know
EMPTIED = 0.5  # of the rows, by which a column is emptier than in training
SHOWN = 3
NAMED = 8
LONGEST = 40
_KEPT = 1_000  # levels that are told apart: a column of names must not fill the memory


class Unread:
    """What the columns of a wave do not tell a network, counted batch after batch.

    Parameters
    ----------
    columns : sequence of Column
        The features; those that a batch lacks are left out.
    reference : dict
        From `reference_of`, of the bundle that is to read the wave; a column that it does not know is not judged.
    """

    def __init__(self, columns: Sequence[Column], reference: Mapping[str, Any]) -> None:
        self._rows = int(reference.get("rows", 0))
        known = {told["name"]: told for told in reference.get("columns", ())}
        self._columns = [_Column(column, known[column.name], self._rows) for column in columns if column.name in known]

    def add(self, frame: pl.DataFrame) -> None:
        """Look at typed rows, as in a `ValidTable`."""
        for column in self._columns:
            if column.name in frame.columns:
                column.add(frame[column.name])

    @property
    def doubts(self) -> tuple[str, ...]:
        """A sentence, without "warning", for each column that says little.

        That is one of which at least 5 % of the rows, and ten, have a level that training did not know, or of which half of
        the rows more than in training are empty. A level is shown if ten rows have it.
        """
        return tuple(said for _, said in self.doubts_of_columns)

    @property
    def doubts_of_columns(self) -> tuple[tuple[str, str], ...]:
        """The same, each behind the name of its column."""
        return tuple(
            (column.name, said) for column in self._columns for said in (column.strange_said, column.empty_said) if said
        )


class _Column:
    def __init__(self, column: Column, told: Mapping[str, Any], rows: int) -> None:
        self.name = column.name
        levels = told.get("levels") or {}
        # a reference counts each customer's last row: earlier ones may have had any level of the contract
        self.known = column.allowed or tuple(level for level in levels if level != KEPT_OTHER)
        self._is_category = column.kind == "category"
        # without levels in the contract, as many as were pooled may have such a level again
        pooled = 0 if column.allowed else int(levels.get(KEPT_OTHER, 0))
        self._usual = pooled / max(rows, 1)
        self._was_missing = float(told["missing_share"])
        self._rows = self._missing = self._strange = 0
        self._levels = pl.DataFrame(schema={"level": pl.String, "rows": pl.UInt64})

    def add(self, series: pl.Series) -> None:
        values = series.drop_nulls()
        self._rows += len(series)
        self._missing += len(series) - len(values)
        if self._is_category and len(values):
            strange = values.filter(~values.is_in(pl.Series(self.known, dtype=pl.String).implode()))
            self._strange += len(strange)
            self._levels = _most_frequent(pl.concat([self._levels, _counted(strange)]))

    @property
    def strange_said(self) -> str:
        share = self._strange / max(self._rows, 1)
        if self._strange < FEWEST_TOGETHER or share - self._usual < WORTH_WARNING:
            return ""
        have = some_of(self._strange, self._rows, "rows", "has", "have")
        first = self._levels.head(SHOWN).iter_rows()
        often = [shorten(level, LONGEST) for level, rows in first if rows >= FEWEST_TOGETHER]
        such_as = f", such as {quoted(often)}" if often else ""
        return (
            f"{have} a level of '{self.name}' that training did not know{such_as} (it knew {_named(self.known)}): "
            "for these the column says nothing; check how the table writes it"
        )

    @property
    def empty_said(self) -> str:
        share = self._missing / max(self._rows, 1)
        if self._missing < FEWEST_TOGETHER or share - self._was_missing < EMPTIED:
            return ""
        have = some_of(self._missing, self._rows, "rows", "has", "have")
        return f"{have} no '{self.name}'; in training {percent(self._was_missing)} had none: check the table"


def _counted(values: pl.Series) -> pl.DataFrame:
    told = values.alias("level").value_counts(name="rows")
    return told.cast({"level": pl.String, "rows": pl.UInt64})


def _most_frequent(told: pl.DataFrame) -> pl.DataFrame:
    """Add up the rows of each level and keep the most frequent, ties by name."""
    summed = told.group_by("level").agg(pl.col("rows").sum())
    return summed.sort(["rows", "level"], descending=[True, False]).head(_KEPT)


def _named(levels: Sequence[str]) -> str:
    if not levels:
        return "none that ten customers had"
    if len(levels) <= NAMED + 1:
        return quoted(levels)
    return some_named([f"'{level}'" for level in levels], NAMED)
