"""A simulated table cut into what teaches and a wave, and settings that train quickly."""

from __future__ import annotations

import numpy as np
import polars as pl

from segmint.config import load_config

QUICK = [
    "model.recipe=plain", "model.hidden=[8]", "model.epochs=6", "segments.enabled=false", "split.folds=2", "compare.repeats=100",
    'compare.models=["dense_network","base_rate"]',
]  # fmt: skip
CONFIG = load_config(None, QUICK)


def more_yes(results: pl.DataFrame, share: float = 0.25) -> pl.DataFrame:
    lucky = pl.Series(np.random.default_rng(1).random(results.height) < share)
    return results.with_columns(subscribed=pl.when(lucky).then(pl.lit("yes")).otherwise(pl.col("subscribed")))
