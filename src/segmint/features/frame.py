"""Take customers as a Polars or pandas frame or an array of numbers, and hand on a Polars frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from segmint.contract.column import Column


def as_frame(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    """Return customers as a Polars frame, checked against what `estimator` was fitted on.

    Raises
    ------
    ValueError
        If columns are missing, or an array is not a finite two-dimensional table of numbers.
    """
    if isinstance(X, pl.DataFrame):
        frame = X
    elif hasattr(X, "columns") and hasattr(X, "iloc"):
        frame = pl.from_pandas(X) if len(X.columns) else pl.DataFrame()
    else:
        return _array_frame(estimator, X, reset=reset)
    if reset:
        estimator.n_features_in_ = frame.width
        estimator.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        if not frame.height:
            raise ValueError("Found a frame with 0 customers; at least 1 is needed to learn from.")
    elif lacking := [name for name in estimator.feature_names_in_ if name not in frame.columns]:
        raise ValueError(f"Columns seen when fitting are missing: {lacking}. Got {frame.columns}.")
    return frame


def _array_frame(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    from sklearn.utils.validation import validate_data

    array = validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
    names = [f"x{i}" for i in range(array.shape[1])]
    frame = pl.DataFrame({name: array[:, i] for i, name in enumerate(names)})
    return frame.with_columns(pl.col(names).fill_nan(None))


def guess_columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    """Tell numbers and categories apart by their type, when there is no contract to say so."""
    return tuple(
        Column(
            name=name,
            kind="number" if dtype.is_numeric() else "category",
            role="characteristic",
            label=name,
        )
        for name, dtype in frame.schema.items()
    )
