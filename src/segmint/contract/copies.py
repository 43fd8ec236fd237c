"""Rows that are copies of another: an export made twice looks like a larger table."""

from __future__ import annotations

import polars as pl

from segmint.wording import counted

FEWEST_COPIES = 0.05  # of the rows; customers of a narrow table are alike by chance


def copies_told(rows: pl.DataFrame) -> str:
    """Say how many rows are the same as an earlier one in every column; empty where they are few.

    Parameters
    ----------
    rows : polars.DataFrame of shape (n_rows, n_columns)
        As they came.
    """
    copies = rows.height - rows.n_unique() if rows.width and rows.height else 0
    if not copies or copies < FEWEST_COPIES * rows.height:
        return ""
    are = counted(copies, f"of {rows.height:,} rows is a copy", f"of {rows.height:,} rows are copies")
    return f"{are} of another in every column: exported twice? What is alike stays together when models are compared"
