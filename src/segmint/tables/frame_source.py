"""Frames and Parquet files as TableSources: native types, in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sized
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl

from segmint.errors import InputError
from segmint.tables.decimal_sign import SAMPLE_ROWS, signs_of_texts
from segmint.tables.rejects import EMPTY_ROW, Reject
from segmint.tables.same_file import SameFile
from segmint.tables.table_source import (
    BATCH,
    BATCH_CELLS,
    JSON,
    NoRowsError,
    RawBatch,
    rows_at_once,
    without_empty_rows,
)
from segmint.tables.text_source import check_names
from segmint.wording import LONE_SURROGATE

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MAX_ROW_GROUP_BYTES = 4 << 30
MAX_EXPANSION = 300
MAX_ROWS_PER_BYTE = 100
_ALL_WHOLE = 2**53  # below it each whole number is a floating point number of its own
_WIDE = ("Int128", "UInt128")  # by name, because older Polars has no UInt128


class FrameSource:
    """A Polars frame, or what `frame_of` made of a pandas or Arrow one; with a `fingerprint`, what a file holds.

    With `every_row` rows without any value are records like others.

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
        every_row: bool = False,
    ) -> None:
        self.name, self._fingerprint, self._is_file = name, fingerprint, fingerprint is not None
        self._every_row = every_row
        self.columns = check_names(tuple(frame.columns), name)
        _refuse_columns([column for column, dtype in frame.schema.items() if dtype.is_nested()], name)
        _refuse_types({column: "objects" for column, dtype in frame.schema.items() if dtype == pl.Object}, name)
        self._frame = _with_texts(frame, name).rename(dict(zip(frame.columns, self.columns, strict=True)))
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
        """Read from the start, at most `size` rows a batch, fewer of a wide table."""
        size = rows_at_once(size, BATCH_CELLS // len(self.columns))
        for start in range(0, self._frame.height, size):
            frame = self._frame.slice(start, size)
            records = np.arange(start + 1, start + 1 + frame.height, dtype=np.int64)
            batch = RawBatch(frame, records, done=start + frame.height)
            if self._every_row:
                yield batch
            else:
                yield without_empty_rows(batch) if self._is_file else _rejecting_empty_rows(batch)


def _rejecting_empty_rows(batch: RawBatch) -> RawBatch:
    """Reject the records in which no cell holds anything, where somebody counted the rows: of a frame, or of Parquet."""
    kept = without_empty_rows(batch)
    empty = np.setdiff1d(batch.records, kept.records, assume_unique=True)
    return replace(
        kept, rejects=tuple(Reject(int(record), EMPTY_ROW, "The row holds no value.", "") for record in empty)
    )


class ParquetSource:
    """A Parquet file, read in batches, refused when its footer promises more than such a file can hold.

    Raises
    ------
    InputError
        If the file is no Parquet table, has nested columns, no rows, or is a bomb.
    """

    def __init__(self, table: SameFile, *, fingerprint: str, receipt: Mapping[str, JSON] | None = None) -> None:
        self.name, self._table, self.fingerprint = table.name, table, fingerprint
        with _parquet(table) as file:
            _refuse_bomb(file.metadata, table)
            self.columns = check_names(tuple(file.schema_arrow.names), table.name)
            _refuse_schema(file.schema_arrow, table.name)
            self.rows: int | None = file.metadata.num_rows
        self.size = self.rows or 0
        self.receipt: dict[str, JSON] = {"format": "Parquet", **(receipt or {})}
        if not self.rows:
            raise NoRowsError(f"'{table.name}' has no rows.", self.columns, fix="check the table")
        if "decimal" not in self.receipt:
            self.receipt |= signs_of_texts(next(self.batches(SAMPLE_ROWS)).frame)

    def batches(self, size: int = BATCH) -> Iterator[RawBatch]:
        """Read from the start, at most `size` rows a batch, fewer of a wide table."""
        import pyarrow as pa

        start, size = 0, rows_at_once(size, BATCH_CELLS // len(self.columns))
        with _parquet(self._table) as file:
            try:
                for batch in file.iter_batches(batch_size=size):
                    frame = _from_arrow(batch, self.columns, self.name)
                    records = np.arange(start + 1, start + 1 + frame.height, dtype=np.int64)
                    start += frame.height
                    yield _rejecting_empty_rows(RawBatch(frame, records, done=start))
            except (OSError, ValueError, pa.ArrowException, pl.exceptions.PolarsError) as error:
                raise _not_parquet(self.name) from error


def frame_of(table: Any, *, named_index: bool = True) -> pl.DataFrame:
    """Make a Polars frame of a Polars, pandas or Arrow table.

    Parameters
    ----------
    table : frame
    named_index : bool
        Whether an index of pandas with a name, the id for the most part, becomes a column.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(table).__mro__}
    if kinds & {("pyarrow", "Table"), ("pyarrow", "RecordBatch")}:
        check_names(tuple(table.schema.names), "a frame")
        _refuse_schema(table.schema, "a frame")
        return _from_arrow(table, tuple(table.schema.names), "a frame")
    if ("pandas", "DataFrame") in kinds:
        return _from_pandas(table, named_index=named_index)
    of_valid = " Next: give table.inputs" if hasattr(table, "inputs") else ""
    raise TypeError(
        "A table must be a path, or a Polars, pandas or Arrow table with its columns. "
        f"Got {type(table).__name__} instead.{of_valid}"
    )


def _from_arrow(table: Any, names: tuple[str, ...], name: str) -> pl.DataFrame:
    import pyarrow as pa

    uuids = [field.name for field in table.schema if field.type == pa.uuid()]
    frame = pl.from_arrow(_stored(table))
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_columns(_uuid_text(pl.col(column)) for column in uuids)
    return _with_texts(frame, name).rename(dict(zip(frame.columns, names, strict=True)))


def _stored(table: Any) -> Any:
    """Take columns of an extension type as what they are stored as."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.storage_type))
    return table


def _uuid_text(column: pl.Expr) -> pl.Expr:
    digits = column.bin.encode("hex")
    parts = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
    return pl.concat_str([digits.str.slice(start, length) for start, length in parts], separator="-")


def _with_texts(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Write categories out as the texts that they stand for, and bytes as the texts that old exports mean by them.

    Whole numbers of 128 bits become texts too: neither Arrow nor Parquet has them.
    """
    columns = [column for column, dtype in frame.schema.items() if dtype == pl.Binary]
    wide = _wide_in(frame.schema)
    frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String), pl.col(wide).cast(pl.String))
    for column in columns:
        try:
            frame = frame.with_columns(pl.col(column).cast(pl.String))
        except pl.exceptions.PolarsError as error:
            raise _unreadable({column: "bytes that are no UTF-8 text"}, name) from error
    return frame


def _from_pandas(table: Any, *, named_index: bool) -> pl.DataFrame:
    """Convert column by column, so that a column of mixed objects becomes text and nothing else changes."""
    index = _named_index(table) if named_index else []
    columns = [
        *index,
        *(("" if is_none(name) else str(name), table.iloc[:, i]) for i, name in enumerate(table.columns)),
    ]
    names = check_names(tuple(name for name, _ in columns), "a frame")
    return pl.DataFrame([_pandas_column(column, name) for name, (_, column) in zip(names, columns, strict=True)])


def _named_index(table: Any) -> list[tuple[str, Any]]:
    """Take what has a name in the index as columns, as `to_csv` does: it is mostly the id."""
    taken = set(map(str, table.columns))
    levels = [(name, table.index.get_level_values(i).to_series()) for i, name in enumerate(table.index.names)]
    return [(str(name), level) for name, level in levels if not is_none(name) and str(name) not in taken]


def _pandas_column(column: Any, name: str) -> pl.Series:
    import pyarrow as pa

    column = _plain(column)
    if column.dtype == object:
        _refuse_columns([name] if any(_is_nested(value) for value in column) else [], "a frame")
        values = [None if is_none(value) else value for value in column]
        texts = _texts(name, [None if value is None else _object_text(value, name) for value in values])
        decimals = _decimals(values, texts)
        return texts if decimals is None else decimals.alias(name)
    try:
        return pl.Series(name, pl.from_pandas(column, nan_to_null=True))
    except UnicodeEncodeError:
        return _texts(name, [None if is_none(value) else str(value) for value in column])
    except (pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise _unreadable({name: str(column.dtype)}, "a frame") from error


def _decimals(values: list[Any], texts: pl.Series) -> pl.Series | None:
    """Take objects that are all decimals as the numbers that they are, where each keeps its digits; None for others.

    A column of decimals has one scale: beside 0.25 the level 0.1 would be 0.10, and 0.1 in the next batch. So those of several,
    as databases give them that drop noughts at the end, are floating point.
    """
    import pyarrow as pa

    if set(map(type, values)) - {type(None)} != {Decimal}:
        return None
    try:
        numbers = pa.array(values)
    except (TypeError, pa.ArrowException):
        return None
    if not pa.types.is_decimal128(numbers.type):
        return None
    decimals = cast(pl.Series, pl.from_arrow(numbers))
    if decimals.cast(pl.String).equals(texts):
        return decimals
    floats = decimals.cast(pl.Float64)
    shown = [None if number is None else repr(number).removesuffix(".0") for number in floats]
    safe = floats.abs().max() < _ALL_WHOLE  # type: ignore[operator]  # a number: not all are None
    return floats if safe and shown == texts.to_list() else None


def _texts(name: str, texts: list[str | None]) -> pl.Series:
    try:
        return pl.Series(name, texts, dtype=pl.String)
    except UnicodeEncodeError:
        row = next(row for row, text in enumerate(texts, start=1) if text and LONE_SURROGATE.search(text))
        raise _unreadable(
            {name: f"text with half a character, in row {row:,}"}, "a frame"
        ) from None  # it holds the cell


def _plain(column: Any) -> Any:
    """Take types that only pandas has as values, or as objects with the text that they show."""
    if _kind(column) == "SparseDtype":
        return column.sparse.to_dense()
    # a category, as `cut` makes it, is what its categories are
    shown = _kind(getattr(column.dtype, "categories", column)) in ("PeriodDtype", "IntervalDtype")
    return column.astype(object) if shown else column


def _kind(values: Any) -> str:
    return type(values.dtype).__name__


def _is_nested(value: object) -> bool:
    return isinstance(value, Sized) and not isinstance(value, str | bytes)


def _object_text(value: object, name: str) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable({name: "bytes that are no UTF-8 text"}, "a frame") from error


def is_none(value: object) -> bool:
    """Tell whether a value of pandas stands for none: NaN, NaT and NA, none of which equals itself, and None."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


@contextmanager
def _parquet(table: SameFile) -> Iterator[pq.ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with table.opened() as file:
        try:
            parquet = pq.ParquetFile(file)
        except pa.ArrowNotImplementedError as error:
            raise _too_wide(file, table.name) from error
        except (OSError, pa.ArrowException) as error:
            raise _not_parquet(table.name) from error
        with parquet:
            yield parquet


def _too_wide(file: IO[bytes], name: str) -> InputError:
    """Name the whole numbers of 128 bits, which Polars writes into a file that Arrow then does not open."""
    file.seek(0)
    try:
        schema = pl.read_parquet_schema(file)
    except pl.exceptions.PolarsError:
        return _not_parquet(name)
    wide = _wide_in(schema)
    if not wide:
        return _not_parquet(name)
    return InputError(
        f"'{name}' has columns of whole numbers of 128 bits, which cannot be read from Parquet: {', '.join(wide[:5])}.",
        expected="whole numbers of 64 bits, decimals or texts",
        fix="cast these columns before writing the file, or leave them out",
    )


def _wide_in(schema: Mapping[str, pl.DataType]) -> list[str]:
    return [column for column, dtype in schema.items() if str(dtype) in _WIDE]


def _not_parquet(name: str) -> InputError:
    return InputError(
        f"'{name}' cannot be read as Parquet.",
        expected="an undamaged Parquet file",
        fix="write the file again",
    )


def _refuse_bomb(metadata: Any, table: SameFile) -> None:
    size = table.size
    groups = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
    largest, total = max(groups, default=0), sum(groups)
    if (
        largest > MAX_ROW_GROUP_BYTES
        or total > max(MAX_EXPANSION * size, 1 << 20)
        or metadata.num_rows > MAX_ROWS_PER_BYTE * size
    ):
        raise InputError(
            f"'{table.name}' promises {metadata.num_rows:,} rows and {total:,} bytes in {size:,} bytes.",
            expected=f"at most {MAX_EXPANSION:,} times the size, {MAX_ROW_GROUP_BYTES:,} bytes a row group",
            fix="write the file again with smaller row groups",
        )


def _refuse_schema(schema: Any, name: str) -> None:
    import pyarrow as pa

    _refuse_columns([field.name for field in schema if pa.types.is_nested(field.type)], name)
    _refuse_types({field.name: str(field.type) for field in schema if not _is_readable(field.type)}, name)


def _is_readable(kind: Any) -> bool:
    """Tell whether Polars has a type for an Arrow one."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    # of these Polars does not say that it cannot read them: it panics
    if pa.types.is_decimal256(kind.value_type if pa.types.is_dictionary(kind) else kind):
        return False
    try:
        pl.from_arrow(pa.array([], kind))
    except (pl.exceptions.PolarsError, pa.ArrowException):
        return False
    return True


def _refuse_types(columns: Mapping[str, str], name: str) -> None:
    if columns:
        raise _unreadable(columns, name)


def _unreadable(columns: Mapping[str, str], name: str) -> InputError:
    told = ", ".join(f"{column} ({kind})" for column, kind in list(columns.items())[:5])
    return InputError(
        f"'{name}' has columns of a kind that cannot be read: {told}.",
        expected="numbers, texts, dates or truth values",
        fix="leave these columns out, or write them as one of these",
    )


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
