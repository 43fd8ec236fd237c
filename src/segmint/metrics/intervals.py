"""How sure we are: Wilson intervals for rates, bootstrap weights, percentile intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats

NORMAL_95 = 1.959964  # standard errors to each side that hold 95 % of a normal distribution
FEWEST_OF_EACH = 5  # purchases, and customers without one, in each arm: with fewer no interval is honest


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a rate that stays inside [0, 1] and honest for few trials.

    Parameters
    ----------
    successes, trials : array-like of one shape
        Counts.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray of the same shape
        NaN where there are no trials.

    References
    ----------
    Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22(158).
    """
    hits, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = hits / n
        centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z / (1 + z**2 / n) * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    return np.clip(centre - reach, 0, 1), np.clip(centre + reach, 0, 1)


def trials_behind(rate: float, low: float, high: float) -> float:
    """Count the independent trials that `wilson` made an interval of: fewer than there were, where some went together.

    Parameters
    ----------
    rate, low, high : float
        What `wilson` said of them, at its 95 %; `low` below `high`.
    """
    z = NormalDist().inv_cdf(0.975)
    square = (high - low) ** 2
    # the width of the interval as a quadratic in z ** 2 / n, of whose two roots one is positive
    a, b = square - 1, 2 * square - 4 * rate * (1 - rate)
    return z**2 * 2 * a / (-b - math.sqrt(b**2 - 4 * a * square))


def rate_difference(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of a rate less another rate, of different trials; honest for few of them and for rates of 0 and 1.

    Parameters
    ----------
    successes, trials, other_successes, other_trials : array-like of one shape
        Counts.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray of the same shape
        NaN where there are no trials.

    References
    ----------
    Newcombe 1998, "Interval estimation for the difference between independent proportions: comparison of eleven methods",
    Statistics in Medicine 17(8), method 10.
    """
    low, high = wilson(successes, trials, level)
    other_low, other_high = wilson(other_successes, other_trials, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.asarray(successes, dtype=np.float64) / np.asarray(trials, dtype=np.float64)
        other = np.asarray(other_successes, dtype=np.float64) / np.asarray(other_trials, dtype=np.float64)
    difference = rate - other
    return (
        difference - np.hypot(rate - low, other_high - other),
        difference + np.hypot(high - rate, other - other_low),
    )


def auc_interval(area: float, yes: float, no: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a ROC AUC that stays inside [0, 1] and honest for few customers: of areas that chance could turn into this one.

    Parameters
    ----------
    area : float
        See `segmint.metrics.ranking.roc_auc`.
    yes, no : float
        Customers who said so; a part of them where rows of one customer go together, see `design_effect`.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        NaN where there is no area.

    References
    ----------
    Newcombe 2006, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2", Statistics
    in Medicine 25(4), method 5.
    """
    if math.isnan(area):
        return math.nan, math.nan
    z, each = NormalDist().inv_cdf(0.5 + level / 2), max((yes + no) / 2 - 1, 0.0)

    def reach(true: float) -> float:
        spread = 1 + each * ((1 - true) / (2 - true) + true / (1 + true))
        return z * math.sqrt(true * (1 - true) * spread / (yes * no))

    def farthest(end: float) -> float:
        near, far = area, end
        for _ in range(60):
            middle = (near + far) / 2
            near, far = (middle, far) if abs(area - middle) <= reach(middle) else (near, middle)
        return near

    return farthest(0.0), farthest(1.0)


def f1_interval(hits: ArrayLike, named: ArrayLike, actual: ArrayLike) -> tuple[Floats, Floats]:
    """Interval of F1 that stays inside [0, 1] and honest for few customers.

    F1 rises with the share of hits among all who are named or are it, which is a rate.

    Parameters
    ----------
    hits, named, actual : array-like of one shape
        Counts, as for `segmint.metrics.classification.f1_from_counts`.

    Returns
    -------
    low, high : ndarray of the same shape
        NaN where nobody is named or is it.

    References
    ----------
    Lam, Gopal, Qian 2023, "Confidence intervals for the F1 score: a comparison of four methods", arXiv 2309.14621, the
    indirect Wilson method.
    """
    right = np.asarray(hits, dtype=np.float64)
    low, high = wilson(right, np.asarray(named, dtype=np.float64) + np.asarray(actual, dtype=np.float64) - right)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def average_precision_interval(precision: float, yes: float) -> tuple[float, float]:
    """Interval of an average precision, symmetric in its log odds.

    Parameters
    ----------
    precision : float
        See `segmint.metrics.ranking.average_precision`.
    yes : float
        Customers who said so; a part of them where rows of one customer go together, see `design_effect`.

    Returns
    -------
    low, high : float
        NaN where it is 0 or 1.

    References
    ----------
    Boyd, Eng, Page 2013, "Area under the precision-recall curve: point estimates and confidence intervals", ECML PKDD.
    """
    if not 0 < precision < 1:
        return math.nan, math.nan
    odds = math.log(precision / (1 - precision))
    reach = NormalDist().inv_cdf(0.975) / math.sqrt(yes * precision * (1 - precision))
    low, high = (1 / (1 + math.exp(-(odds + step))) for step in (-reach, reach))
    return low, high


def design_effect(residuals: ArrayLike, groups: NDArray[np.integer]) -> float:
    """How many times the variance of a sum is that of independent rows, because rows of one customer go together.

    Parameters
    ----------
    residuals : array-like of shape (n,)
        What happened less what was promised.
    groups : ndarray of shape (n,)
        The customer of each row.

    Returns
    -------
    float
        At least 1, and 1 where every customer has one row.

    References
    ----------
    Kish 1965, "Survey sampling".
    """
    _, member = np.unique(groups, return_inverse=True)
    if not member.size or member.max() + 1 == member.size:
        return 1.0
    left = np.asarray(residuals, dtype=np.float64)
    left = left - left.mean()
    alone = float((left**2).sum())
    return max(float((np.bincount(member, left) ** 2).sum()) / alone, 1.0) if alone > 0 else 1.0


def interval(values: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Percentile interval of bootstrap values over axis 0; NaN values (an undefined metric) are left out."""
    array = np.asarray(values, dtype=np.float64)
    columns = array.reshape(array.shape[0], -1)
    edges = np.full((2, columns.shape[1]), np.nan)
    known = ~np.isnan(columns).all(axis=0)
    edges[:, known] = np.nanquantile(columns[:, known], [0.5 - level / 2, 0.5 + level / 2], axis=0)
    low, high = edges.reshape(2, *array.shape[1:])
    return low, high


def weight_blocks(
    n: int, repeats: int, seed: int, groups: NDArray[np.integer] | None = None, cells: int = 400_000
) -> Iterator[NDArray[np.int32]]:
    """How often each row is drawn in each bootstrap repeat, in blocks that fit the processor's cache.

    Parameters
    ----------
    n : int
        Rows.
    repeats : int
    seed : int
    groups : ndarray of shape (n,), optional
        Rows of one group (one customer) are drawn together; without it every row is its own group.
    cells : int
        About how many numbers a block holds.

    Yields
    ------
    ndarray of int32, shape (repeats of the block, n)

    References
    ----------
    Efron, Tibshirani 1993, "An introduction to the bootstrap"; groups: the cluster bootstrap.
    """
    if groups is not None and len(groups) != n:
        raise ValueError(f"groups must name the group of each of the {n} rows. Got {len(groups)} instead.")
    member = None if groups is None else np.unique(groups, return_inverse=True)[1]
    units = n if member is None else int(member.max(initial=-1)) + 1
    random = np.random.default_rng(seed)
    at_once = max(1, cells // max(n, 1))
    for first in range(0, repeats, at_once):
        count = min(at_once, repeats - first)
        drawn = random.integers(0, units, size=(count, units))
        drawn += units * np.arange(count)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.int32)
        yield weights if member is None else np.take(weights, member, axis=1)
