"""How good predictions were, batch after batch: counts only, so that a table of any length fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats, Integers
from segmint.metrics.calibration import log_loss_by_row
from segmint.metrics.classification import class_index, confusion_matrix, f1_from_counts
from segmint.metrics.intervals import (
    FEWEST_OF_EACH,
    auc_interval,
    average_precision_interval,
    f1_interval,
    interval,
    wilson,
)
from segmint.metrics.ranking import auc_of_masses, average_precision_of_masses

DIGITS = 6
_BINS = 10**DIGITS + 1
_PLACES = 2**18
_REPEATS, _SEED = 1_000, 0


class StreamedQuality:
    """Adds up predicted classes and, of a response, propensities rounded to six digits as call lists round them.

    Rows of one customer all count, and make the intervals as wide as they go together.

    Parameters
    ----------
    classes : sequence of str
    positive : str or None
        The class whose probability ranks customers.
    """

    def __init__(self, classes: Sequence[str], positive: str | None) -> None:
        self._classes, self._positive = list(classes), positive
        self._confusion = np.zeros((len(self._classes), len(self._classes)), dtype=np.int64)
        self._named = _NamedTogether(len(self._classes))
        self._ranked = None if positive is None else _Ranked()

    def add(
        self,
        outcome: NDArray[np.str_],
        predicted: NDArray[np.str_],
        likely: ArrayLike,
        customers: NDArray[np.integer] | None = None,
    ) -> None:
        """Count one batch.

        Parameters
        ----------
        outcome, predicted : ndarray of shape (n,)
        likely : array-like of shape (n, n_classes)
            Probabilities, in the order of the classes.
        customers : ndarray of shape (n,), optional
            A hash of the customer of each row; without it every row is a customer.
        """
        batch = confusion_matrix(outcome, predicted, self._classes)
        self._confusion += batch
        truth = class_index(outcome, self._classes)
        self._named.add(truth, class_index(predicted, self._classes), batch, customers)
        if self._ranked is not None and self._positive is not None:
            place = self._classes.index(self._positive)
            self._ranked.add(truth, np.asarray(likely, dtype=np.float64), place, customers)

    def quality(self) -> dict[str, float]:
        """Return the figures by name, with `_low` and `_high` where a 95 % interval is honest; empty before the first customer.

        Of classes weighted F1, accuracy and ``f1_`` of each class that a row has. Of a response F1, ROC AUC, average precision, accuracy, log
        loss, the rate of the yes and the mean propensity. What knowing only the shares of the outcomes gives is
        `largest_share` for an accuracy, `base_log_loss` for a log loss and the rate for an average precision.
        """
        total = int(self._confusion.sum())
        if not total:
            return {}
        actual, hits = self._confusion.sum(axis=1), float(np.trace(self._confusion))
        one = np.ones(len(self._classes))
        effect = self._named.effect(one, 0 * one, -hits / total * one)
        accuracy = _estimate("accuracy", hits / total, wilson(hits / effect, total / effect))
        by_class = {told["outcome"]: told for told in self.classes()}
        largest = {"largest_share": float(actual.max() / total)}
        if self._ranked is None or self._positive is None:
            each = {f"f1_{name}": float(told["f1"]) for name, told in by_class.items() if "f1" in told}
            return self._weighted_f1() | accuracy | largest | each
        mine = by_class[self._positive]
        f1 = {name: float(mine[name]) for name in ("f1", "f1_low", "f1_high") if name in mine}
        return f1 | accuracy | largest | self._ranked.quality()

    def classes(self) -> list[dict[str, Any]]:
        """Return a row of the confusion table per class: outcome, rows, predicted, F1 with its interval, and `predicted_as`.

        Of several classes one that no row has is not judged, and has no F1.
        """
        hits, named, actual = np.diag(self._confusion), self._confusion.sum(axis=0), self._confusion.sum(axis=1)
        each = f1_from_counts(hits, named, actual)
        effect = np.array(
            [self._named.effect(2 * own, -f1 * own, -f1 * own) for own, f1 in zip(np.eye(len(each)), each, strict=True)]
        )
        low, high = f1_interval(hits / effect, named / effect, actual / effect)
        return [
            {
                "outcome": name,
                "rows": int(actual[k]),
                "predicted": int(named[k]),
                **(_estimate("f1", each[k], (low[k], high[k])) if actual[k] or self._positive else {}),
                "predicted_as": dict(zip(self._classes, self._confusion[k].tolist(), strict=True)),
            }
            for k, name in enumerate(self._classes)
        ]

    def _weighted_f1(self) -> dict[str, float]:
        """Weighted F1 with its interval; as samples of rows draw the cells of the table, a multinomial draw is one of them.

        References
        ----------
        Efron, Tibshirani 1993, "An introduction to the bootstrap".
        """
        total, hits = int(self._confusion.sum()), int(np.trace(self._confusion))
        ends: tuple[Any, Any] = (math.nan, math.nan)
        if min(hits, total - hits) >= FEWEST_OF_EACH:
            random, rows = np.random.default_rng(_SEED), max(round(total / self._weighted_f1_effect()), 1)
            shares = self._confusion.ravel() / total
            draws = (random.multinomial(rows, shares).reshape(self._confusion.shape) for _ in range(_REPEATS))
            ends = interval([_weighted(drawn) for drawn in draws])
        return _estimate("weighted_f1", _weighted(self._confusion), ends)

    def _weighted_f1_effect(self) -> float:
        hits, named, actual = np.diag(self._confusion), self._confusion.sum(axis=0), self._confusion.sum(axis=1)
        each, share = f1_from_counts(hits, named, actual), actual / np.maximum(named + actual, 1)
        return self._named.effect(2 * share, -each * share, each - _weighted(self._confusion) - each * share)


class _NamedTogether:
    """The design effect of customers with several rows on a figure of the confusion table, from counts at places as `_Together`'s.

    What a row adds to a figure, as the ratio of sums that it is, hangs on its cell: on its class where it is named rightly,
    on the class it is named, and on the class it is.

    References
    ----------
    Kish 1965, "Survey sampling", on the variance of a ratio.
    """

    def __init__(self, classes: int) -> None:
        self._counts = np.zeros((3, classes, _PLACES), dtype=np.int32)  # hits, named, actual
        self._alone, self._confusion = np.zeros((2, classes, classes), dtype=np.int64)

    def add(self, truth: Integers, named: Integers, confusion: Integers, customers: NDArray[np.integer] | None) -> None:
        self._confusion += confusion
        if customers is None:
            self._alone += confusion
            return
        places, right = _places_of(customers), truth == named
        np.add.at(self._counts[0], (truth[right], places[right]), 1)
        np.add.at(self._counts[1], (named, places), 1)
        np.add.at(self._counts[2], (truth, places), 1)

    def effect(self, hit: Floats, named: Floats, actual: Floats) -> float:
        """Return the effect on a figure to which a row adds `hit` and `named` and `actual` of its class; 0 on average."""
        if (self._alone == self._confusion).all():
            return 1.0
        squares = (np.diag(hit) + named + actual[:, None]) ** 2
        alone = float((self._confusion * squares).sum())
        sums = np.einsum("fk,fkp->p", np.stack([hit, named, actual]), self._counts)
        together = float((sums**2).sum()) + float((self._alone * squares).sum())
        return max(together / alone, 1.0) if alone > 1e-9 else 1.0


class _Ranked:
    """What a response has beside its classes: who said yes at which propensity."""

    def __init__(self) -> None:
        # customers by rounded propensity: those who said no, those who said yes
        self._by_score = np.zeros((2, _BINS), dtype=np.int64)
        self._surprise, self._promised = 0.0, 0.0
        self._yes, self._left = _Together(), _Together()

    def add(self, truth: Integers, likely: Floats, place: int, customers: NDArray[np.integer] | None) -> None:
        yes, propensity = truth == place, likely[:, place]
        places = np.rint(propensity * 10**DIGITS).astype(np.int64)
        for said, rows in enumerate((~yes, yes)):
            self._by_score[said] += np.bincount(places[rows], minlength=_BINS)
        self._surprise += float(log_loss_by_row(truth, likely).sum())
        self._promised += float(propensity.sum())
        self._yes.add(yes.astype(np.float64), customers)
        self._left.add(yes - propensity, customers)

    def quality(self) -> dict[str, float]:
        no, yes = self._by_score
        refused, said = int(no.sum()), int(yes.sum())
        total, effect, left = refused + said, self._yes.effect, self._left.effect
        rate = said / total
        found = {"log_loss": self._surprise / total, "base_log_loss": _entropy(rate)}
        found |= _estimate("response_rate", rate, wilson(said / effect, total / effect))
        found["mean_propensity"] = self._promised / total
        area, precision = auc_of_masses(yes, no), average_precision_of_masses(yes, no)
        enough = min(refused, said) >= FEWEST_OF_EACH
        if area is not None:
            ends = auc_interval(area, said / left, refused / left) if enough else (math.nan, math.nan)
            found |= _estimate("roc_auc", area, ends)
        if precision is not None:
            ends = average_precision_interval(precision, said / left) if enough else (math.nan, math.nan)
            found |= _estimate("average_precision", precision, ends)
        return found


class _Together:
    """The design effect of customers with several rows, from sums at a fixed number of places.

    Customers who share a place by chance do not go together, so that what they add is nothing on average.

    References
    ----------
    Kish 1965, "Survey sampling"; see `segmint.metrics.intervals.design_effect`.
    """

    def __init__(self) -> None:
        self._rows, self._sums, self._squares = np.zeros(_PLACES), np.zeros(_PLACES), 0.0

    def add(self, values: Floats, customers: NDArray[np.integer] | None) -> None:
        if customers is not None:
            places = _places_of(customers)
            self._rows += np.bincount(places, minlength=_PLACES)
            self._sums += np.bincount(places, values, minlength=_PLACES)
            self._squares += float((values**2).sum())

    @property
    def effect(self) -> float:
        mean = self._sums.sum() / max(self._rows.sum(), 1)
        alone = self._squares - self._rows.sum() * mean**2
        return max(float(((self._sums - mean * self._rows) ** 2).sum()) / alone, 1.0) if alone > 1e-9 else 1.0


def _places_of(customers: NDArray[np.integer]) -> Integers:
    return (customers % _PLACES).astype(np.int64)


def _weighted(confusion: NDArray[np.integer]) -> float:
    actual = confusion.sum(axis=1)
    return float(np.average(f1_from_counts(np.diag(confusion), confusion.sum(axis=0), actual), weights=actual))


def _entropy(rate: float) -> float:
    return -sum(share * math.log(share) for share in (rate, 1 - rate) if share > 0)


def _estimate(name: str, value: float, ends: tuple[Any, Any]) -> dict[str, float]:
    """Write a figure, and its interval where there is one."""
    low, high = float(ends[0]), float(ends[1])
    return {name: float(value)} | ({} if math.isnan(low) else {f"{name}_low": low, f"{name}_high": high})
