"""Who comes first: metrics of a score that ranks customers. Ties count by expectation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats


class RocCurve(NamedTuple):
    """False and true positive rates at each distinct score, from the strictest threshold on."""

    false_positive_rate: Floats
    true_positive_rate: Floats


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall at each distinct score, from the laxest threshold on; ends at (1, 0)."""

    precision: Floats
    recall: Floats
    named: NDArray[np.int64]


class Ranking:
    """Customers sorted once by score, to be weighed many times.

    Sorting is the dear part of a ranking metric; a bootstrap needs it once per model, not once per repeat.

    Parameters
    ----------
    y : array-like of shape (n,)
        Whether each customer said yes: booleans, or 0 and 1.
    score : array-like of shape (n,)
        The higher, the earlier the customer is called. Finite.

    Raises
    ------
    ValueError
        If the shapes differ, there are no rows, or a score is not finite.
    """

    def __init__(self, y: ArrayLike, score: ArrayLike) -> None:
        yes = np.asarray(y).astype(bool)
        points = np.asarray(score, dtype=np.float64)
        if yes.ndim != 1 or yes.shape != points.shape or not yes.size:
            raise ValueError(f"y and score need one and the same length above 0: {yes.shape}, {points.shape}")
        if not np.isfinite(points).all():
            raise ValueError("score must be finite")
        self.order = np.argsort(-points, kind="stable")
        self.yes = yes[self.order]
        self.sorted_scores = points[self.order]
        last = np.append(self.sorted_scores[1:] != self.sorted_scores[:-1], True)
        # Group g of equal scores fills the sorted places starts[g] … ends[g] - 1.
        self.ends = np.flatnonzero(last) + 1
        self.starts = np.append(0, self.ends[:-1])
        self.responders_before = np.append(0, np.cumsum(self.yes))
        self.group_of_place = np.cumsum(last) - last

    def weigh(self, weights: ArrayLike | None = None) -> WeighedRanking:
        """Count each customer `weights` times; shape (repeats, n) or (n,), whole numbers; None means once."""
        if weights is None:
            return WeighedRanking(self, np.ones((1, self.yes.size), dtype=np.int64))
        return WeighedRanking(self, np.atleast_2d(np.asarray(weights)))


class WeighedRanking:
    """Ranking metrics under one or many sets of weights; every result has shape (repeats,).

    Made by `Ranking.weigh`. A metric that the weights leave undefined (nobody, or everybody, said yes) is
    NaN.
    """

    def __init__(self, ranking: Ranking, weights: NDArray[np.integer]) -> None:
        self._ranking = ranking
        by_score = np.take(weights, ranking.order, axis=1)
        self._called = _running(by_score)
        self._reached = _running(np.compress(ranking.yes, by_score, axis=1))
        self._total = self._called[:, -1].astype(np.float64)
        self._responders = self._reached[:, -1].astype(np.float64)
        before = ranking.responders_before
        with_responders = before[ranking.ends] > before[ranking.starts]
        self._starts, self._ends = ranking.starts[with_responders], ranking.ends[with_responders]

    def _responder_groups(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Count called and reached before and after each group of equal scores that holds a responder."""
        before = self._ranking.responders_before
        return (
            np.take(self._called, self._starts, axis=1).astype(np.float64),
            np.take(self._called, self._ends, axis=1).astype(np.float64),
            np.take(self._reached, before[self._starts], axis=1).astype(np.float64),
            np.take(self._reached, before[self._ends], axis=1).astype(np.float64),
        )

    def roc_auc(self) -> Floats:
        """Chance that a responder scores above a non-responder, a tie counting one half (Mann-Whitney)."""
        called_before, called, reached_before, reached = self._responder_groups()
        refusals_above = called_before - reached_before
        refusals_through = called - reached
        refusals = self._total - self._responders
        beaten = refusals[:, None] - (refusals_above + refusals_through) / 2
        return _ratio(((reached - reached_before) * beaten).sum(axis=1), self._responders * refusals)

    def average_precision(self) -> Floats:
        """Mean precision over the responders, in steps at distinct scores as in scikit-learn."""
        _, called, reached_before, reached = self._responder_groups()
        precision = np.divide(reached, called, out=np.zeros_like(reached), where=called > 0)
        return _ratio(((reached - reached_before) * precision).sum(axis=1), self._responders)

    def cumulative_gain(self, fraction: float) -> Floats:
        """Share of all responders expected among the first `fraction` of the customers."""
        ranking, wanted = self._ranking, fraction * self._total
        # The first place whose running total reaches what is wanted lies in the group that the cut divides.
        place = (self._called[:, 1:] < wanted[:, None]).sum(axis=1)
        group = ranking.group_of_place[np.minimum(place, ranking.yes.size - 1)]
        start, end = ranking.starts[group], ranking.ends[group]
        rows, before = np.arange(wanted.size), ranking.responders_before
        called, reached = self._called[rows, start], self._reached[rows, before[start]]
        share = _ratio(wanted - called, self._called[rows, end] - called)
        inside = self._reached[rows, before[end]] - reached
        return _ratio(reached + np.nan_to_num(share) * inside, self._responders)

    def lift_at(self, fraction: float) -> Floats:
        """Response rate expected among the first `fraction` of the customers, over the base rate."""
        return self.cumulative_gain(fraction) / fraction


def roc_auc(y: ArrayLike, score: ArrayLike) -> float:
    """Chance that a random responder scores above a random non-responder; a tie counts one half.

    Parameters
    ----------
    y : array-like of shape (n,)
        Whether each customer said yes.
    score : array-like of shape (n,)

    Returns
    -------
    float
        In [0, 1]; NaN when nobody or everybody said yes.

    References
    ----------
    Hanley, McNeil 1982, "The meaning and use of the area under a ROC curve", Radiology 143(1).
    """
    return float(Ranking(y, score).weigh().roc_auc()[0])


def auc_of_masses(yes: ArrayLike, no: ArrayLike) -> float | None:
    """ROC AUC of how many say yes and how many say no at each score, from the lowest on; None without a pair to compare."""
    won, lost = np.asarray(yes, dtype=np.float64), np.asarray(no, dtype=np.float64)
    pairs = float(won.sum() * lost.sum())
    return float((won * (np.cumsum(lost) - lost / 2)).sum()) / pairs if pairs else None


def average_precision_of_masses(yes: ArrayLike, no: ArrayLike) -> float | None:
    """Average precision of how many say yes and how many say no at each score, from the lowest on; None without a yes."""
    won, lost = np.asarray(yes, dtype=np.float64)[::-1], np.asarray(no, dtype=np.float64)[::-1]
    held = won > 0
    precision = (np.cumsum(won) / np.maximum(np.cumsum(won + lost), 1))[held]
    return float(np.average(precision, weights=won[held])) if held.any() else None


def average_precision(y: ArrayLike, score: ArrayLike) -> float:
    """Precision averaged over the responders: the sum of (recall step) · precision at distinct scores.

    Parameters
    ----------
    y, score : array-like of shape (n,)
        As in `roc_auc`.

    Returns
    -------
    float
        In [0, 1]; a ranking without information gets the base rate. NaN when nobody said yes.
    """
    return float(Ranking(y, score).weigh().average_precision()[0])


def lift_at(y: ArrayLike, score: ArrayLike, fraction: float = 0.1) -> float:
    """Response rate of the first `fraction` of the customers, divided by the response rate of all.

    Parameters
    ----------
    y, score : array-like of shape (n,)
        As in `roc_auc`.
    fraction : float
        Share of the customers that is called, in (0, 1].

    Returns
    -------
    float
        1 for a ranking without information. A cut inside a group of equal scores takes its expected share,
        a cut inside a customer the fraction of that customer.

    Raises
    ------
    ValueError
        If `fraction` is not in (0, 1], the shapes differ, there are no rows, or a score is not finite.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must be above 0 and at most 1. Got {fraction!r} instead.")
    return float(Ranking(y, score).weigh().lift_at(fraction)[0])


def cumulative_gain(y: ArrayLike, score: ArrayLike, fractions: ArrayLike) -> Floats:
    """Share of all responders reached by calling the first `fractions` of the customers.

    Parameters
    ----------
    y, score : array-like of shape (n,)
    fractions : array-like of shape (m,)
        Shares of the customers, in [0, 1].

    Returns
    -------
    ndarray of shape (m,)
        From 0 at 0 to 1 at 1; NaN when nobody said yes.

    Raises
    ------
    ValueError
        If one of `fractions` is not in [0, 1], the shapes differ, there are no rows, or a score is not finite.
    """
    wanted = np.atleast_1d(np.asarray(fractions, dtype=np.float64))
    if ((wanted < 0) | (wanted > 1)).any():
        raise ValueError("fractions must lie between 0 and 1")
    weighed = Ranking(y, score).weigh()
    return np.array([weighed.cumulative_gain(float(fraction))[0] for fraction in wanted])


def roc_curve(y: ArrayLike, score: ArrayLike) -> RocCurve:
    """Rates of the ROC curve at every distinct score, starting at (0, 0).

    Parameters
    ----------
    y, score : array-like of shape (n,)

    Returns
    -------
    RocCurve
        Arrays of shape (distinct scores + 1,). A rate that has no customers behind it is NaN.
    """
    ranking = Ranking(y, score)
    reached = np.append(0, ranking.responders_before[ranking.ends]).astype(np.float64)
    false_alarms = np.append(0, ranking.ends) - reached
    return RocCurve(
        _ratio(false_alarms, np.full_like(reached, false_alarms[-1])),
        _ratio(reached, np.full_like(reached, reached[-1])),
    )


def precision_recall_curve(y: ArrayLike, score: ArrayLike) -> PrecisionRecallCurve:
    """Precision and recall at every distinct score, laxest threshold first.

    Parameters
    ----------
    y, score : array-like of shape (n,)

    Returns
    -------
    PrecisionRecallCurve
        `precision` and `recall` of shape (distinct scores + 1,), ending at (1, 0).
        `named`, as long as they: how many customers have that score or a higher one, ending at 0.
    """
    ranking = Ranking(y, score)
    reached = ranking.responders_before[ranking.ends].astype(np.float64)
    precision = reached / ranking.ends
    recall = _ratio(reached, np.full_like(reached, reached[-1]))
    return PrecisionRecallCurve(
        np.append(precision[::-1], 1.0),
        np.append(recall[::-1], 0.0),
        np.append(ranking.ends[::-1], 0),
    )


def _running(weights: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give running totals along the rows with a leading 0; shape (repeats, n + 1)."""
    totals = np.zeros((weights.shape[0], weights.shape[1] + 1), dtype=np.int64)
    np.cumsum(weights, axis=1, dtype=np.int64, out=totals[:, 1:])
    return totals


def _ratio(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    result = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=result, where=np.asarray(whole) > 0)
    return result
