"""What propensities promise of themselves, before any outcome is known."""

from __future__ import annotations

import numpy as np

from segmint.arrays import Floats
from segmint.metrics.ranking import auc_of_masses


def expected_auc(propensity: Floats) -> float | None:
    """ROC AUC that propensities promise if they are right: confidence-based performance estimation.

    Each customer counts as a yes with its propensity and as a no with the rest; equal propensities, and a customer
    against itself, count one half.

    References
    ----------
    NannyML, "Confidence-based Performance Estimation (CBPE)", user guide; Białek et al. 2024, arXiv 2401.08348.
    """
    group = np.unique(propensity, return_inverse=True)[1]
    return auc_of_masses(np.bincount(group, propensity), np.bincount(group, 1 - propensity))
