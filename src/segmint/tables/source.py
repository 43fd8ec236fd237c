"""Open any table: a file by its content, or a frame."""

from __future__ import annotations

import hashlib
import re
import stat
from dataclasses import replace
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

import polars as pl

from segmint.errors import InputError
from segmint.tables.byte_stream import (
    PARQUET,
    compression_of,
    is_one_byte_ascii,
    open_bytes,
    open_transcoded,
    wide_encoding_of,
)
from segmint.tables.decimal_sign import signs_of_texts
from segmint.tables.frame_source import FrameSource, ParquetSource, frame_of
from segmint.tables.same_file import SameFile
from segmint.tables.table_source import BATCH, JSON, RawBatch, ReadOptions, TableSource
from segmint.tables.text_profile import Opener
from segmint.tables.text_source import TextSource
from segmint.tables.workbook_source import open_workbook

__all__ = [
    "BATCH",
    "JSON",
    "RawBatch",
    "ReadOptions",
    "TableSource",
    "file_fingerprint",
    "is_one_column",
    "open_rows",
    "open_table",
]

DEFAULT = ReadOptions()
MAGIC_BYTES = 8
SNIFF_BYTES = 4_096
OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": ("an old .xls workbook or an encrypted one", "save it as .xlsx or CSV"),
    b"%PDF": ("a PDF document", "export the table as CSV"),
    b"ARROW1": ("an Arrow file", "write it as Parquet"),
    b"SQLite f": ("a SQLite database", "export the table as CSV or Parquet"),
    b"BZh": ("compressed with bzip2", "unpack it, or compress it with gzip or zstd"),
    b"\xfd7zXZ": ("compressed with xz", "unpack it, or compress it with gzip or zstd"),
}
# by what no header begins with: "[id]" may be one
OTHER_TEXTS = {
    "JSON": re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[{"\d])'),
    "HTML": re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|meta|style|table)\b", re.IGNORECASE),
    "XML": re.compile(rb"(\xef\xbb\xbf)?\s*<\?xml\b"),
}


def open_table(source: str | Path | Any, options: ReadOptions = DEFAULT) -> TableSource:
    """Open a table for reading in batches.

    Parameters
    ----------
    source : str, Path, polars.DataFrame, pandas.DataFrame or pyarrow.Table
        A file of delimited text (plain, .gz or .zst), Parquet or an .xlsx workbook, told apart by content and
        not by name; or a frame.
    options : ReadOptions
        What you know of how the file is written; the rest is found out and named in the receipt.

    Returns
    -------
    TableSource

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, of another kind, or without rows.
    TypeError
        If `source` is neither a path nor a table.
    """
    if not isinstance(source, str | Path):
        receipt: dict[str, JSON] = {"format": f"{type(source).__module__.partition('.')[0]} frame"}
        frame = frame_of(source)
        return FrameSource(frame, receipt=receipt | (_declared(options) or signs_of_texts(frame)))
    table, magic = _first_opened(Path(source))
    if magic.startswith(PARQUET):
        return ParquetSource(table, fingerprint=_fingerprint(table), receipt=_declared(options))
    if magic.startswith(b"PK\x03\x04"):
        fingerprint = _fingerprint(table)
        with table.kept():
            return open_workbook(table.path, options, fingerprint=fingerprint)
    _refuse_known_kinds(magic, table.name)
    return _open_text(table, magic, options)


def is_one_column(path: Path | str) -> bool:
    """Whether a file is a plain list under one name, which has no delimiter to be found out; any can be named then.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    table, magic = _first_opened(Path(path))
    with open_bytes(table, compression_of(magic)) as stream:
        start = stream.read(65_536)
    if wide := wide_encoding_of(start):
        start = start.decode(wide, "ignore").encode()
    header = start.partition(b"\n")[0]
    return header.strip() != b"" and b"\0" not in header and not re.search(rb"[,;\t|]", header)


def open_rows(rows: pl.DataFrame) -> TableSource:
    """Open rows that are customers whatever they hold, also nothing: typed into a form, or made up.

    Parameters
    ----------
    rows : polars.DataFrame

    Returns
    -------
    TableSource

    Raises
    ------
    InputError
        If there are no rows, nested columns or unusable column names.
    """
    return FrameSource(rows, receipt={"format": "rows"}, every_row=True)


def _declared(options: ReadOptions) -> dict[str, JSON]:
    """Name the decimal sign that the texts of a typed table are said to have; without one it is a point."""
    return {} if options.decimal is None else {"decimal": options.decimal}


def _open_text(table: SameFile, magic: bytes, options: ReadOptions) -> TextSource:
    compression = compression_of(magic)
    opener: Opener = partial(open_bytes, table, compression)
    with opener() as stream:
        start = stream.read(SNIFF_BYTES)
    _refuse_other_texts(start, table.name)
    encoding = options.encoding or wide_encoding_of(start)
    receipt: dict[str, JSON] = {"compression": compression} if compression else {}
    plain = compression is None
    if encoding is not None and not is_one_byte_ascii(encoding):
        opener, plain = partial(open_transcoded, opener, encoding, table.name), False
        options = replace(options, encoding="utf-8")
        receipt["encoding"] = encoding.upper()
    return TextSource(
        table.name,
        opener,
        options,
        fingerprint=_fingerprint(table),
        size=table.size if plain else 0,
        receipt=receipt,
    )


def _refuse_known_kinds(magic: bytes, name: str) -> None:
    for mark, (kind, fix) in OTHER_KINDS.items():
        if magic.startswith(mark):
            raise InputError(f"'{name}' is {kind}.", expected="delimited text, Parquet or an .xlsx workbook", fix=fix)


def _refuse_other_texts(start: bytes, name: str) -> None:
    for kind, beginning in OTHER_TEXTS.items():
        if beginning.match(start):
            raise InputError(
                f"'{name}' is {kind}.",
                expected="delimited text, Parquet or an .xlsx workbook",
                fix="export the table as CSV or Parquet",
            )


def file_fingerprint(path: Path) -> str:
    """Return ``sha256:`` and the hash of the file's bytes."""
    with path.open("rb") as file:
        return _digest(file)


def _fingerprint(table: SameFile) -> str:
    with table.opened() as file:
        return _digest(file)


def _digest(file: BufferedReader) -> str:
    return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _first_opened(path: Path) -> tuple[SameFile, bytes]:
    """Open a file for the first time: what it has to stay, and its first bytes."""
    try:
        _refuse_no_file(path, path.stat().st_mode)
        table = SameFile(path)
        with table.opened() as file:
            magic = file.read(MAGIC_BYTES)
    except (OSError, ValueError) as error:
        if str(path) == "-":
            raise _pipe("-") from error
        what = "There is no file" if isinstance(error, FileNotFoundError) else "Cannot open"
        raise InputError(f"{what} '{path}'.", expected="a readable file", fix="check the path") from error
    if not magic:
        raise InputError(f"'{path.name}' is empty.", expected="a header and rows", fix="check the export")
    return table, magic


def _refuse_no_file(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise InputError(f"'{path}' is a folder.", expected="a file", fix="name one file in it")
    if not stat.S_ISREG(mode):
        raise _pipe(str(path))


def _pipe(name: str) -> InputError:
    return InputError(
        f"'{name}' is a pipe or a device, which can be read only once.",
        expected="a file: a table is read several times",
        fix="save it to a file first, and name that",
    )
