"""Discovered segments beside the known ones of the same customers."""

from __future__ import annotations

import numpy as np

from segmint.segments.stability import Labels, contingency


def cramers_v(first: Labels, second: Labels) -> float:
    """Measure how closely two sets of segments go together: 0 not at all, 1 wholly (Cramér, 1946).

    Parameters
    ----------
    first, second : ndarray of int of shape (n_customers,)
    """
    table = contingency(first, second)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return 0.0
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / (n * least)))
