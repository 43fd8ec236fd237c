"""How good predictions were, batch after batch: counts only, so that a table of any length fits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.metrics.classification import confusion_matrix, f1_from_counts
from segmint.metrics.ranking import auc_of_masses

DIGITS = 6
_BINS = 10**DIGITS + 1


class StreamedQuality:
    """Adds up predicted classes and, of a response, propensities rounded to six digits as call lists round them.

    Parameters
    ----------
    classes : sequence of str
    positive : str or None
        The class whose probability ranks customers.
    """

    def __init__(self, classes: Sequence[str], positive: str | None) -> None:
        self._classes, self._positive = list(classes), positive
        self._confusion = np.zeros((len(self._classes), len(self._classes)), dtype=np.int64)
        # customers by rounded propensity: those who said no, those who said yes
        self._by_score = None if positive is None else np.zeros((2, _BINS), dtype=np.int64)

    def add(self, outcome: NDArray[np.str_], predicted: NDArray[np.str_], likely: ArrayLike) -> None:
        """Count one batch.

        Parameters
        ----------
        outcome, predicted : ndarray of shape (n,)
        likely : array-like of shape (n, n_classes)
            Probabilities, in the order of the classes.
        """
        self._confusion += confusion_matrix(outcome, predicted, self._classes)
        if self._by_score is None or self._positive is None:
            return
        propensity = np.asarray(likely, dtype=np.float64)[:, self._classes.index(self._positive)]
        places = np.rint(propensity * 10**DIGITS).astype(np.int64)
        yes = outcome == self._positive
        for said, rows in enumerate((~yes, yes)):
            self._by_score[said] += np.bincount(places[rows], minlength=_BINS)

    def quality(self) -> dict[str, float]:
        """Return accuracy and F1, of a response ROC AUC too; empty before the first customer."""
        total = int(self._confusion.sum())
        if not total:
            return {}
        hits, named, actual = np.diag(self._confusion), self._confusion.sum(axis=0), self._confusion.sum(axis=1)
        each, right = f1_from_counts(hits, named, actual), float(hits.sum() / total)
        if self._by_score is None or self._positive is None:
            return {"weighted_f1": float(np.average(each, weights=actual)), "accuracy": right}
        found = {"f1": float(each[self._classes.index(self._positive)]), "accuracy": right}
        no, yes = self._by_score
        area = auc_of_masses(yes, no)
        return found if area is None else found | {"roc_auc": area}
