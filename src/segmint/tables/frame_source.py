"""Frames and Parquet files as TableSources: native types, in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl

from segmint.errors import InputError
from segmint.tables.table_source import BATCH, JSON, NoRowsError, RawBatch
from segmint.tables.text_source import check_names

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MAX_ROW_GROUP_BYTES = 4 << 30
MAX_EXPANSION = 300
MAX_ROWS_PER_BYTE = 100


class FrameSource:
    """A Polars frame, or what `frame_of` made of a pandas or Arrow one.

    Raises
    ------
    InputError
        If the frame has no rows, nested columns or unusable column names.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        *,
        name: str = "a frame",
        receipt: Mapping[str, JSON],
        fingerprint: str | None = None,
    ) -> None:
        self.name, self._fingerprint = name, fingerprint
        self.columns = check_names(tuple(frame.columns), name)
        _refuse_columns([column for column, dtype in frame.schema.items() if dtype.is_nested()], name)
        self._frame = _with_texts(frame).rename(dict(zip(frame.columns, self.columns, strict=True)))
        self.receipt: dict[str, JSON] = dict(receipt)
        self.rows: int | None = frame.height
        self.size = frame.height
        if not frame.height:
            raise NoRowsError(f"'{name}' has no rows.", self.columns, fix="check the table")

    @property
    def fingerprint(self) -> str:
        """Hash of the file's bytes, or of the frame's content as an Arrow stream."""
        if self._fingerprint is not None:
            return self._fingerprint
        digest = _Digest()
        self._frame.rechunk().write_ipc_stream(cast(IO[bytes], digest))
        return digest.fingerprint

    def batches(self, size: int = BATCH) -> Iterator[RawBatch]:
        """Read from the start, at most `size` rows a batch."""
        for start in range(0, self._frame.height, size):
            frame = self._frame.slice(start, size)
            records = np.arange(start + 1, start + 1 + frame.height, dtype=np.int64)
            yield RawBatch(frame, records, done=start + frame.height)


class ParquetSource:
    """A Parquet file, read in batches, refused when its footer promises more than such a file can hold.

    Raises
    ------
    InputError
        If the file is no Parquet table, has nested columns, no rows, or is a bomb.
    """

    def __init__(self, path: Path, *, fingerprint: str, receipt: Mapping[str, JSON] | None = None) -> None:
        self.name, self._path, self.fingerprint = path.name, path, fingerprint
        with _parquet(path) as file:
            _refuse_bomb(file.metadata, path)
            self.columns = check_names(tuple(file.schema_arrow.names), path.name)
            _refuse_nested(file.schema_arrow, path.name)
            self.rows: int | None = file.metadata.num_rows
        self.size = self.rows or 0
        self.receipt: dict[str, JSON] = {"format": "Parquet", **(receipt or {})}
        if not self.rows:
            raise NoRowsError(f"'{path.name}' has no rows.", self.columns, fix="check the table")

    def batches(self, size: int = BATCH) -> Iterator[RawBatch]:
        """Read from the start, at most `size` rows a batch."""
        start = 0
        with _parquet(self._path) as file:
            try:
                for batch in file.iter_batches(batch_size=size):
                    frame = _from_arrow(batch, self.columns)
                    records = np.arange(start + 1, start + 1 + frame.height, dtype=np.int64)
                    start += frame.height
                    yield RawBatch(frame, records, done=start)
            except (OSError, ValueError) as error:
                raise _not_parquet(self._path) from error


def frame_of(table: Any) -> pl.DataFrame:
    """Make a Polars frame of a Polars, pandas or Arrow table.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    origin = type(table).__module__.partition(".")[0]
    if origin == "pyarrow":
        return _from_arrow(table, tuple(table.schema.names))
    if origin == "pandas":
        return _from_pandas(table)
    raise TypeError(f"A table must be a path, or a Polars, pandas or Arrow table. Got {type(table).__name__} instead.")


def _from_arrow(table: Any, names: tuple[str, ...]) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return _with_texts(frame).rename(dict(zip(frame.columns, names, strict=True)))


def _with_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Write categories out as the texts that they stand for."""
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def _from_pandas(table: Any) -> pl.DataFrame:
    """Convert column by column, so that a column of mixed objects becomes text and nothing else changes."""
    names = check_names(tuple(str(name) for name in table.columns), "a frame")
    return pl.DataFrame([_pandas_column(table.iloc[:, i], name) for i, name in enumerate(names)])


def _pandas_column(column: Any, name: str) -> pl.Series:
    if column.dtype == object:
        texts = [None if _is_none(value) else str(value) for value in column]
        return pl.Series(name, texts, dtype=pl.String)
    return pl.Series(name, pl.from_pandas(column, nan_to_null=True))


def _is_none(value: object) -> bool:
    # NaN, NaT and NA are what pandas puts where there is no value; none of them equals itself
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def _parquet(path: Path) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise _not_parquet(path) from error


def _not_parquet(path: Path) -> InputError:
    return InputError(
        f"'{path.name}' cannot be read as Parquet.",
        expected="an undamaged Parquet file",
        fix="write the file again",
    )


def _refuse_bomb(metadata: Any, path: Path) -> None:
    size = path.stat().st_size
    groups = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
    largest, total = max(groups, default=0), sum(groups)
    if (
        largest > MAX_ROW_GROUP_BYTES
        or total > max(MAX_EXPANSION * size, 1 << 20)
        or metadata.num_rows > MAX_ROWS_PER_BYTE * size
    ):
        raise InputError(
            f"'{path.name}' promises {metadata.num_rows:,} rows and {total:,} bytes in {size:,} bytes.",
            expected=f"at most {MAX_EXPANSION:,} times the size, {MAX_ROW_GROUP_BYTES:,} bytes a row group",
            fix="write the file again with smaller row groups",
        )


def _refuse_nested(schema: Any, name: str) -> None:
    import pyarrow as pa

    _refuse_columns([field.name for field in schema if pa.types.is_nested(field.type)], name)


def _refuse_columns(nested: list[str], name: str) -> None:
    if nested:
        raise InputError(
            f"'{name}' has columns that hold lists or records: {', '.join(nested[:5])}.",
            expected="one value in each cell",
            fix="leave these columns out or flatten them",
        )


class _Digest:
    """A writable that only hashes."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        self._sha256.update(view)
        return view.nbytes

    def flush(self) -> None:
        """Nothing waits."""

    @property
    def fingerprint(self) -> str:
        return f"sha256:{self._sha256.hexdigest()}"
