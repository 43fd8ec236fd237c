"""Results beside the customers of a table: whose each row is, and which were made before the day of its list."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import polars as pl

from segmint.contract.ids import IdMatch, bare_ids, match_ids
from segmint.monitoring.early import Early, made_before


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
    """

    named: pl.Series
    match: IdMatch
    known: pl.Series
    early: Early

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
    dated = results.drop(customer, *others, strict=False)
    return MetResults(named, match, known, made_before(dated, "result", since, known=known, today=today))
