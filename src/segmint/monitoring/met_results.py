"""Results beside the customers of a table: whose each row is, and which were made before the day of its list."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import polars as pl

from segmint.contract.ids import IdMatch, bare_ids, match_ids
from segmint.monitoring.early import Early, made_before
from segmint.wording import counted


class MetResults(NamedTuple):
    """The results that came back, held against the customers of a table.

    Attributes
    ----------
    named : polars.Series of String, shape (n_results,)
        The id of each result as `bare_ids` writes it; called `_named`.
    match : IdMatch
        Which customers they name.
    known : polars.Series of Boolean, shape (n_results,)
        Whether each is of a customer of the table.
    early : Early
        Which are of before the day of the list.
    again : polars.Series of Boolean, shape (n_results,)
        Which repeat an earlier row in every column, a date among them: no call or answer of their own.
    """

    named: pl.Series
    match: IdMatch
    known: pl.Series
    early: Early
    again: pl.Series

    @property
    def aside(self) -> pl.Series:
        """Which results are no answer: of before the list, or a row that stands there already."""
        return self.early.rows | self.again

    @property
    def repeated(self) -> int:
        """How many results of customers of the table, since the list, repeat another."""
        return int((self.again & self.known & ~self.early.rows).sum())

    @property
    def pairs(self) -> pl.DataFrame:
        """The ids of the results beside those of the table: `_named` and `_key`."""
        return self.match.pairs.select(_named="named", _key="known")

    @property
    def unnamed(self) -> int:
        """How many results have no id."""
        return self.named.null_count()

    @property
    def strangers(self) -> int:
        """How many results name somebody who is not in the table."""
        return len(self.named) - self.unnamed - self.early.known


def meet(
    results: pl.DataFrame, customer: str, keys: pl.Series, *others: str, since: date | None, today: date | None
) -> MetResults:
    """Find whose results there are.

    Parameters
    ----------
    results : polars.DataFrame
    customer : str
        The column that says whose each row is.
    keys : polars.Series of String
        The customers of the table, as `bare_ids` writes them.
    *others : str
        Further columns that hold no date.
    since, today : datetime.date or None
        As in `made_before`.
    """
    named = bare_ids(results[customer]).alias("_named")
    match = match_ids(named, keys)
    known = named.is_in(match.pairs["named"].implode()).fill_null(False)
    early = made_before(results.drop(customer, *others, strict=False), "result", since, known=known, today=today)
    return MetResults(named, match, known, early, _again(results) & early.days.is_not_null())


def _again(results: pl.DataFrame) -> pl.Series:
    """Mark rows that are equal to one before them in every column."""
    return ~results.select(pl.struct(pl.all()).is_first_distinct()).to_series()


def say_repeated(repeated: int) -> str:
    """Say that results which repeat another in every column count once with it; "" for none."""
    if not repeated:
        return ""
    rows = counted(
        repeated,
        "result repeats another in every column, its date too, and is",
        "results repeat another in every column, its date too, and are",
    )
    return f"{rows} not counted again: where these are calls of their own, export their time of day or number too."
