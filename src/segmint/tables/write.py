"""Write frames in a stream. The caller lends the path and publishes what is written there."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import IO, Any, Literal

import polars as pl
import polars.selectors as cs

from segmint.tables.formulas import guarded
from segmint.tables.lengths import lengths_as_text

SHEET_ROWS = 1_000_000
CELL_CHARACTERS = 32_000
MOST_DIGITS = 10**15
DAY = {"num_format": 14}  # as the spreadsheet's country writes days
Read = Callable[[pl.DataFrame], Mapping[str, pl.Series]]
PLAIN_WORKBOOK = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def write_csv(
    frames: Iterable[pl.DataFrame],
    path: Path,
    *,
    delimiter: str = ",",
    decimal: str = "point",
    quote_style: Literal["necessary", "non_numeric"] = "necessary",
    marked: bool = False,
) -> int:
    """Write frames with the same columns as one delimited text file, `marked` as UTF-8 or not; return the number of rows."""
    rows = 0
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8 if marked else b"")
        for i, frame in enumerate(map(_with_lengths, frames)):
            frame.write_csv(
                file,
                include_header=i == 0,
                separator=delimiter,
                decimal_comma=decimal == "comma",
                quote_style=quote_style,
            )
            rows += frame.height
    return rows


def _with_lengths(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        lengths_as_text(frame[name]) for name, dtype in frame.schema.items() if dtype == pl.Duration
    )


def write_safe_csv(
    frames: Iterable[pl.DataFrame],
    path: Path,
    *,
    delimiter: str = ",",
    decimal: str = "point",
    marked: bool = False,
) -> int:
    """Write a view for spreadsheets in which no text can be taken for a formula; return the number of rows.

    A text (or column name) that a spreadsheet could calculate gets a ``'`` before it, NUL characters are left out,
    and every text stands in quotes, so that another delimiter cannot cut a formula free. Numbers stay numbers. The
    truth belongs in Parquet.
    """
    safe = map(safe_for_spreadsheets, frames)
    return write_csv(safe, path, delimiter=delimiter, decimal=decimal, quote_style="non_numeric", marked=marked)


def safe_for_spreadsheets(frame: pl.DataFrame) -> pl.DataFrame:
    """Put ``'`` before every text and column name that a spreadsheet could take for a formula."""
    texts = [name for name, dtype in frame.schema.items() if not (dtype.is_numeric() or dtype.is_temporal())]
    cleaned = frame.with_columns(_safe(pl.col(name).cast(pl.String)).alias(name) for name in texts)
    names = pl.Series(frame.columns, dtype=pl.String)
    return cleaned.rename(
        dict(zip(frame.columns, names.to_frame("n").select(_safe(pl.col("n")).alias("n")).to_series(), strict=True))
    )


def _safe(text: pl.Expr) -> pl.Expr:
    return guarded(text.str.replace_all("\0", "", literal=True))


def write_safe_workbook(
    frames: Iterable[pl.DataFrame], path: Path, *, title: str = "Table", read: Read | None = None
) -> int:
    """Write a view as a workbook in which nothing is a formula; return the number of rows.

    Texts are guarded as by `write_safe_csv`, and cut where a cell ends; days, truth values, and whole numbers and
    decimals of more digits than a spreadsheet keeps are texts, but for the numbers and days that `read` finds in a frame,
    by the name of their column. After a million rows another sheet goes on.
    """
    rows, sheet = 0, None
    with new_workbook(path) as book:
        day = book.add_format(DAY)
        for frame in frames:
            cells, values = _as_cells(frame), read(frame) if read else {}
            sheet = sheet or _new_sheet(book, title, cells.columns)
            for row in _with_values(cells, [values.get(name) for name in frame.columns]):
                if rows and rows % SHEET_ROWS == 0:
                    sheet = _new_sheet(book, f"{title} {rows // SHEET_ROWS + 1}", cells.columns)
                _write_cells(sheet, rows % SHEET_ROWS + 1, row, day)
                rows += 1
    return rows


def _new_sheet(book: Any, title: str, columns: Sequence[str]) -> Any:
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    _write_cells(sheet, 0, columns, None)
    return sheet


@contextmanager
def new_workbook(path: Path) -> Iterator[Any]:
    """Write a workbook whose texts stay texts; a full disk is the system's own error, as for any other file.

    Temporary files hold customers too: they lie beside it, where whoever lends the path removes them.
    """
    import xlsxwriter

    with tempfile.TemporaryFile(dir=path.parent, buffering=0) as whole:
        book = xlsxwriter.Workbook(whole, {**PLAIN_WORKBOOK, "tmpdir": str(path.parent)})
        try:
            yield book
        except BaseException:
            for sheet in book.worksheets():
                with suppress(OSError):
                    sheet._opt_close()  # left open it would keep its room on the disk
            raise
        if (code := _close(book, whole)) is not None:
            raise OSError(code, os.strerror(code))
        whole.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(whole, file)


def _close(book: Any, whole: IO[bytes]) -> int | None:
    """Finish a workbook; return the system's number of what went wrong, when nothing holds the half-written archive any more."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as error:
        os.ftruncate(whole.fileno(), 0)  # an archive that is thrown away writes its end, and wants room for it
        return error.args[0].errno or errno.EIO
    return None


def _with_values(cells: pl.DataFrame, values: Sequence[pl.Series | None]) -> Iterator[tuple[Any, ...]]:
    """Go through rows with the values of each column in place of its cells, where there are any."""
    columns = [
        column if value is None else [cell if v is None else v for cell, v in zip(column, value, strict=True)]
        for column, value in zip(cells.iter_columns(), values, strict=True)
    ]
    return zip(*columns, strict=True)


def _write_cells(sheet: Any, line: int, cells: Sequence[Any], day: Any) -> None:
    for place, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(line, place, cell)
        elif isinstance(cell, date):
            sheet.write_datetime(line, place, cell, day)
        elif cell is not None:
            sheet.write_number(line, place, cell)


def _as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Make texts of what a cell of a spreadsheet would change, and gaps of what is no number."""
    texts = _with_lengths(frame).with_columns(cs.temporal().cast(pl.String))
    longest = texts.select((cs.integer() | cs.decimal()).cast(pl.Float64).abs().max())
    wide = [name for name in longest.columns if (longest[name][0] or 0) >= MOST_DIGITS]
    finite = pl.when(cs.float().is_finite()).then(cs.float())
    cells = safe_for_spreadsheets(texts.with_columns(pl.col(wide).cast(pl.String), finite))
    return cells.with_columns(cs.string().str.head(CELL_CHARACTERS))


def write_parquet(frames: Iterable[pl.DataFrame], path: Path) -> int:
    """Write frames with the same columns as one Parquet file, a row group each; return the number of rows."""
    import pyarrow.parquet as pq

    rows, writer = 0, None
    try:
        for frame in frames:
            table = frame.to_arrow()
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
            rows += frame.height
    finally:
        if writer is not None:
            writer.close()
    return rows
