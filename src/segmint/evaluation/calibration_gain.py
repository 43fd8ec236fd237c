"""What one more calibration brings, judged on customers that it was not learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats, distinct
from segmint.metrics.calibration import expected_calibration_error, log_loss, reliability_table
from segmint.models.calibration import fit_calibration, logits_of


def before_and_after(
    likely: Floats,
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    positive: int | None,
    groups: NDArray[np.int64],
) -> dict[str, Any]:
    """Judge the calibration on customers that it was not learned from: each fold by what the others teach.

    Parameters
    ----------
    likely : ndarray of shape (n_rows, n_classes)
        Probabilities of rows kept apart.
    labels : ndarray of shape (n_rows,)
        Places of the classes.
    folds : ndarray of shape (n_rows,)
        The fold in which each row was kept apart, at least two, all rows of a customer in one; see `halves`.
    positive : int or None
        The place of yes; None for an assignment.
    groups : ndarray of shape (n_rows,)
        Whose each row is.

    Returns
    -------
    dict
        customers (rows), before and after: log_loss, calibration_error, and promised, observed, low, high and customers
        by bin.
    """
    after = np.empty_like(likely)
    for number in distinct(folds):
        others = folds != number
        after[~others] = fit_calibration(logits_of(likely[others]), labels[others]).again(likely[~others])
    return {
        "customers": len(labels),
        "before": _judged(likely, labels, positive, groups),
        "after": _judged(after, labels, positive, groups),
    }


def halves(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Deal customers to two halves in turn, as they come first: of a single fold each half judges what the other teaches.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,)
        Whose each row is; rows of one customer stay together.

    Returns
    -------
    ndarray of shape (n_rows,)
        0 or 1.
    """
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    turn = np.empty(first.size, dtype=np.int64)
    turn[np.argsort(first)] = np.arange(first.size)
    return np.asarray(turn[member] % 2)


def _judged(
    likely: Floats, labels: NDArray[np.int64], positive: int | None, groups: NDArray[np.int64]
) -> dict[str, Any]:
    """Judge the propensities of a response; of an assignment, whether the likeliest segment is as likely as said."""
    score = likely.max(axis=1) if positive is None else likely[:, positive]
    happened = likely.argmax(axis=1) == labels if positive is None else labels == positive
    bins = reliability_table(happened, score, groups)
    return {
        "log_loss": log_loss(labels, likely),
        "calibration_error": expected_calibration_error(happened, score),
        "promised": bins.mean_propensity.tolist(),
        "observed": bins.response_rate.tolist(),
        "low": bins.low.tolist(),
        "high": bins.high.tolist(),
        "customers": bins.customers.tolist(),
    }
