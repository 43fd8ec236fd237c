"""A column read as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.errors import DataError
from segmint.wording import counted

HUGE = 1e100  # numbers beyond this are this: no difference or ratio may overflow
FARTHEST = 1e30  # and beyond this where they, or their difference, are kept in single precision


def _numbers_of(series: pl.Series) -> pl.Series:
    """Read a column as numbers; null means no value.

    Raises
    ------
    DataError
        If texts or dates in it are no numbers; they are counted, and none is shown.
    """
    if series.dtype.is_numeric():
        return series.cast(pl.Float64)
    dates = series.dtype.is_temporal()  # which Polars would cast to days or microseconds since 1970
    numbers = (series.clear(len(series)) if dates else series).cast(pl.Float64, strict=False)
    if strange := numbers.null_count() - series.null_count():
        raise DataError(
            f"'{series.name}' is a column of numbers, and {counted(strange, 'value is none', 'values are none')}.",
            expected="numbers, and nothing where there is none",
            fix="read the table with its contract, or put numbers into the column",
        )
    return numbers


def read_numbers(series: pl.Series, unseen: Sequence[float] = ()) -> NDArray[np.float64]:
    """Return a column's numbers, NaN where there is none."""
    values: NDArray[np.float64] = _numbers_of(series).fill_null(np.nan).to_numpy()
    return np.where(np.isin(values, list(unseen)), np.nan, values) if unseen else values
