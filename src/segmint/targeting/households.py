"""Customers who share a household, or a firm: of whom only one is called."""

from __future__ import annotations

import polars as pl

from segmint.contract.counts import count_values
from segmint.contract.ids import bare_ids, in_small_letters, small_letters
from segmint.contract.no_value import MISSING_WORDS, NO_ANSWER
from segmint.errors import PolicyError
from segmint.wording import Said, Term

MANY = 50  # customers who share one value: hardly a household, and more likely what stands where there is none
MOST = 0.5
_NOTHING = small_letters(pl.Series(["0", *MISSING_WORDS, *NO_ANSWER])).unique()  # as systems write that there is none


def households_of(column: str, columns: pl.DataFrame) -> pl.Series:
    """Name each customer's household, by the spellings of ids that meet in small letters; null where there is none.

    Parameters
    ----------
    column : str
        `policy.one_per`.
    columns : polars.DataFrame of n_customers rows

    Returns
    -------
    polars.Series of String, shape (n_customers,)

    Raises
    ------
    PolicyError
        If the table lacks the column.
    """
    if column not in columns.columns:
        raise PolicyError(
            f"The policy names a column '{column}' that the table does not have.",
            expected="a column that customers of a household share",
            fix=Said("correct ", Term("policy.one_per")),
        )
    shared = in_small_letters(bare_ids(columns[column]))
    return shared.set(shared.is_in(_NOTHING.implode()).fill_null(False), None)


def share_with(households: pl.Series, found: pl.Series) -> pl.Series:
    """Tell who is not `found`, and of one household with somebody who is."""
    theirs = households.filter(found).drop_nulls()
    return households.is_in(theirs.implode()).fill_null(False) & ~found


def crowded(column: str, households: pl.Series) -> str:
    """Say that so many customers share a value that it is hardly a household; "" where they do not.

    Parameters
    ----------
    column : str
        `policy.one_per`.
    households : polars.Series of shape (n_customers,)
        Of those who may be called, each customer once.
    """
    counts = count_values(households.drop_nulls(), sort=True)
    off = sum(counts.values()) - len(counts)
    value, most = next(iter(counts.items()), ("", 0))
    if most < MANY and off <= MOST * len(households):
        return ""
    # a value of few customers may name one of them
    example = f"; {most:,} customers share '{value}'" if most >= MANY else ""
    return Said(
        f"'{column}' keeps {off:,} of {len(households):,} customers off, as another with the same value is called or held out"
        f"{example}; name as ",
        Term("policy.one_per"),
        " a column that only people of one household or firm share, empty where there is none",
    )
