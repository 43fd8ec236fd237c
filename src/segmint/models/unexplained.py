"""What small trees leave unexplained of the training customers: what a further feature is held against before it is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
import polars as pl

from segmint.arrays import Floats, Integers, holders
from segmint.contract.column import Column
from segmint.features.natural import NaturalFeatures
from segmint.metrics.intervals import design_effect
from segmint.models.rivals import LightGBM, grown_on_one_thread
from segmint.models.side_by_side import side_by_side

FOLDS = 3
MOST_CUSTOMERS = 50_000
# Of a class with fewer, a third of the customers may hold none, and no trend could be told from chance.
FEWEST_OF_A_CLASS = 30
# Of a table in which nothing is worth reading, one in a hundred gets something, of each kind that is tested.
SIGNIFICANCE = 0.01


class Unexplained:
    """Outcomes of some training customers, and how likely small trees that had not seen them found each.

    The trees are cross-fitted when they are first asked for.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
    labels : ndarray of shape (n_customers,)
        Places of the classes, 0 to n_classes - 1.
    columns : sequence of Column
    seed : int
    groups : ndarray of shape (n_customers,) or None
        Rows of one customer share a number: no tree is asked about a customer of whom it has seen another row, and many
        rows of one customer count for as much as they tell (Kish 1965).

    Attributes
    ----------
    whole : polars.DataFrame of shape (n_customers, n_columns)
    frame, labels
        Those of at most `MOST_CUSTOMERS`, drawn.
    enough : bool
        Whether each class has the customers that a trend needs.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        labels: Integers,
        columns: Sequence[Column],
        *,
        seed: int,
        groups: Integers | None,
    ) -> None:
        self.whole, self.columns = frame, columns
        self._draw = np.random.default_rng(seed)
        some = np.sort(self._draw.permutation(len(labels))[:MOST_CUSTOMERS])
        self.frame, self.labels = frame[some], labels[some]
        self._grouped = groups is not None
        self._whose = np.arange(len(some)) if groups is None else np.unique(groups[some], return_inverse=True)[1]
        self.enough = bool(holders(self.labels, self._whose).min() >= FEWEST_OF_A_CLASS)

    @cached_property
    def likely(self) -> Floats:
        """How likely the trees find each class; shape (n_drawn, n_classes)."""
        natural = NaturalFeatures(self.columns)
        codes, labels = natural.fit_transform(self.frame), self.labels
        part = self._draw.permutation(np.arange(int(self._whose.max()) + 1) % FOLDS)[self._whose]
        likely = np.zeros((len(labels), labels.max() + 1))

        def ask(number: int) -> None:
            seen, apart = part != number, part == number
            trees = LightGBM(
                rounds=200,
                learning_rate=0.1,
                leaves=15,
                min_leaf=40,
                categories=tuple(natural.categories_),
                random_state=number,
            )
            trees.fit(codes[seen], labels[seen], inner=(codes[apart], labels[apart]))
            likely[np.ix_(apart, trees.classes_)] = trees.predict_proba(codes[apart])

        jobs = [partial(ask, number) for number in range(FOLDS)]
        apart = grown_on_one_thread(codes)
        side_by_side(jobs if apart else [], here=[] if apart else jobs)
        return likely

    def log_chance(self, numbers: Floats) -> float:
        """Return the logarithm of the chance that residuals follow `numbers` so closely by themselves, see `log_chance`."""
        return log_chance(numbers, self.labels, self.likely, self._whose if self._grouped else None)


def is_sure(chance: float, tests: int) -> bool:
    """Whether what has the logarithm `chance` is no chance, as one of so many tests (Bonferroni's correction)."""
    return bool(chance + np.log(tests) < np.log(SIGNIFICANCE))


def log_chance(numbers: Floats, labels: Integers, likely: Floats, whose: Integers | None = None) -> float:
    """Return the logarithm of the chance that residuals follow `numbers` so closely by themselves.

    The score test of a multinomial logit with a slope for each class but one, beside an intercept for each (Rao 1948):
    residuals of one row add up to zero, and vary together as `likely` says.

    Parameters
    ----------
    numbers : ndarray of shape (n_customers,)
    labels : ndarray of shape (n_customers,)
    likely : ndarray of shape (n_customers, n_classes)
    whose : ndarray of shape (n_customers,), optional
        The customer of each row; left out, each row is another.
    """
    from scipy.stats import chi2

    expected, about = likely[:, 1:], numbers - numbers.mean()
    left = (labels[:, None] == np.arange(1, likely.shape[1])) - expected

    def varying(weights: Floats) -> Floats:
        return np.asarray(np.diag(weights @ expected) - (expected * weights[:, None]).T @ expected)

    steady = varying(about) @ np.linalg.pinv(varying(np.ones(len(labels))), hermitian=True)  # what the intercepts take
    spread = varying(about**2) - steady @ varying(about)
    if np.trace(spread) <= 1e-9:
        return 0.0
    pull = left * about[:, None] - left @ steady.T
    together = 1.0 if whose is None else np.sqrt([design_effect(each, whose) for each in pull.T])
    moved = pull.sum(axis=0) / together
    return float(chi2.logsf(moved @ np.linalg.pinv(spread, hermitian=True) @ moved, len(spread)))
