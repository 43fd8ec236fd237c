"""NaturalFeatures: the encoding a user of decision trees would choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from segmint.arguments import require_switches
from segmint.contract.column import Column
from segmint.features.apply import level_codes
from segmint.features.frame import as_frame, guess_columns, levels_as_learned, levels_as_text
from segmint.features.numbers import FARTHEST, read_numbers


class NaturalFeatures(TransformerMixin, BaseEstimator):
    """One number per column: numbers as they are, categories as codes, missing values left in.

    Parameters
    ----------
    columns : sequence of Column, optional
        What the contract says of the columns; guessed from the types if left out.
    fill : bool
        Replace missing values by one below the smallest value, for trees that refuse them.

    Attributes
    ----------
    levels_ : dict of str to list of str
        Levels of each category; the code of a level is its place.
    categories_ : list of int
        Places of the category columns, for models that treat them natively.

    Notes
    -----
    Output shape (n_customers, n_columns), float64, at most 1e30 in size; NaN where a value is missing or a level was never seen, unless
    `fill`.
    """

    def __init__(self, columns: Sequence[Column] | None = None, *, fill: bool = False) -> None:
        self.columns = columns
        self.fill = fill

    def fit(self, X: Any, y: ArrayLike | None = None) -> NaturalFeatures:
        """Learn the levels of each category; `y` is not looked at."""
        require_switches(fill=self.fill)
        frame = as_frame(self, X, reset=True)
        columns = guess_columns(frame) if self.columns is None else self.columns
        frame = levels_as_text(frame, columns)
        self.names_ = [column.name for column in columns]
        self.levels_ = {
            column.name: _levels(column, frame[column.name]) for column in columns if column.kind == "category"
        }
        self.categories_ = [place for place, name in enumerate(self.names_) if name in self.levels_]
        matrix = self._codes(frame)
        lowest = np.min(np.where(np.isnan(matrix), np.inf, matrix), axis=0, initial=np.inf)
        self.below_ = np.where(np.isfinite(lowest), lowest - 1.0, 0.0)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Turn customers into one number per column."""
        check_is_fitted(self, "names_")
        matrix = self._codes(levels_as_learned(as_frame(self, X, reset=False), self.levels_))
        return np.where(np.isnan(matrix), self.below_, matrix) if self.fill else matrix

    def _codes(self, frame: pl.DataFrame) -> NDArray[np.float64]:
        matrix = np.empty((frame.height, len(self.names_)))
        for place, name in enumerate(self.names_):
            if name in self.levels_:
                codes = level_codes(frame[name], self.levels_[name]).astype(np.float64)
                matrix[:, place] = np.where(codes < 0, np.nan, codes)
            else:
                matrix[:, place] = np.clip(read_numbers(frame[name]), -FARTHEST, FARTHEST)
        return matrix

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _levels(column: Column, series: pl.Series) -> list[str]:
    seen = set(series.drop_nulls().unique())
    return [level for level in column.allowed if level in seen] + sorted(seen - set(column.allowed))
