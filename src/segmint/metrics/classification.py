"""Who is named: metrics of predicted classes, and the threshold that turns a propensity into a yes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats
from segmint.metrics.ranking import Ranking


def f1_from_counts(hits: ArrayLike, named: ArrayLike, actual: ArrayLike) -> Floats:
    """F1 from counts: 2 · hits / (named + actual), 0 where both are 0; any one shape, weights allowed."""
    both = np.asarray(named, dtype=np.float64) + np.asarray(actual, dtype=np.float64)
    doubled = 2.0 * np.asarray(hits, dtype=np.float64)
    return np.divide(doubled, both, out=np.zeros_like(both), where=both > 0)


def confusion_matrix(y: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> NDArray[np.int64]:
    """Count customers by true class (rows) and predicted class (columns).

    Parameters
    ----------
    y, predicted : array-like of shape (n,)
    classes : sequence of str
        The order of rows and columns.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)

    Raises
    ------
    ValueError
        If a class occurs that is not in `classes`.
    """
    truth, named = class_index(y, classes), class_index(predicted, classes)
    cells = np.bincount(truth * len(classes) + named, minlength=len(classes) ** 2)
    return cells.reshape(len(classes), len(classes)).astype(np.int64)


def class_index(y: ArrayLike, classes: Sequence[str]) -> NDArray[np.int64]:
    """Find each class of `y` in `classes`; shape (n,). A class that is not there is a ValueError."""
    names, values = np.asarray(classes).astype(str), np.asarray(y).astype(str)
    order = np.argsort(names)
    places = order[np.minimum(np.searchsorted(names, values, sorter=order), names.size - 1)]
    if not (names[places] == values).all():
        raise ValueError("y holds a class that is not among the classes")
    return places.astype(np.int64)


def f1_per_class(y: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> Floats:
    """F1 of each class against all others; shape (n_classes,)."""
    matrix = confusion_matrix(y, predicted, classes)
    return f1_from_counts(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1))


def best_f1_threshold(y: ArrayLike, score: ArrayLike, *, default: float | None = None) -> float:
    """Threshold whose rule "yes if score >= threshold" has the highest F1, found in O(n log n).

    Choose it on rows that neither trained the model nor are used to report (Lipton, Elkan, Naryanaswamy 2014,
    arXiv 1402.1892, on why 0.5 is the wrong threshold for F1).

    Parameters
    ----------
    y : array-like of shape (n,)
        Whether each customer said yes.
    score : array-like of shape (n,)
    default : float, optional
        What to return where nobody said yes.

    Returns
    -------
    float
        Halfway between the last score that is called and the first that is not; 0, or the lowest score if that is below
        0, when calling everyone is best, so that it calls everyone elsewhere too. Of equal thresholds the highest.

    Raises
    ------
    ValueError
        If nobody said yes and there is no default.
    """
    ranking = Ranking(y, score)
    reached = ranking.responders_before[ranking.ends]
    if reached[-1] == 0:
        if default is not None:
            return default
        raise ValueError("nobody said yes, so no threshold is better than another")
    best = int(np.argmax(f1_from_counts(reached, ranking.ends, reached[-1])))
    scores = ranking.sorted_scores[ranking.starts]
    if best == scores.size - 1:
        return float(min(scores[best], 0.0))
    # Halving each first keeps the sum finite; of two neighbouring floats the midpoint may be the lower one.
    middle = scores[best] / 2 + scores[best + 1] / 2
    return float(middle if middle > scores[best + 1] else scores[best])


def cross_fitted_thresholds(y: Sequence[ArrayLike], score: Sequence[ArrayLike]) -> list[float]:
    """Choose each part's threshold, as `best_f1_threshold` does, on all the other parts.

    Scores of rows kept apart, fold by fold, choose a threshold for each fold on customers that are not reported with it,
    and on far more of them than a fold can spare for this purpose.

    Parameters
    ----------
    y, score : sequence of array-like of shape (n_part,)
        Two parts or more.

    Returns
    -------
    list of float
        One for each part; 0.5 where nobody in the other parts said yes.
    """
    if len(y) < 2:
        raise ValueError(f"a threshold from other parts needs two parts at least. Got {len(y)}.")
    found = []
    for place in range(len(y)):
        others = [other for other in range(len(y)) if other != place]
        said_yes = np.concatenate([np.asarray(y[other]) for other in others])
        scores = np.concatenate([np.asarray(score[other]) for other in others])
        found.append(best_f1_threshold(said_yes, scores, default=0.5))
    return found
