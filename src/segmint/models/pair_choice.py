"""Which pairs of columns are worth reading together, decided on the training customers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.features.natural import NaturalFeatures
from segmint.features.pairs import learn_pair, pair_steps, pairs_of
from segmint.models.rivals import LightGBM

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FOLDS = 3
MOST_PAIRS = 3
# Of a table in which no pair is worth reading, one in a hundred gets one.
SIGNIFICANCE = 0.01
MOST_CUSTOMERS = 50_000
# Of a class with fewer, a third of the customers may hold none, and no trend could be told from chance.
FEWEST_OF_A_CLASS = 30


def choose_pairs(
    frame: pl.DataFrame, labels: Integers, columns: Sequence[Column], *, rare: int, seed: int
) -> list[tuple[str, str]]:
    """Choose the pairs whose counts say what boosted trees on the columns miss.

    Small trees are cross-fitted. Where a count tells nothing new, their residuals neither rise nor fall with it: a score
    test for a trend (Rao 1948), with Bonferroni's correction for the number of pairs. A pair that says no more than how
    common the value of one of its columns is by itself is not taken: there the trees were small.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
    labels : ndarray of shape (n_customers,)
        Places of the classes, 0 to n_classes - 1.
    columns : sequence of Column
    rare : int
        As in `CustomerFeatures`, which will read the pairs.
    seed : int

    Returns
    -------
    list of (str, str)
        At most `MOST_PAIRS`, the most telling first.
    """
    candidates = pairs_of(frame, [column.name for column in columns])
    if not candidates:
        return []
    draw = np.random.default_rng(seed)
    some = np.sort(draw.permutation(len(labels))[:MOST_CUSTOMERS])
    frame, labels, classes = frame[some], labels[some], int(labels.max()) + 1
    if np.bincount(labels, minlength=classes).min() < FEWEST_OF_A_CLASS:
        return []
    likely = _cross_fitted(frame, labels, columns, draw)
    found = []
    for pair in candidates:
        chance = _log_chance(_shared(frame, pair, rare), labels, likely)
        if chance + np.log(len(candidates)) < np.log(SIGNIFICANCE):
            alone = [_log_chance(_shared(frame, (name, name), rare), labels, likely) for name in pair]
            found += [(chance, pair)] if chance < min(alone) else []
    return [pair for _, pair in sorted(found)[:MOST_PAIRS]]


def _shared(frame: pl.DataFrame, pair: tuple[str, str], rare: int) -> Floats:
    """Say with how many a customer shares both values, as the network is told; shape (n_customers,)."""
    learned = learn_pair(frame, pair, rare)
    return np.asarray(learned["sizes"])[pair_steps(learned, frame[pair[0]], frame[pair[1]])]


def _cross_fitted(
    frame: pl.DataFrame, labels: Integers, columns: Sequence[Column], draw: np.random.Generator
) -> Floats:
    """Say how likely small trees find each class for customers they have not seen; shape (n_customers, n_classes)."""
    natural = NaturalFeatures(columns)
    codes = natural.fit_transform(frame)
    part = draw.permutation(np.arange(len(labels)) % FOLDS)
    likely = np.zeros((len(labels), labels.max() + 1))
    for number in range(FOLDS):
        seen, apart = part != number, part == number
        trees = LightGBM(
            rounds=200,
            learning_rate=0.1,
            leaves=15,
            min_leaf=40,
            categories=tuple(natural.categories_),
            threads=1,
            random_state=number,
        )
        trees.fit(codes[seen], labels[seen], inner=(codes[apart], labels[apart]))
        likely[np.ix_(apart, trees.classes_)] = trees.predict_proba(codes[apart])
    return likely


def _log_chance(sizes: Floats, labels: Integers, likely: Floats) -> float:
    """Return the logarithm of the chance that residuals follow `sizes` so closely by themselves."""
    from scipy.stats import chi2

    classes = range(1, 2) if likely.shape[1] == 2 else range(likely.shape[1])
    statistic = 0.0
    for place in classes:
        expected = likely[:, place]
        variance = expected * (1.0 - expected)
        centred = sizes - np.average(sizes, weights=np.maximum(variance, 1e-9))
        spread = float(variance @ centred**2)
        statistic += float(((labels == place) - expected) @ centred) ** 2 / spread if spread > 1e-9 else 0.0
    # residuals of several classes add up to zero
    return float(chi2.logsf(statistic, max(len(classes) - 1, 1)))
