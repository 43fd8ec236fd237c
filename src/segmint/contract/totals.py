"""Rows of totals below a table, as exports and workbooks write them: they are no customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from segmint.contract.cells import number_cells, rows_as_text
from segmint.contract.ledger import TOTAL_ROW
from segmint.contract.no_value import MISSING_WORDS
from segmint.tables.decimal_sign import decimal_of
from segmint.tables.rejects import Reject, raw_text
from segmint.tables.table_source import BATCH, JSON, RawBatch, TableSource

LAST_ROWS = 5  # where totals stand
_FEWEST = 10  # rows above; the sum of a few is a customer's number by chance
_SUMS = (
    "summe", "gesamt", "gesamtsumme", "endsumme", "zwischensumme", "insgesamt", "total", "totals", "sum", "subtotal",
    "sub total", "grand total", "total general", "total général", "sous total", "somme", "totale", "totaal", "suma", "soma",
    "razem", "total geral", "suma total",
)  # fmt: skip
_MEANS = (
    "mittelwert", "durchschnitt", "mittel", "mean", "average", "avg", "moyenne", "media", "média", "promedio", "gemiddelde",
    "średnia",
)  # fmt: skip
_NOTHING = ("", *MISSING_WORDS)


@dataclass
class _Column:
    """What stands in a column above the last rows: sum, count and size of its numbers, and whether a word for totals does."""

    total: float = 0.0
    count: int = 0
    largest: float = 0.0
    words: set[str] = field(default_factory=set)

    def add(self, numbers: pl.Series, words: pl.Series) -> None:
        known = numbers.drop_nulls()
        self.total += float(known.sum())
        self.count += len(known)
        self.largest = max(self.largest, float(known.abs().max() or 0.0))  # type: ignore[arg-type]
        self.words.update(words.drop_nulls().unique())

    def has_sum(self, number: float) -> bool:
        """Whether a number is the sum of more than one, up to rounding."""
        rounded = 0.51 if number.is_integer() and abs(number) >= 100 else 0.006
        return abs(number) > self.largest > 0 and abs(number - self.total) <= max(rounded, 1e-6 * abs(self.total))

    def has_mean(self, number: float) -> bool:
        mean = self.total / self.count if self.count else 0.0
        return mean != 0 and abs(number - mean) <= max(0.006, 1e-3 * abs(mean))


@dataclass
class _Above:
    """The rows above the last ones, column by column."""

    receipt: Mapping[str, JSON]
    rows: int = 0
    columns: dict[str, _Column] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame) -> None:
        self.rows += frame.height
        for column in frame.iter_columns():
            self.columns.setdefault(column.name, _Column()).add(self.numbers(column), _total_words(column))

    def numbers(self, column: pl.Series) -> pl.Series:
        if column.dtype != pl.String and not column.dtype.is_numeric():
            return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(column))
        comma = decimal_of(self.receipt, column.name, [column.name]) == "comma"
        return number_cells(column, _NOTHING, "comma" if comma else "point").values


def batches_of_customers(source: TableSource, size: int = BATCH, id_column: str | None = None) -> Iterator[RawBatch]:
    """Read a table as `TableSource.batches` does, and reject the rows below it that are surely totals.

    Only where one of the last rows of a batch calls itself a total is the table read once more, to be sure.
    """
    totals: dict[int, bool] | None = None
    for batch in source.batches(size):
        if totals is None and _calls_itself_total(batch.frame):
            totals = find_totals(source.batches(), source.receipt, id_column)
        sure = [record for record, certain in (totals or {}).items() if certain]
        yield _rejecting(batch, sure, str(source.receipt.get("delimiter", ",")))


def find_totals(
    batches: Iterable[RawBatch], receipt: Mapping[str, JSON], id_column: str | None = None
) -> dict[int, bool]:
    """Find the rows of totals among the last rows of a table.

    Parameters
    ----------
    batches : iterable of RawBatch
        Of the whole table.
    receipt : mapping
        How the table is read.
    id_column : str, optional
        The column of the customers' ids, where that is known.

    Returns
    -------
    dict of int to bool
        By record number whether it is certain: the row calls itself a total by a word that its column has nowhere else,
        and holds the sum of a column, or next to nothing. A row of next to nothing but one of the two is likely a total.
    """
    above, last, records = _Above(receipt), pl.DataFrame(), np.empty(0, dtype=np.int64)
    for batch in batches:
        rows = pl.concat([last, batch.frame], how="vertical_relaxed") if last.width else batch.frame
        above.add(rows.head(max(0, rows.height - LAST_ROWS)))
        last, records = rows.tail(LAST_ROWS), np.concatenate([records, batch.records])[-LAST_ROWS:]
    rows_apart = [last[place : place + 1] for place in range(last.height)]
    asked = [bool(_words(row)) or _is_mostly_empty(row) for row in rows_apart]
    above.add(last.filter(pl.Series(asked, dtype=pl.Boolean).not_()))
    found = {}
    for record, row, is_asked in zip(records, rows_apart, asked, strict=True):
        certain = _judge(row, above, id_column) if is_asked and above.rows >= _FEWEST else None
        if certain is not None:
            found[int(record)] = certain
    return found


def may_end_with_totals(frame: pl.DataFrame) -> bool:
    """Whether `find_totals` has a reason to look at the last rows of a table, which most give none for."""
    last = frame.tail(LAST_ROWS)
    return any(_total_words(column).count() for column in last.iter_columns()) or any(
        _is_mostly_empty(last[place : place + 1]) for place in range(last.height)
    )


def _judge(row: pl.DataFrame, above: _Above, id_column: str | None) -> bool | None:
    """Whether a row is surely a total, likely one (False), or none (None)."""
    words = _words(row)
    named = any(word not in above.columns[name].words for name, word in words.items())
    numbers = [(above.columns[column.name], above.numbers(column)[0]) for column in row.iter_columns()]
    numbers = [(column, number) for column, number in numbers if number is not None]
    sums = [column.has_sum(number) for column, number in numbers]
    told = [column.has_sum(number) or column.has_mean(number) or number == above.rows for column, number in numbers]
    alone = len(_filled(row)) == len(words) + len(numbers)
    bare = alone and _is_mostly_empty(row)
    if named and (any(sums) or (alone and set(words.values()) <= set(_MEANS) and all(told))):
        return True
    if named and bare and (all(told) or id_column in words):
        return True
    return False if bare and (named or any(sums)) else None


def _calls_itself_total(frame: pl.DataFrame) -> bool:
    """Whether one of the last rows has a word for totals that stands nowhere above it."""
    split = max(0, frame.height - LAST_ROWS)
    for column in frame.iter_columns():
        last = column.tail(LAST_ROWS)
        named = last.filter(_total_words(last).is_not_null())
        if any(not (column.head(split) == text).any() for text in named):
            return True
    return False


def _words(row: pl.DataFrame) -> dict[str, str]:
    """Name the columns in which a row calls itself a total, with the word."""
    found = {column.name: _total_words(column)[0] for column in row.iter_columns()}
    return {name: word for name, word in found.items() if word is not None}


def _total_words(column: pl.Series) -> pl.Series:
    """Find the cells that name a sum or a mean, however that is written ("Total général:"); null for all others."""
    if column.dtype != pl.String:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
    plain = column.str.to_lowercase().str.replace_all(r"[^\p{L}]+", " ").str.strip_chars()
    return plain.set(~plain.is_in([*_SUMS, *_MEANS]), None)


def _filled(row: pl.DataFrame) -> list[str]:
    """List the cells of a row that hold something."""
    return [text for text in ((text or "").strip() for text in rows_as_text(row)[0]) if text not in _NOTHING]


def _is_mostly_empty(row: pl.DataFrame) -> bool:
    return 2 * len(_filled(row)) < row.width


def _rejecting(batch: RawBatch, totals: Sequence[int], delimiter: str) -> RawBatch:
    there = np.isin(batch.records, totals)
    if not there.any():
        return batch
    mask = pl.Series(there)
    rejects = [
        Reject(int(record), TOTAL_ROW, "The row holds totals of the table.", raw_text(row, delimiter))
        for record, row in zip(batch.records[there], rows_as_text(batch.frame.filter(mask)), strict=True)
    ]
    return replace(
        batch,
        frame=batch.frame.filter(~mask),
        records=batch.records[~there],
        rejects=tuple(sorted([*batch.rejects, *rejects], key=lambda reject: reject.record)),
    )
