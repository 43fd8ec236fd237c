"""What a list earned, and the expected maximum profit of acquisition (EMPA)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from segmint.arrays import Floats
from segmint.metrics.ranking import roc_curve


class MaximumProfit(NamedTuple):
    """The most a ranking can earn, per customer in account currency, and the share called for it."""

    profit: float
    fraction: float


def campaign_profit(y: ArrayLike, called: ArrayLike, *, value: ArrayLike, cost: ArrayLike) -> float:
    """Profit of calling some customers: value of the successes among them, less the cost of all calls.

    Parameters
    ----------
    y, called : array-like of bool, shape (n_customers,)
    value, cost : array-like of shape () or (n_customers,)
        Account currency per success and per customer called.
    """
    yes, on_list = np.asarray(y, dtype=bool), np.asarray(called, dtype=bool)
    return float(np.sum(np.where(on_list, np.where(yes, value, 0.0) - np.asarray(cost), 0.0)))


def empa(
    y: ArrayLike,
    score: ArrayLike,
    *,
    contact_cost: float,
    mean_value: float,
    shape: float = 12.0,
) -> MaximumProfit:
    """Expected maximum profit of acquiring customers, when the value of one is known only as a distribution.

    A contact costs c. A responder brings R − c, anyone else costs c. R follows a gamma distribution. For each R the
    ranking is cut where that R makes it best, and the profit is averaged over R. On a face of the ROC's convex hull
    that average has a closed form in incomplete gamma functions.

    Parameters
    ----------
    y : array-like of bool, shape (n_customers,)
    score : array-like of shape (n_customers,)
        Ranked by it, highest first.
    contact_cost : float
        c, account currency.
    mean_value : float
        Mean of R: the bank's own value per success.
    shape : float
        Shape α of the gamma distribution; its rate is α / mean_value.

    Returns
    -------
    MaximumProfit
        Expected profit per customer, and the expected share called.

    Raises
    ------
    ValueError
        If an amount or `shape` makes no sense, the shapes differ, there are no rows, or a score is not finite.

    References
    ----------
    Verbraken, Verbeke, Baesens 2013, "A novel profit maximizing metric for measuring classification
    performance of customer churn prediction models", IEEE TKDE 25(5), carried over to acquisition by the bank itself.
    """
    if contact_cost < 0 or mean_value <= 0 or shape <= 0:
        raise ValueError("contact_cost must not be negative; mean_value and shape must be positive.")
    curve = roc_curve(y, score)
    wrong, right = _upper_hull(np.asarray(curve.false_positive_rate), np.asarray(curve.true_positive_rate))
    share_yes = float(np.mean(np.asarray(y, dtype=bool)))
    more_right, more_wrong = share_yes * np.diff(right), (1 - share_yes) * np.diff(wrong)
    with np.errstate(divide="ignore", invalid="ignore"):
        # the R from which on calling this face pays: (R − c)·responders ≥ cost of the others
        from_value = np.where(more_right > 0, contact_cost * more_wrong / more_right + contact_cost, np.inf)
    rate = shape / mean_value
    reached = _upper_tail(shape, rate * from_value)
    value_above = mean_value * _upper_tail(shape + 1, rate * from_value)
    profit = more_right * (value_above - contact_cost * reached) - contact_cost * more_wrong * reached
    return MaximumProfit(float(profit.sum()), float(((more_right + more_wrong) * reached).sum()))


def _upper_tail(shape: float, at: Floats) -> Floats:
    from scipy.special import gammaincc

    tail: Floats = np.where(np.isinf(at), 0.0, gammaincc(shape, np.where(np.isinf(at), 0.0, np.maximum(at, 0))))
    return tail


def _upper_hull(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Keep the points of the upper convex hull, left to right (Andrew's monotone chain)."""
    hull: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(hull) > 1 and _not_right_turn(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    xs, ys = np.array(hull).T
    return xs, ys


def _not_right_turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0
