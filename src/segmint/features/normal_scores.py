"""Normal scores: where a number lies among all of its column, whatever their unit and however skewed they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from segmint.arrays import Floats


def score_ranks(ranks: ArrayLike, count: int) -> Floats:
    """Return the normal score of ranks among `count` numbers; the first is of rank 0.5, the last of `count` - 0.5."""
    from scipy.special import ndtri  # predicting does without SciPy

    least = 0.5 / max(count, 1)
    scores: Floats = ndtri(np.clip(np.asarray(ranks) / max(count, 1), least, 1.0 - least))
    return scores


def score_at(ordered: Floats, numbers: Floats, *, near: float = 0.0) -> Floats:
    """Return the normal score of each number among all, given ascending: that of the middle of its ranks.

    Parameters
    ----------
    ordered : ndarray of shape (n_customers,)
    numbers : ndarray of shape (n,)
    near : float
        What lies so near to a number counts as equal to it.
    """
    below, above = np.searchsorted(ordered, numbers - near, "left"), np.searchsorted(ordered, numbers + near, "right")
    return score_ranks((below + above) / 2.0, len(ordered))


def score_all(numbers: Floats) -> Floats:
    """Return the normal score of each of all numbers among the others; NaN where there is none."""
    known = ~np.isnan(numbers)
    _, place, having = np.unique(numbers[known], return_inverse=True, return_counts=True)
    scores = np.full(len(numbers), np.nan)
    scores[known] = score_ranks(np.cumsum(having) - having / 2.0, len(place))[place]
    return scores
