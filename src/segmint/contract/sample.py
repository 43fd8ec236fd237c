"""The rows that a draft looks at: all of a small table; of a large one some, spread over the whole of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.draft_outcome import SAMPLE_ROWS
from segmint.contract.ledger import TOTAL_ROW
from segmint.contract.totals import LAST_ROWS, find_totals, may_end_with_totals
from segmint.errors import ContractError
from segmint.progress import Progress
from segmint.tables.table_source import NoRowsError, TableSource

_TOGETHER = 16  # records, kept or left out together: the rows of one customer often follow each other


@dataclass(frozen=True)
class Sample:
    """Rows of a table.

    Attributes
    ----------
    frame : polars.DataFrame of shape (n_rows, n_columns)
        In the order of the table, without totals below it; the same rows each time it is read.
    rows : int
        Of the whole table.
    doubts : tuple of str
        What is none of a customer's, in words.
    """

    frame: pl.DataFrame
    rows: int
    doubts: tuple[str, ...]

    @property
    def looked_at(self) -> str:
        """Say how many rows these are; "" if they are all."""
        few = self.frame.height
        return f"looked at {few:,} of {self.rows:,} rows, spread over the whole table" if few < self.rows else ""


def sample_of(source: TableSource, progress: Progress) -> Sample:
    """Read a table to its end, and keep at most `SAMPLE_ROWS` rows: exports are sorted by wave, branch or opening date.

    Raises
    ------
    ContractError
        If no row can be read.
    """
    # with room for totals, which are found at the end
    drawn, end = _Drawn(SAMPLE_ROWS + LAST_ROWS), list[pl.DataFrame]()
    rows, unread = 0, Counter[str]()
    for batch in source.batches():
        rows += batch.frame.height
        end = [pl.concat([*end, batch.frame.tail(LAST_ROWS)], how="vertical_relaxed").tail(LAST_ROWS)]
        # "The record has more fields than the header has names." "The row holds no value."
        details = (reject.detail.removeprefix("The record has ") for reject in batch.rejects)
        unread.update(detail.removeprefix("The row holds ").rstrip(".") for detail in details)
        drawn.add(batch.frame, batch.records)
        progress(f"reading {source.name}", batch.done, source.size)
    lost = unread.total()
    words = "; ".join(f"{count:,} with {why}" for why, count in unread.most_common())
    if not rows and not lost:
        raise NoRowsError(f"'{source.name}' has no rows.", source.columns, fix="check the export")
    if not rows:
        raise ContractError(
            f"None of the {lost:,} rows of '{source.name}' can be read: {words}.",
            expected="rows with one field for each name of the header, and a value in some of them",
            fix="check the export"
            if set(unread) == {"no value"}
            else "make header and rows alike (does each row end in a delimiter, and the header does not?)",
        )
    totals = find_totals(source.batches(), source.receipt) if may_end_with_totals(end[0]) else {}
    frame, records = drawn.joined()
    customers = ~np.isin(records, list(totals))
    frame, _ = _fewer(frame.filter(pl.Series(customers)), records[customers], SAMPLE_ROWS)
    told = f"{lost:,} of {lost + rows:,} rows cannot be read and say nothing here: {words}" if lost else ""
    doubts = (told, *(_total_told(record, certain=certain) for record, certain in totals.items()))
    return Sample(frame, rows - len(totals), doubts)


@dataclass
class _Drawn:
    """The rows of the lowest lots so far; cut to `most` only when they are twice as many, as a cut copies all of them."""

    most: int
    frames: list[pl.DataFrame] = field(default_factory=list)
    records: list[NDArray[np.int64]] = field(default_factory=list)
    highest: int = np.iinfo(np.uint64).max

    def add(self, frame: pl.DataFrame, records: NDArray[np.int64]) -> None:
        low = _lots(records) <= self.highest
        self.frames.append(frame.filter(pl.Series(low)))
        self.records.append(records[low])
        if sum(map(len, self.records)) > 2 * self.most:
            frame, records = _fewer(*self.joined(), self.most)
            self.frames, self.records, self.highest = [frame], [records], int(_lots(records).max())

    def joined(self) -> tuple[pl.DataFrame, NDArray[np.int64]]:
        return pl.concat(self.frames, how="vertical_relaxed"), np.concatenate(self.records)


def _fewer(frame: pl.DataFrame, records: NDArray[np.int64], most: int) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Keep at most so many rows, those of the lowest lots."""
    if frame.height <= most:
        return frame, records
    kept = np.sort(np.argsort(_lots(records), kind="stable")[:most])
    return frame[kept], records[kept]


def _lots(records: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Draw lots that hang on nothing but the numbers of the records."""
    return pl.Series(records // _TOGETHER).hash(seed=0).to_numpy()


def _total_told(record: int, *, certain: bool) -> str:
    looks = f"row {record:,}, at the end, looks like totals of the table, and says nothing here"
    return f"{looks}: it is rejected as {TOTAL_ROW}" if certain else f"{looks}: if it is no customer, take it out"
