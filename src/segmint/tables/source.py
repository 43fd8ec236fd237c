"""Open any table: a file by its content, or a frame."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from segmint.errors import InputError
from segmint.tables.frame_source import FrameSource, ParquetSource, frame_of
from segmint.tables.table_source import BATCH, JSON, RawBatch, ReadOptions, TableSource
from segmint.tables.text_source import TextSource

__all__ = ["BATCH", "JSON", "RawBatch", "ReadOptions", "TableSource", "file_fingerprint", "open_table"]

DEFAULT = ReadOptions()
MAGIC_BYTES = 8


def open_table(source: str | Path | Any, options: ReadOptions = DEFAULT) -> TableSource:
    """Open a table for reading in batches.

    Parameters
    ----------
    source : str, Path, polars.DataFrame, pandas.DataFrame or pyarrow.Table
        A file of delimited text or Parquet (told apart by content, not by name), or a frame.
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
        return FrameSource(frame_of(source), receipt=receipt)
    path = Path(source)
    magic = _first_bytes(path)
    if magic.startswith(b"PAR1"):
        return ParquetSource(path, fingerprint=file_fingerprint(path))
    return TextSource(
        path.name,
        lambda: path.open("rb"),
        options,
        fingerprint=file_fingerprint(path),
        size=path.stat().st_size,
    )


def file_fingerprint(path: Path) -> str:
    """Return ``sha256:`` and the hash of the file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(f"'{path}' is a folder.", expected="a file", fix="name one file in it")
    try:
        with path.open("rb") as file:
            magic = file.read(MAGIC_BYTES)
    except (OSError, ValueError) as error:
        what = "There is no file" if isinstance(error, FileNotFoundError) else "Cannot open"
        raise InputError(f"{what} '{path}'.", expected="a readable file", fix="check the path") from error
    if not magic:
        raise InputError(f"'{path.name}' is empty.", expected="a header and rows", fix="check the export")
    return magic
