"""What predicting appends to a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.valid_table import ValidTable
from segmint.models.predict import Predictor

APPENDED = ("propensity", "propensity_low", "propensity_high", "predicted", "segment", "flags")
"""What `with_predictions` appends to the customers of a response."""


def with_predictions(
    table: ValidTable,
    likely: NDArray[np.float64],
    said: NDArray[np.str_],
    predictor: Predictor,
    segments: pl.Series | None = None,
) -> pl.DataFrame:
    """Put predictions behind every input column; an input column of the same name becomes ``<name>_input``.

    A response gets `propensity`, with `propensity_low` and `propensity_high` where the bundle knows how sure it is; where
    it knows segments, `segments` become the column `segment`.
    """
    outcome = table.contract.outcome
    if outcome.positive is not None:
        propensity = likely[:, predictor.classes.index(outcome.positive)]
        new = {"propensity": pl.Series(propensity)}
        if predictor.interval is not None:
            low, high = predictor.interval.of(propensity)
            new |= {"propensity_low": pl.Series(low), "propensity_high": pl.Series(high)}
    else:
        new = {f"probability_{name}": pl.Series(likely[:, place]) for place, name in enumerate(predictor.classes)}
    new["predicted"] = pl.Series(said)
    if segments is not None:
        new["segment"] = segments
    new["flags"] = table.flags
    return table.raw.rename(moved_aside(table.raw.columns, new)).with_columns(**new)


def moved_aside(columns: Sequence[str], new: Collection[str]) -> dict[str, str]:
    """Find other names for the columns whose names are wanted: ``<name>_input``, and again until it is free."""
    names: dict[str, str] = {}
    taken = {*columns, *new}
    for name in columns:
        if name in new:
            free = f"{name}_input"
            while free in taken:
                free += "_input"
            names[name] = free
            taken.add(free)
    return names
