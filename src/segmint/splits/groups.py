"""Which rows belong together, and a fingerprint of each row, both blind to the order of the rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Known
from segmint.contract.contract import Contract
from segmint.contract.ids import bare_ids, in_small_letters
from segmint.contract.valid_table import ValidTable

_KEY = b"segmint row"
MOST_LINKED = 0.2
# A column with another value in more of the rows than this numbers them.
NUMBERS_ROWS = 0.95
_SEPARATOR, _NO_VALUE = "\x1f", "\x00"


@dataclass(frozen=True)
class RowIdentity:
    """Who is who in a table: costly to find out, so it is found out once and handed on.

    Attributes
    ----------
    keys : ndarray of shape (n_customers,)
        See `row_keys`.
    groups : ndarray of shape (n_customers,)
        See `row_groups`.
    """

    keys: NDArray[np.uint64]
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, table: ValidTable) -> RowIdentity:
        """Find out."""
        return cls(row_keys(table), row_groups(table))


def digest_of(*parts: NDArray[np.uint64], after: hashlib.blake2b | None = None) -> hashlib.blake2b:
    """Fingerprint sets of rows by their keys, on top of those `after` has seen: what remembered work is asked for by."""
    digest = hashlib.blake2b(digest_size=16) if after is None else after.copy()
    for keys in parts:
        digest.update(keys.tobytes() + b"/")
    return digest


def row_keys(table: ValidTable) -> NDArray[np.uint64]:
    """Fingerprint the canonical text of each row as it came, every column of the file counting.

    Parameters
    ----------
    table : ValidTable

    Returns
    -------
    ndarray of shape (n_customers,)
        The first 64 bits of a keyed BLAKE2b hash. Equal rows have equal keys; the order of rows and
        columns, and whether a number came as ``58`` or ``58.0``, make no difference.
    """
    return _hashed(_canonical_text(table.raw, sorted(table.raw.columns)))


def row_groups(table: ValidTable) -> NDArray[np.int64]:
    """Find the rows that must stay together: one customer, or customers nobody could tell apart.

    Parameters
    ----------
    table : ValidTable

    Returns
    -------
    ndarray of shape (n_customers,)
        Rows share a number if they share the id, or are equal in every column of the file except the id, the outcome,
        columns known only after the call and those that number the rows and teach nobody, or are linked by a chain of
        such pairs. Where such chains would
        hold more than a fifth of the table together, which no fold could, ids alone decide. Which number a group gets
        carries no meaning.
    """
    contract = table.contract
    left_out = {contract.outcome.column, contract.id_column}
    left_out |= {column.name for column in contract.columns if column.known == "after_call"}
    left_out |= _row_numbers(table)
    looks = _canonical_text(table.raw, sorted(set(table.raw.columns) - left_out))
    alike = _numbered(looks)
    if table.ids is None:
        return alike
    same_id = _numbered_ids(bare_ids(table.ids))
    linked = _linked(alike, same_id)
    return same_id if _largest(linked) > MOST_LINKED >= _largest(same_id) else linked


def row_customers(table: ValidTable) -> NDArray[np.int64]:
    """Number the customers by their ids alone; look-alikes without an id are customers of their own.

    Parameters
    ----------
    table : ValidTable

    Returns
    -------
    ndarray of shape (n_rows,)
        Rows of one customer share a number.
    """
    return np.arange(len(table)) if table.ids is None else _numbered_ids(bare_ids(table.ids))


def groups_among(table: ValidTable, groups: NDArray[np.int64], others: ValidTable) -> NDArray[np.int64]:
    """Find the group of each row of another table.

    Parameters
    ----------
    table : ValidTable
    groups : ndarray of shape (n_customers,)
        See `row_groups`.
    others : ValidTable
        Of the same contract and moment.

    Returns
    -------
    ndarray of shape (n_others,)
        That of the row of `table` with the same id or, where one of them has no ids, with the same features; -1 for who is
        not there.
    """
    by_id = table.ids is not None and others.ids is not None
    known, asked = (_spelled(each, by_id=by_id) for each in (table, others))
    one = pl.DataFrame({"name": known, "group": groups}).drop_nulls().unique("name", keep="first", maintain_order=True)
    found = asked.to_frame("name").join(one, on="name", how="left", maintain_order="left")["group"]
    return found.fill_null(-1).to_numpy().astype(np.int64)


def _spelled(table: ValidTable, *, by_id: bool) -> pl.Series:
    if by_id and table.ids is not None:
        return in_small_letters(bare_ids(table.ids))
    return _canonical_text(table.inputs, sorted(table.inputs.columns))


def last_rows(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of each group's last row, in order."""
    from_the_end = np.unique(groups[::-1], return_index=True)[1]
    return np.sort(groups.size - 1 - from_the_end).astype(np.int64)


def names_of(table: ValidTable) -> pl.Series:
    """Name each row by the customer's id, or where the contract has none by how the customer looked before the call.

    Parameters
    ----------
    table : ValidTable

    Returns
    -------
    polars.Series of String, shape (n_customers,)
        Without ids the columns known when the campaign is planned, written as one text, as they are the same whenever
        the customer is looked at. The outcome is left out: what is known of it must not decide who is taken for whom.
    """
    return table.ids if table.ids is not None else looks_of(table.frame, table.contract, table.at)


def looks_of(frame: pl.DataFrame, contract: Contract, at: Known) -> pl.Series:
    """Write how each customer looked before the call, as `names_of` does where there are no ids."""
    columns = contract.features("planning") or contract.features(at)
    return _canonical_text(frame, sorted(column.name for column in columns if column.name in frame.columns))


def _row_numbers(table: ValidTable) -> set[str]:
    """Name the columns that no model reads and that are another in nearly every row: an index tells no customers apart."""
    read = {column.name for column in table.contract.features(table.at)}
    unread = [name for name in table.raw.columns if name not in read]
    return {name for name in unread if table.raw[name].n_unique() > NUMBERS_ROWS * len(table)}


def _largest(groups: NDArray[np.int64]) -> float:
    """Share of the rows that the largest group holds."""
    return float(np.bincount(groups).max() / groups.size) if groups.size else 0.0


def _canonical_text(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """Write each row as one text; numbers without a needless ``.0``, an empty text as no value."""
    if not columns:
        return pl.Series([""] * frame.height, dtype=pl.String)
    texts = [
        pl.col(name).cast(pl.String).str.strip_suffix(".0").replace("", None).fill_null(_NO_VALUE) for name in columns
    ]
    return frame.select(pl.concat_str(texts, separator=_SEPARATOR).alias("row"))["row"]


def _hashed(texts: pl.Series) -> NDArray[np.uint64]:
    digests = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=_KEY).digest() for text in texts
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _numbered(texts: pl.Series) -> NDArray[np.int64]:
    return texts.rank("dense").to_numpy().astype(np.int64) - 1


def _numbered_ids(ids: pl.Series) -> NDArray[np.int64]:
    """Give each id a number; customers without one are strangers to each other."""
    numbers = ids.rank("dense").cast(pl.Int64)
    strangers = pl.int_range(len(ids), eager=True) + len(ids) + 1
    return np.unique(numbers.fill_null(strangers).to_numpy(), return_inverse=True)[1].astype(np.int64)


def _linked(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Merge two groupings: the connected components of groups that share a row."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not first.size:
        return first
    offset = int(first.max()) + 1
    nodes = offset + int(second.max()) + 1
    edges = coo_array((np.ones(first.size, dtype=np.int8), (first, second + offset)), shape=(nodes, nodes))
    component: NDArray[np.int64] = connected_components(edges, directed=False)[1][first].astype(np.int64)
    return component
