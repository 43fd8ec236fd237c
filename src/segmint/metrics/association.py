"""How strongly two columns of levels hang together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def cramers_v(counts: ArrayLike, *, corrected: bool = True) -> float:
    """Cramér's V of a table of counts: 0 where nothing of one is in the other, 1 where one decides the other.

    Parameters
    ----------
    counts : array-like of shape (n_levels, n_classes)
    corrected : bool
        Whether what chance adds is taken off: a column of hundreds of levels looks strong though it says nothing.

    References
    ----------
    Cramér 1946, "Mathematical methods of statistics"; Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T",
    Journal of the Korean Statistical Society 42(3).
    """
    table = np.asarray(counts, dtype=np.float64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n = float(table.sum())
    if min(table.shape, default=0) < 2 or n <= 1:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    squared = float(((table - expected) ** 2 / expected).sum()) / n
    if not corrected:
        return math.sqrt(squared / (min(table.shape) - 1))
    levels, classes = table.shape
    left = squared - (levels - 1) * (classes - 1) / (n - 1)
    freedom = min(size - 1 - (size - 1) ** 2 / (n - 1) for size in (levels, classes))
    return math.sqrt(min(left / freedom, 1.0)) if left > 0 and freedom > 0 else 0.0
