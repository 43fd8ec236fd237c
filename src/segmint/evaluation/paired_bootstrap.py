"""Every metric of every model under the same bootstrap weights, so that differences are paired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmint.metrics.calibration import brier_by_row, log_loss_by_row
from segmint.metrics.classification import f1_from_counts
from segmint.metrics.intervals import weight_blocks
from segmint.metrics.ranking import Ranking

Floats = NDArray[np.float64]
LOWER_IS_BETTER = frozenset({"log_loss", "brier", "expected_calibration_error"})
CELLS = 40_000_000


@dataclass(frozen=True)
class Judged:
    """One model's predictions for rows kept apart; the rows are the same and in the same order for every model.

    Attributes
    ----------
    probabilities : ndarray of shape (n, n_classes)
    predicted : ndarray of shape (n,)
        Index of the predicted class.
    """

    probabilities: Floats
    predicted: NDArray[np.int64]


def affordable_repeats(rows: int, wished: int) -> int:
    """Cut the bootstrap repeats for large tables, whose intervals are narrow anyway; never below 200.

    >>> [affordable_repeats(rows, 1_000) for rows in (5_000, 80_000, 1_000_000)]
    [1000, 500, 200]
    """
    return min(wished, max(200, CELLS // max(rows, 1)))


def bootstrap_scores(
    truth: NDArray[np.int64],
    models: Sequence[Judged],
    classes: Sequence[str],
    *,
    positive: int | None,
    seed: int,
    repeats: int,
    groups: NDArray[np.int64] | None = None,
) -> dict[str, Floats]:
    """Compute every metric of every model on the rows as they are and on bootstrap samples of them.

    Parameters
    ----------
    truth : ndarray of shape (n,)
        Index of the class that happened.
    models : sequence of Judged
    classes : sequence of str
    positive : int or None
        Index of the class that means yes; None for an assignment.
    seed, repeats : int
    groups : ndarray of shape (n,), optional
        Rows of one customer are drawn together.

    Returns
    -------
    dict of str to ndarray of shape (1 + repeats, n_models)
        Row 0 holds the metrics of the rows as they are.
    """
    as_they_are = np.ones((1, truth.size), dtype=np.int32)
    judges = [_Judge(truth, model, classes, positive) for model in models]
    blocks: list[list[dict[str, Floats]]] = []
    for weights in _with_first(as_they_are, weight_blocks(truth.size, repeats, seed, groups)):
        blocks.append([judge.scores(weights) for judge in judges])
    return {
        metric: np.concatenate([np.column_stack([scores[metric] for scores in block]) for block in blocks])
        for metric in blocks[0][0]
    }


class _Judge:
    """One model's sums by row, prepared once; most metrics are ratios of weighted sums."""

    def __init__(self, truth: NDArray[np.int64], model: Judged, classes: Sequence[str], positive: int | None) -> None:
        self._classes, self._positive = classes, positive
        kinds = np.arange(len(classes))
        happened = truth[:, None] == kinds
        named = model.predicted[:, None] == kinds
        losses = [log_loss_by_row(truth, model.probabilities), brier_by_row(truth, model.probabilities)]
        right = (truth == model.predicted).astype(np.float64)
        self._sums = np.column_stack([right, *losses, happened & named, named, happened]).astype(np.float64)
        self._ranking = None if positive is None else Ranking(truth == positive, model.probabilities[:, positive])

    def scores(self, weights: NDArray[np.int32]) -> dict[str, Floats]:
        sums = weights @ self._sums
        total = weights.sum(axis=1)
        right, surprise, distance = (sums[:, :3] / total[:, None]).T
        hits, named, actual = np.split(sums[:, 3:], 3, axis=1)
        by_class = f1_from_counts(hits, named, actual)
        common = {"accuracy": right, "log_loss": surprise, "brier": distance}
        if self._ranking is None or self._positive is None:
            weighted = (by_class * actual).sum(axis=1) / total
            each = {f"f1_{name}": by_class[:, place] for place, name in enumerate(self._classes)}
            return {"weighted_f1": weighted, "macro_f1": by_class.mean(axis=1), **common, **each}
        weighed = self._ranking.weigh(weights)
        return {
            "f1": by_class[:, self._positive],
            "roc_auc": weighed.roc_auc(),
            "average_precision": weighed.average_precision(),
            **common,
            "lift_10": weighed.lift_at(0.1),
        }


def _with_first(first: NDArray[np.int32], rest: Iterator[NDArray[np.int32]]) -> Iterator[NDArray[np.int32]]:
    yield first
    yield from rest
