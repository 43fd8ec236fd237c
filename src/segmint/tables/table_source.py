"""TableSource: a table that can be read again and again, in batches, with a receipt of how it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.errors import InputError
from segmint.tables.rejects import Reject

JSON: TypeAlias = "str | int | float | bool | list[JSON] | dict[str, JSON] | None"

TEXT, WORKBOOK = "delimited text", "Excel workbook"
"""The format, in a receipt, of a file whose first line holds the names of its columns."""
BATCH = 65_536
BATCH_CELLS = 1 << 21
# of rows: more than a sample has, and a matrix product of whole steps adds up each row in the same order
BATCH_STEP = 2_048
MAX_COLUMNS = 4_096


class NoRowsError(InputError):
    """A table that has a header and no rows.

    Parameters
    ----------
    came : str
    columns : sequence of str
        The names in the header.
    fix : str
    """

    def __init__(self, came: str, columns: Sequence[str], *, fix: str) -> None:
        self.columns = tuple(columns)
        super().__init__(came, expected="at least one row", fix=fix)


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file; None means: find out.

    Attributes
    ----------
    delimiter : str or None
        One character between fields of a text file.
    encoding : str or None
        Encoding of a text file: "utf-8", "cp1252", "utf-16", ...
    decimal : {"point", "comma"} or None
        How texts write decimals; a number of a workbook or frame is one already.
    sheet : str or None
        The sheet of a workbook.
    header_row : int or None
        The row of a workbook's sheet, or the line of a text file, that holds the column names; the first is 1.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    header_row: int | None = None

    def __post_init__(self) -> None:
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"delimiter must be one character. Got {self.delimiter!r} instead.")
        if self.decimal not in (None, "point", "comma"):
            raise ValueError(f"decimal must be 'point' or 'comma'. Got {self.decimal!r} instead.")


@dataclass(frozen=True)
class RawBatch:
    """Some rows as they came, and the records among them that could not be read.

    Attributes
    ----------
    frame : polars.DataFrame of shape (n_rows, n_file_columns)
        All columns of the source in its order. From text everything is String, so ids stay text.
    records : ndarray of shape (n_rows,)
        Record number of each row; the first record after the header is 1.
    rejects : tuple of Reject
        Records that are no rows.
    done : int
        How much of `TableSource.size` was read for this batch; of a text up to a block of bytes more than it holds, and
        the empty lines behind it.
    """

    frame: pl.DataFrame
    records: NDArray[np.int64]
    rejects: tuple[Reject, ...] = ()
    done: int = 0


def rows_at_once(size: int, room: int) -> int:
    """Say how many rows a batch of at most `size` holds where there is room for so many: whole steps, at least one."""
    return min(size, max(room // BATCH_STEP, 1) * BATCH_STEP)


def without_empty_rows(batch: RawBatch) -> RawBatch:
    """Leave out rows in which no cell holds anything, as spreadsheets write them below a table."""
    empty = pl.Series([True]).new_from_index(0, batch.frame.height)
    for column in batch.frame.iter_columns():
        empty &= _is_empty(column)
        if not empty.any():
            return batch
    kept = (~empty).to_numpy()
    return replace(batch, frame=batch.frame.filter(~empty), records=batch.records[kept])


def _is_empty(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return (column.str.strip_chars() == "").fill_null(True)
    # not a number is how pandas writes "no value"
    return column.is_null() | column.is_nan().fill_null(True) if column.dtype.is_float() else column.is_null()


class TableSource(Protocol):
    """A table to read.

    Rows in which no cell holds anything are none in a text or a workbook, and rejected in a frame or a Parquet file,
    which count their rows.
    """

    @property
    def name(self) -> str:
        """The file's name, or "a frame"."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names, in order."""

    @property
    def receipt(self) -> Mapping[str, JSON]:
        """How the table is read: format, delimiter, encoding, decimal."""

    @property
    def fingerprint(self) -> str:
        """``sha256:`` and the hash of the file's bytes, or of a frame's content."""

    @property
    def rows(self) -> int | None:
        """The number of rows, if it is known without reading."""

    @property
    def size(self) -> int:
        """Units of `RawBatch.done` in all: bytes of a text file, rows otherwise; 0 if unknown."""

    def batches(self, size: int = BATCH) -> Iterator[RawBatch]:
        """Read from the start, at most `size` rows a batch, fewer where they are wide or long."""
