"""Inner rows of a fit that got none: some of its own, which teach nobody."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Integers
from segmint.splits.folds import inner_split


def keep_apart(
    labels: NDArray[Any], groups: Integers | None = None, *, share: float | None = None, seed: int = 0
) -> tuple[Integers, Integers]:
    """Split rows into those that teach and inner ones, by their places; where no class has two customers, all do both.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
    groups, share, seed
        As in `inner_split`; without groups every row is a customer.
    """
    places = np.arange(len(labels))
    groups = places if groups is None else groups
    fit, held = inner_split(labels.astype(str), groups, share=share, seed=seed, keys=places.astype(np.uint64))
    if len(held):
        return fit, held
    warnings.warn(
        "No class has two customers, so the rows that teach also say when to stop and how bold to be. Give more rows, or `inner`.",
        stacklevel=4,
    )
    return places, places
