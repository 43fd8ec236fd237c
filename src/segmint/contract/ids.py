"""Customer ids as every join compares them."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from segmint.contract.cells import whole_as_text
from segmint.tables.formulas import unguarded
from segmint.wording import counted

# as pandas and spreadsheets write the whole numbers of a half-empty column, and large ones
_WHOLE, _EXPONENT = r"^([0-9]+)[.,]0{1,2}$", r"^[0-9]([.,][0-9]+[eE]\+?|[eE]\+)[0-9]+$"
_ZEROS = "^0+([0-9]+)$"


def bare_ids(ids: pl.Series) -> pl.Series:
    """Write ids as text without what files put around them: white space, and the ``'`` that keeps formulas away.

    Parameters
    ----------
    ids : polars.Series of shape (n_customers,)
        Text or whole numbers.

    Returns
    -------
    polars.Series of String, shape (n_customers,)
        Null where nothing is left.

    Raises
    ------
    ContractError
        If ids came as floating point numbers too large to keep every digit.
    """
    bare = unguarded(whole_as_text(ids, ids.name).str.strip_chars()).str.strip_chars()
    return bare.set((bare == "").fill_null(False), None).alias(ids.name)


def same_ids(named: pl.Series, known: pl.Series) -> pl.DataFrame:
    """Find the ids of a table that another file names, however a spreadsheet wrote them there.

    ``1001.0`` is 1001 in either. An id that the table does not have is every one that differs by zeros before it alone:
    a spreadsheet drops them.

    Parameters
    ----------
    named, known : polars.Series of String
        As `bare_ids` writes them.

    Returns
    -------
    polars.DataFrame
        named and known, a row for each pair; an id that nobody has is in none.
    """
    there = _spelled(named, "named")
    here = _spelled(known, "known")
    exact = there.join(here, on="whole")
    digits = pl.col("whole").str.contains("^[0-9]+$")
    bare = pl.col("whole").str.replace(_ZEROS, "${1}")
    lost = there.join(here, on="whole", how="anti").filter(digits).with_columns(whole=bare)
    short = lost.join(here.filter(digits).with_columns(whole=bare), on="whole") if lost.height else lost.clear()
    pairs = [part.select("named", "known") for part in (exact, short) if part.height]
    return pl.concat(pairs) if pairs else pl.DataFrame(schema={"named": pl.String, "known": pl.String})


def are_among(customers: pl.Series, others: pl.Series) -> pl.Series:
    """Tell which customers are named in another file, as `same_ids` compares them."""
    return customers.is_in(same_ids(others, customers)["known"].implode()).fill_null(False)


class IdMatch(NamedTuple):
    """The customers that another file names."""

    pairs: pl.DataFrame  # named and known, where an id can be that of one customer only
    unclear: set[str]  # ids without their zeros that could be those of several customers
    by_zeros: int  # rows of the file that found their customer only without the zeros before an id

    def theirs(self, ids: pl.Series) -> pl.Series:
        """Return the table's id for each of the file's `ids`, null where the table has none or it is unclear which."""
        alike_first = self.pairs.sort(self.pairs["named"] == self.pairs["known"], descending=True, maintain_order=True)
        one = alike_first.unique("named", keep="first")
        return ids.replace_strict(one["named"], one["known"], default=None, return_dtype=pl.String).alias(ids.name)

    def said(self, what: str, of: str = "") -> tuple[str, ...]:
        """Say what became of ids that lost the zeros before them; `what` are the rows `of` the file."""
        rows, unclear = self.by_zeros, len(self.unclear)
        matched = f"{counted(rows, what)}{of} {'was' if rows == 1 else 'were'} matched although the ids differ by zeros before them."
        dropped = (
            f"{counted(unclear, 'id')}{of} without the zeros before could be of several customers: taken for none."
        )
        return (matched,) * (rows > 0) + (dropped,) * (unclear > 0)


def match_ids(named: pl.Series, known: pl.Series) -> IdMatch:
    """Find the ids of a table that another file names, as `same_ids` compares them, each the id of one customer."""
    every = same_ids(named, known)
    pairs = every.filter(~(every["named"].is_duplicated() & matched_by_zeros(every)))
    return IdMatch(pairs, set(every["named"]) - set(pairs["named"]), rows_by_zeros(named, pairs))


def rows_by_zeros(ids: pl.Series, pairs: pl.DataFrame) -> int:
    """Count the rows whose ids found their customer only without the zeros before them."""
    return int(ids.is_in(pairs.filter(matched_by_zeros(pairs))["named"].implode()).sum())


def matched_by_zeros(pairs: pl.DataFrame) -> pl.Series:
    """Tell which pairs of `same_ids` differ by the zeros before them."""
    return without_point_zero(pairs["named"]) != without_point_zero(pairs["known"])


def without_point_zero(ids: pl.Series) -> pl.Series:
    """Write ids that are whole numbers without the ``.0`` that files put behind them."""
    return ids.str.replace(_WHOLE, "${1}")


def without_zeros(ids: pl.Series) -> pl.Series:
    """Write ids that are whole numbers without what spreadsheets add behind and drop before them: 0017 and 17.0 are 17."""
    return without_point_zero(ids).str.replace(_ZEROS, "${1}")


def lost_digits(ids: pl.Series) -> pl.Series:
    """Tell which ids a spreadsheet wrote with an exponent, as 1.001E+03: their last digits may be gone."""
    return ids.str.contains(_EXPONENT).fill_null(False)


def _spelled(ids: pl.Series, name: str) -> pl.DataFrame:
    ids = ids.drop_nulls().unique().alias(name)
    return pl.DataFrame([ids, without_point_zero(ids).alias("whole")])
