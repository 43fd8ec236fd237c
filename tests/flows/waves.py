"""A simulated table cut into what teaches and a wave, and settings that train quickly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from segmint.config import load_config
from segmint.tables.write import write_safe_workbook

QUICK = [
    "model.recipe=plain", "model.hidden=[8]", "model.epochs=6", "segments.enabled=false", "split.folds=2", "compare.repeats=100",
    'compare.models=["dense_network","base_rate"]',
]  # fmt: skip
CONFIG = load_config(None, QUICK)


def more_yes(results: pl.DataFrame, share: float = 0.25) -> pl.DataFrame:
    lucky = pl.Series(np.random.default_rng(1).random(results.height) < share)
    return results.with_columns(subscribed=pl.when(lucky).then(pl.lit("yes")).otherwise(pl.col("subscribed")))


def a_saved_list(name: str, listed: pl.DataFrame, path: Path) -> Path:
    """A list as Excel or another program saves it."""
    path = path / name
    if path.suffix == ".xlsx":
        write_safe_workbook(iter([listed]), path)
    elif "comma" in name:
        listed.with_columns(pl.col(pl.Float64).cast(pl.String).str.replace(".", ",", literal=True)).write_csv(
            path, separator=";"
        )
    else:
        listed.write_csv(path)
    return path
