"""Lengths of time as texts."""

from __future__ import annotations

import polars as pl


def lengths_as_text(lengths: pl.Series) -> pl.Series:
    """Write lengths of time as 00:09:30."""
    seconds = lengths.dt.total_seconds()
    parts = (seconds.abs() // 3600, seconds.abs() // 60 % 60, seconds.abs() % 60)
    sign = pl.when(seconds < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    digits = pl.concat_str([part.cast(pl.String).str.zfill(2) for part in parts], separator=":")
    return pl.select((sign + digits).alias(lengths.name)).to_series()
