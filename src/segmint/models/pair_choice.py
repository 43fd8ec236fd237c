"""Which pairs of columns are worth reading together, decided on the training customers alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations
from math import comb

import numpy as np
import polars as pl

from segmint.arrays import Floats, Integers, holders
from segmint.contract.column import Column
from segmint.features.natural import NaturalFeatures
from segmint.features.pairs import Coded, code_column, columns_to_pair, join
from segmint.metrics.intervals import design_effect
from segmint.models.rivals import LightGBM, grown_on_one_thread
from segmint.models.side_by_side import side_by_side

FOLDS = 3
MOST_PAIRS = 3
# Of more, those that tell most are paired: 496 pairs are tested in seconds.
MOST_COLUMNS = 32
# Of a table in which no pair is worth reading, one in a hundred gets one.
SIGNIFICANCE = 0.01
MOST_CUSTOMERS = 50_000
# Of a class with fewer, a third of the customers may hold none, and no trend could be told from chance.
FEWEST_OF_A_CLASS = 30


def choose_pairs(
    frame: pl.DataFrame,
    labels: Integers,
    columns: Sequence[Column],
    *,
    rare: int,
    seed: int,
    groups: Integers | None,
) -> list[tuple[str, str]]:
    """Choose the pairs whose counts say what boosted trees on the columns miss.

    Small trees are cross-fitted. Where a count tells nothing new, their residuals neither rise nor fall with it: a score
    test for a trend (Rao 1948), with Bonferroni's correction for the number of pairs. Of a wide table only the columns
    that tell most of the outcome by themselves are paired. A pair that says no more than how
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
    groups : ndarray of shape (n_customers,) or None
        Rows of one customer share a number: no tree is asked about a customer of whom it has seen another row, and many
        rows of one customer count for as much as they tell (Kish 1965).

    Returns
    -------
    list of (str, str)
        At most `MOST_PAIRS`, the most telling first.
    """
    candidates = columns_to_pair(frame, [column.name for column in columns])
    if len(candidates) < 2:
        return []
    draw = np.random.default_rng(seed)
    some = np.sort(draw.permutation(len(labels))[:MOST_CUSTOMERS])
    frame, labels = frame[some], labels[some]
    whose = np.arange(len(labels)) if groups is None else np.unique(groups[some], return_inverse=True)[1]
    if holders(labels, whose).min() < FEWEST_OF_A_CLASS:
        return []
    likely = _cross_fitted(frame, labels, columns, whose, draw)
    tests = comb(len(candidates), 2)
    if len(candidates) > MOST_COLUMNS:
        candidates = _most_telling(frame, labels, candidates, rare)
    coded = [code_column(frame[name], rare) for name in candidates]

    def chance_of(first: Coded, second: Coded) -> float:
        return _log_chance(join(first, second, rare)[1], labels, likely, whose)

    found = []
    for first, second in combinations(coded, 2):
        chance = chance_of(first, second)
        if chance + np.log(tests) < np.log(SIGNIFICANCE):
            alone = min(chance_of(first, first), chance_of(second, second))
            found += [(chance, (first.name, second.name))] if chance < alone else []
    return [pair for _, pair in sorted(found)[:MOST_PAIRS]]


def _most_telling(frame: pl.DataFrame, labels: Integers, names: Sequence[str], rare: int) -> list[str]:
    """Keep the columns that tell most of the outcome by themselves, in order: hundreds make tens of thousands of pairs."""
    told = np.array([_information(code_column(frame[name], rare).codes, labels) for name in names])
    return [names[place] for place in np.sort(np.argsort(-told, kind="stable")[:MOST_COLUMNS])]


def _information(codes: Integers, labels: Integers) -> float:
    """Estimate the mutual information of two codes, in nats, less what chance adds (Miller 1955)."""
    counts = np.bincount(codes * (labels.max() + 1) + labels, minlength=(codes.max() + 1) * (labels.max() + 1))
    joint = counts.reshape(codes.max() + 1, -1) / len(labels)
    alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    seen = joint > 0
    levels, classes = (np.count_nonzero(joint.sum(axis=axis)) for axis in (1, 0))
    by_chance = (levels - 1) * (classes - 1) / (2 * len(labels))
    return float(joint[seen] @ np.log(joint[seen] / alone[seen])) - by_chance


def _cross_fitted(
    frame: pl.DataFrame, labels: Integers, columns: Sequence[Column], whose: Integers, draw: np.random.Generator
) -> Floats:
    """Say how likely small trees find each class for customers they have not seen; shape (n_customers, n_classes)."""
    natural = NaturalFeatures(columns)
    codes = natural.fit_transform(frame)
    part = draw.permutation(np.arange(int(whose.max()) + 1) % FOLDS)[whose]
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


def _log_chance(sizes: Floats, labels: Integers, likely: Floats, whose: Integers) -> float:
    """Return the logarithm of the chance that residuals follow `sizes` so closely by themselves.

    The score test of a multinomial logit with a slope for each class but one, beside an intercept for each: residuals of one
    row add up to zero, and vary together as `likely` says.
    """
    from scipy.stats import chi2

    expected, about = likely[:, 1:], sizes - sizes.mean()
    left = (labels[:, None] == np.arange(1, likely.shape[1])) - expected

    def varying(weights: Floats) -> Floats:
        weighted = expected * weights[:, None]
        return np.asarray(np.diag(weighted.sum(axis=0)) - weighted.T @ expected)

    steady = varying(about) @ np.linalg.pinv(varying(np.ones(len(labels))), hermitian=True)  # what the intercepts take
    spread = varying(about**2) - steady @ varying(about)
    if np.trace(spread) <= 1e-9:
        return 0.0
    pull = left * about[:, None] - left @ steady.T
    together = np.sqrt([design_effect(each, whose) for each in pull.T])
    moved = pull.sum(axis=0) / together
    return float(chi2.logsf(moved @ np.linalg.pinv(spread, hermitian=True) @ moved, len(spread)))
