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
# what spreadsheets, editors and web pages leave around ids: apostrophes and quotes of any kind, and signs that nobody sees
_QUOTES = r"'\"`´‘’‚‛“”„‟«»‹›′″ʼ＇＂｀"
_MARKS = rf"{_QUOTES}\s\p{{Cc}}\p{{Cf}}"
_AROUND = rf"^[{_MARKS}]+(=[{_MARKS}]+)?|^=[{_MARKS}]+|[{_MARKS};,]+$"  # inside they part two ids: nobody's
_NOTHING = rf"^[{_MARKS}]*=?[{_MARKS};,]*$"
_PLAIN = r"^[0-9A-Za-z_./:+@-]*$"  # nearly all ids, which need no second look
_EDGES = r"^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$"


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
    return bare.set(bare.str.contains(_NOTHING).fill_null(False), None).alias(ids.name)


def without_id_told(bare: pl.Series) -> str:
    """Say how many rows have no id, of what `bare_ids` gave; "" where all have one or none has."""
    without = bare.null_count()
    if not 0 < without < len(bare):
        return ""
    what = "no customer id: they cannot be held against other lists or objections"
    return counted(without, f"row has {what.replace('they', 'it')}", f"rows have {what}")


def _unmarked(ids: pl.Series) -> pl.Series:
    """Take off what else files leave around ids: quotes, ``="…"``, signs that nobody sees, a separator behind."""
    if ids.str.contains(_PLAIN).all():
        return ids
    return ids.str.replace_all(_AROUND, "")


def same_ids(named: pl.Series, known: pl.Series) -> pl.DataFrame:
    """Find the ids of a table that another file names, however a spreadsheet wrote them there.

    ``1001.0`` is 1001 in either. An id that the table does not have is every one that differs by the marks around it alone
    (quotes, ``="…"``, a separator behind), and where there is none, by zeros before it too: a spreadsheet drops them. Where there
    is none either, by capitals too: an e-mail address is typed with or without.

    Parameters
    ----------
    named, known : polars.Series of String
        As `bare_ids` writes them.

    Returns
    -------
    polars.DataFrame
        named and known, a row for each pair; an id that nobody has is in none.
    """
    left, right = (
        ids.drop_nulls().unique().alias(name).to_frame().with_columns(spelled=pl.lit(None, pl.String))
        for ids, name in ((named, "named"), (known, "known"))
    )
    pairs = [pl.DataFrame(schema={"named": pl.String, "known": pl.String})]
    for spelled in (without_point_zero, without_marks, without_marks_and_zeros, in_small_letters):
        there, here = (each.with_columns(spelled=spelled(each.to_series())) for each in (left, right))
        if there.equals(left) and here.equals(right):  # as in the last round: nobody else is met
            continue
        met = there.join(here, on="spelled", how="left")
        pairs.append(met.filter(pl.col("known").is_not_null()).select("named", "known"))
        left, right = met.filter(pl.col("known").is_null()).select("named", "spelled"), here
        if left.is_empty():
            break
    return pl.concat(pairs)


def are_among(customers: pl.Series, others: pl.Series) -> pl.Series:
    """Tell which customers are named in another file, as `same_ids` compares them."""
    return customers.is_in(same_ids(others, customers)["known"].implode()).fill_null(False)


def name_somebody(ids: pl.Series, customers: pl.Series) -> pl.Series:
    """Tell which ids of another file are a customer's, as `same_ids` compares them."""
    return ids.is_in(same_ids(ids, customers)["named"].implode()).fill_null(False)


def may_be_among(customers: pl.Series, others: pl.Series) -> pl.Series:
    """Tell which customers another file may name: those of `are_among`, and who differs from one of them by zeros or capitals alone."""
    named = same_ids(others, customers)["known"]
    return small_letters(without_zeros(customers)).is_in(small_letters(without_zeros(named)).implode()).fill_null(False)


def unlike(ids: pl.Series, known: pl.Series) -> pl.Series:
    """Return those of `ids` that no id of a table is, and that are written as none of `known` is.

    Written otherwise are ids that begin with another kind of sign, or have other signs between letters and digits.
    """
    strange = _unmarked(ids.filter(~name_somebody(ids, known)).drop_nulls())
    return strange.filter(~_shape(strange).is_in(_shape(_unmarked(known.drop_nulls().unique())).implode()))


def shape_words(written: str) -> str:
    """Say what is peculiar in how an id is written, without a letter or digit of it: "begins with '#'"."""
    first = written[0]
    if not first.isalnum():
        return f"begins with {first!r}"
    signs = [sign for sign in written if not sign.isalnum()]
    return f"has {signs[0]!r}" if signs else f"begins with a {'digit' if first.isdigit() else 'letter'}"


def within_signs(ids: pl.Series) -> pl.Series:
    """Return what is left of ids without any sign before the first and behind the last letter or digit."""
    return ids.str.replace_all(_EDGES, "")


def _shape(ids: pl.Series) -> pl.Series:
    kind = ids.str.slice(0, 1).str.replace(r"\p{N}", "9").str.replace(r"\p{L}", "x")
    return kind + ids.str.replace_all(r"[\p{L}\p{N}]+", "")


class IdMatch(NamedTuple):
    """The customers that another file names."""

    pairs: pl.DataFrame  # named and known, where an id can be that of one customer only
    unclear: set[str]  # ids without their zeros or marks that could be those of several customers
    by_zeros: int  # rows of the file whose id has other zeros before it than the customer's, or other capitals

    def theirs(self, ids: pl.Series) -> pl.Series:
        """Return the table's id for each of the file's `ids`, null where the table has none or it is unclear which."""
        alike_first = self.pairs.sort(self.pairs["named"] == self.pairs["known"], descending=True, maintain_order=True)
        one = alike_first.unique("named", keep="first")
        return ids.replace_strict(one["named"], one["known"], default=None, return_dtype=pl.String).alias(ids.name)

    def said(self, what: str, of: str = "") -> tuple[str, ...]:
        """Say what became of ids that lost the zeros before them, or have other capitals; `what` are the rows `of` the file."""
        rows, unclear = self.by_zeros, len(self.unclear)
        matched = f"{counted(rows, what)}{of} {'was' if rows == 1 else 'were'} matched although the ids differ by zeros before them or by capitals."
        dropped = f"{counted(unclear, 'id')}{of} could be of several customers, but for zeros before, marks around or capitals: taken for none."
        return (matched,) * (rows > 0) + (dropped,) * (unclear > 0)


def match_ids(named: pl.Series, known: pl.Series) -> IdMatch:
    """Find the ids of a table that another file names, as `same_ids` compares them, each the id of one customer."""
    every = same_ids(named, known)
    spelled_alike = without_point_zero(every["named"]) == without_point_zero(every["known"])
    pairs = every.filter(spelled_alike | ~every["named"].is_duplicated())
    return IdMatch(pairs, set(every["named"]) - set(pairs["named"]), rows_by_zeros(named, pairs))


def rows_by_zeros(ids: pl.Series, pairs: pl.DataFrame) -> int:
    """Count the rows whose ids found their customer only by other zeros before them, or other capitals."""
    return int(ids.is_in(pairs.filter(matched_by_zeros(pairs))["named"].implode()).sum())


def matched_by_zeros(pairs: pl.DataFrame) -> pl.Series:
    """Tell which pairs of `same_ids` differ by the zeros before them, or by capitals."""
    return without_marks(pairs["named"]) != without_marks(pairs["known"])


def without_point_zero(ids: pl.Series) -> pl.Series:
    """Write ids that are whole numbers without the ``.0`` that files put behind them."""
    return ids.str.replace(_WHOLE, "${1}")


def without_zeros(ids: pl.Series) -> pl.Series:
    """Write ids that are whole numbers without what spreadsheets add behind and drop before them: 0017 and 17.0 are 17."""
    return without_point_zero(ids).str.replace(_ZEROS, "${1}")


def without_marks(ids: pl.Series) -> pl.Series:
    """Write ids without the marks around them and the ``.0`` behind: ``'0017.0`` is 0017."""
    return without_point_zero(_unmarked(ids))


def without_marks_and_zeros(ids: pl.Series) -> pl.Series:
    """Write ids without the marks around them and the zeros before them: ``'0017`` is 17."""
    return without_zeros(_unmarked(ids))


def in_small_letters(ids: pl.Series) -> pl.Series:
    """Write ids without marks, zeros before them and capitals: whoever is not told apart here may be one customer."""
    return small_letters(without_marks_and_zeros(ids))


def small_letters(ids: pl.Series) -> pl.Series:
    """Write texts so that capitals do not count."""
    return ids.str.to_uppercase().str.to_lowercase()  # ß and SS meet


def lost_digits(ids: pl.Series) -> pl.Series:
    """Tell which ids a spreadsheet wrote with an exponent, as 1.001E+03: their last digits may be gone."""
    return _unmarked(ids).str.contains(_EXPONENT).fill_null(False)
