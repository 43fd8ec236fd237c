"""Every metric of every model under the same bootstrap weights, so that differences are paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from segmint.arrays import Floats, distinct
from segmint.metrics.calibration import brier_by_row, log_loss_by_row
from segmint.metrics.classification import best_f1_threshold, f1_from_counts
from segmint.metrics.intervals import weight_blocks
from segmint.metrics.ranking import Ranking

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "expected_calibration_error"})
CELLS = 40_000_000
MOST_THRESHOLDS = 200  # that a sample chooses among, besides those of the rows as they are


@dataclass(frozen=True)
class Judged:
    """One model's predictions for rows kept apart; the rows are the same and in the same order for every model.

    Attributes
    ----------
    probabilities : ndarray of shape (n, n_classes)
    predicted : ndarray of shape (n,)
        Index of the predicted class.
    folds : ndarray of shape (n,), optional
        Of a response whose thresholds come from the other folds, see `cross_fitted_thresholds`: which fold each row was
        kept apart in. Each sample then chooses its own thresholds, so that intervals of F1 hold the chance in that choice.
    """

    probabilities: Floats
    predicted: NDArray[np.int64]
    folds: NDArray[np.int64] | None = None


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
    groups: NDArray[np.int64] | None,
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
        Row 0 holds the metrics of the rows as they are. Of an assignment the F1 of a class that no row has is NaN, as it is
        not judged, and macro F1 is over the classes that rows have or the model names, as in scikit-learn.
    """
    as_they_are = np.ones((1, truth.size), dtype=np.int32)
    judges = [_Judge(truth, model, classes, positive) for model in models]
    blocks = [[judge.scores(as_they_are, anew=False) for judge in judges]]
    blocks += [[judge.scores(each) for judge in judges] for each in weight_blocks(truth.size, repeats, seed, groups)]
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
        self._thresholds = None
        if positive is not None and model.folds is not None:
            self._thresholds = _Thresholds(truth == positive, model.probabilities[:, positive], model.folds)

    def scores(self, weights: NDArray[np.int32], *, anew: bool = True) -> dict[str, Floats]:
        """Return every metric under each set of weights; `anew` lets each choose its own thresholds, where folds do."""
        sums = weights @ self._sums
        total = weights.sum(axis=1)
        right, surprise, distance = (sums[:, :3] / total[:, None]).T
        hits, named, actual = np.split(sums[:, 3:], 3, axis=1)
        by_class = f1_from_counts(hits, named, actual)
        common = {"accuracy": right, "log_loss": surprise, "brier": distance}
        if self._ranking is None or self._positive is None:
            weighted = (by_class * actual).sum(axis=1) / total
            macro = by_class.sum(axis=1) / (named + actual > 0).sum(axis=1)
            judged = np.where(actual > 0, by_class, np.nan)
            each = {f"f1_{name}": judged[:, place] for place, name in enumerate(self._classes)}
            return {"weighted_f1": weighted, "macro_f1": macro, **common, **each}
        weighed = self._ranking.weigh(weights)
        return {
            "f1": self._thresholds.f1(weights) if anew and self._thresholds else by_class[:, self._positive],
            "roc_auc": weighed.roc_auc(),
            "average_precision": weighed.average_precision(),
            **common,
            "lift_10": weighed.lift_at(0.1),
        }


class _Thresholds:
    """F1 with each fold's threshold chosen on the others' rows, sample by sample."""

    def __init__(self, said_yes: NDArray[np.bool_], score: Floats, folds: NDArray[np.int64]) -> None:
        self._folds = [_FoldThresholds(said_yes, score, folds == number) for number in distinct(folds)]

    def f1(self, weights: NDArray[np.int32]) -> Floats:
        """Return F1 under each set of weights; shape (repeats,)."""
        found, called, actual = sum((fold.named(weights) for fold in self._folds), np.zeros(()))
        return f1_from_counts(found, called, actual)


class _FoldThresholds:
    """What a fold's rows count for under the threshold that each sample of the other folds' rows chooses.

    Rows are counted by side, answer and the first of `MOST_THRESHOLDS` falling thresholds that they reach, so that a sample
    costs one product with a matrix that has one entry a row. F1 is best where the last one called said yes: a threshold
    lies below a score of those who did, halfway to the next, as `best_f1_threshold` puts it, or calls everyone.
    """

    def __init__(self, said_yes: NDArray[np.bool_], score: Floats, mine: NDArray[np.bool_]) -> None:
        levels = _levels(said_yes[~mine], score[~mine])
        first = np.searchsorted(-levels, -score, side="left")
        self._shape = (2, len(levels) + 1, 2)
        cell = np.ravel_multi_index((mine.astype(np.int64), first, said_yes.astype(np.int64)), self._shape)
        ones = (np.ones(len(cell), dtype=np.int32), (cell, np.arange(len(cell))))
        self._cells = csr_array(ones, shape=(int(np.prod(self._shape)), len(cell)))

    def named(self, weights: NDArray[np.int32]) -> Floats:
        """Return responders found, customers called and responders of the fold; shape (3, repeats)."""
        counts = (self._cells @ weights.T).T.reshape(len(weights), *self._shape)
        hits, named = np.cumsum(counts[..., 1], axis=2), np.cumsum(counts.sum(axis=3), axis=2)
        # The last column holds all rows: those that reach no threshold too.
        best = f1_from_counts(hits[:, 0, :-1], named[:, 0, :-1], hits[:, 0, -1:]).argmax(axis=1)
        rows = np.arange(len(weights))
        return np.stack([hits[rows, 1, best], named[rows, 1, best], hits[:, 1, -1]]).astype(np.float64)


def _levels(said_yes: NDArray[np.bool_], score: Floats) -> Floats:
    """Return the thresholds that a sample chooses among, falling; the one chosen on the rows as they are is there."""
    scores = np.unique(score)
    reached = score[said_yes] if said_yes.any() else score
    places = np.searchsorted(scores, np.quantile(reached, np.linspace(0, 1, MOST_THRESHOLDS), method="lower"))
    halfway = scores[places] / 2 + scores[np.maximum(places - 1, 0)] / 2
    chosen = best_f1_threshold(said_yes, score, default=0.5)
    return np.unique([*halfway[places > 0], chosen, min(scores[0], 0.0)])[::-1]
