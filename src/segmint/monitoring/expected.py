"""What propensities promise of themselves, before any outcome is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def expected_auc(propensity: Floats, weights: Floats | None = None) -> float | None:
    """ROC AUC that propensities promise if they are right: confidence-based performance estimation.

    Each customer counts as a yes with its propensity and as a no with the rest.

    References
    ----------
    NannyML, "Confidence-based Performance Estimation (CBPE)", user guide; Białek et al. 2024, arXiv 2401.08348.
    """
    weight = np.ones(propensity.size) if weights is None else weights
    order = np.argsort(propensity, kind="stable")
    yes, no = (propensity * weight)[order], ((1 - propensity) * weight)[order]
    whole = yes.sum() * no.sum()
    # equal propensities, and a customer against itself, count one half
    _, group = np.unique(propensity[order], return_inverse=True)
    yes_of, no_of = np.bincount(group, yes), np.bincount(group, no)
    won = float((yes_of * (np.cumsum(no_of) - no_of / 2)).sum())
    return won / float(whole) if whole > 0 else None
