"""Discovered segments beside the known ones of the same customers."""

from __future__ import annotations

from segmint.metrics import association
from segmint.segments.stability import Labels, contingency


def cramers_v(first: Labels, second: Labels) -> float:
    """Measure how closely two sets of segments go together: 0 not at all, 1 wholly (Cramér, 1946).

    Parameters
    ----------
    first, second : ndarray of int of shape (n_customers,)
    """
    return association.cramers_v(contingency(first, second), corrected=False)
