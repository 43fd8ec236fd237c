"""Write frames in a stream. The caller lends the path and publishes what is written there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl


def write_csv(frames: Iterable[pl.DataFrame], path: Path, *, delimiter: str = ",") -> int:
    """Write frames with the same columns as one delimited text file; return the number of rows."""
    rows = 0
    with path.open("wb") as file:
        for i, frame in enumerate(frames):
            frame.write_csv(file, include_header=i == 0, separator=delimiter)
            rows += frame.height
    return rows


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
