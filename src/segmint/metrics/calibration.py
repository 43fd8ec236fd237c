"""Whether 20 % means 20 in 100: losses of probabilities, the reliability table, Venn-Abers intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats, holders
from segmint.metrics.intervals import design_effect, wilson

_BINS = 10
_SMALLEST = float(np.finfo(np.float64).eps)


def log_odds(propensity: ArrayLike, edge: float = 1e-6) -> Floats:
    """Logarithm of p / (1 − p), with p kept `edge` away from 0 and 1."""
    p = np.clip(np.asarray(propensity, dtype=np.float64), edge, 1 - edge)
    result: Floats = np.log(p / (1 - p))
    return result


def shifted(propensity: ArrayLike, shift: float) -> Floats:
    """Add `shift` to the `log_odds` of each propensity; 0 leaves them as they are."""
    if shift == 0.0:
        return np.asarray(propensity, dtype=np.float64)
    result: Floats = 1 / (1 + np.exp(-(log_odds(propensity) + shift)))
    return result


class ReliabilityTable(NamedTuple):
    """Propensity against observed response rate, bin by bin; every array has shape (n_bins,).

    Attributes
    ----------
    mean_propensity, response_rate : ndarray
        What was promised and what happened.
    low, high : ndarray
        Wilson interval (95 %) of the response rate, widened where rows of one customer go together.
    customers : ndarray
        In the bin, each once.
    rows : ndarray
    """

    mean_propensity: Floats
    response_rate: Floats
    low: Floats
    high: Floats
    customers: NDArray[np.int64]
    rows: NDArray[np.int64]


def log_loss_by_row(y_index: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Minus the logarithm of the probability given to what happened; shape (n,). See `log_loss`."""
    truth, shares = _truth_and_shares(y_index, probabilities)
    given = np.take_along_axis(shares, truth[:, None], axis=1)[:, 0]
    result: Floats = -np.log(np.clip(given, _SMALLEST, 1 - _SMALLEST))
    return result


def fitted_line(odds: Floats, rate: Floats, weight: Floats, *, trust: float = np.inf) -> tuple[float, float, float]:
    """Slope of what happened on promised log odds (Cox 1958), its variance if the line holds, and the mean it turns about.

    Each of the `odds` is that of `weight` customers, of whom the share `rate` said yes; all of shape (n,). A normal prior
    with the standard deviation `trust` holds the slope near 1.
    """
    # about their mean the two columns are nearly at right angles, and the inverse is safe
    middle = float(np.average(odds, weights=weight))
    design, prior = np.column_stack([np.ones(odds.size), odds - middle]), np.array([0.0, 1 / trust**2])
    beta = np.array([middle, 1.0])
    for _ in range(40):
        p = 1 / (1 + np.exp(-(design @ beta)))
        information = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(prior + 1e-9)
        step = np.linalg.solve(information, design.T @ (weight * (rate - p)) - prior * (beta - 1))
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[1]), float(np.linalg.inv(information)[1, 1]), middle


def log_loss(y_index: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean surprise of the outcomes under the probabilities, in nats; lower is better.

    Parameters
    ----------
    y_index : array-like of shape (n,)
        Index of the class that happened; for a response 1 means yes.
    probabilities : array-like of shape (n, n_classes), or (n,) for a response
        The probability of each class, or of yes.
    """
    return float(log_loss_by_row(y_index, probabilities).mean())


def brier_by_row(y_index: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Squared distance between the probabilities and what happened; shape (n,), and its mean is the Brier score.

    For two classes (p − y)², in [0, 1]; for more the sum over the classes, in [0, 2] (Brier 1950).
    Parameters as in `log_loss`.
    """
    truth, shares = _truth_and_shares(y_index, probabilities)
    happened = np.arange(shares.shape[1])[None, :] == truth[:, None]
    distance: Floats = ((shares - happened) ** 2).sum(axis=1)
    return distance / 2 if shares.shape[1] == 2 else distance


def reliability_table(y: ArrayLike, score: ArrayLike, groups: NDArray[np.integer] | None = None) -> ReliabilityTable:
    """Compare propensities with response rates in bins of about equally many rows.

    There are ten, or fewer, as equal propensities never part.

    Parameters
    ----------
    y : array-like of shape (n,)
        Whether each row said yes.
    score : array-like of shape (n,)
        Propensities.
    groups : ndarray of shape (n,), optional
        The customer of each row; without it each row is a customer of its own.
    """
    truth, points = np.asarray(y).astype(bool), np.asarray(score, dtype=np.float64)
    edges = np.unique(np.quantile(points, np.arange(1, _BINS) / _BINS, method="higher")) if points.size else points
    place = np.unique(np.searchsorted(edges, points, side="right"), return_inverse=True)[1]
    rows, responders = np.bincount(place), np.bincount(place, weights=truth)
    customers, together = rows, 1.0
    if groups is not None:
        together = design_effect(truth - points, groups)
        customers = holders(place, groups)
    low, high = wilson(responders / together, rows / together)
    mean = np.bincount(place, weights=points) / rows
    return ReliabilityTable(mean, responders / rows, low, high, customers.astype(np.int64), rows)


def expected_calibration_error(y: ArrayLike, score: ArrayLike) -> float:
    """Mean gap between propensity and response rate over the bins of `reliability_table`, by rows."""
    table = reliability_table(y, score)
    gaps = np.abs(table.mean_propensity - table.response_rate)
    return float(np.average(gaps, weights=table.rows))


def _truth_and_shares(y_index: ArrayLike, probabilities: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    truth = np.asarray(y_index).astype(np.int64)
    shares = np.asarray(probabilities, dtype=np.float64)
    if shares.ndim == 1:
        shares = np.column_stack([1 - shares, shares])
    if truth.ndim != 1 or truth.size != shares.shape[0]:
        raise ValueError(f"y_index and probabilities need the same rows: {truth.shape}, {shares.shape}")
    return truth, shares


class VennAbers(NamedTuple):
    """Interval and point of a calibrated propensity; every array has the shape of the scores."""

    low: Floats
    high: Floats
    propensity: Floats


def venn_abers(calibration_score: ArrayLike, said_yes: ArrayLike, score: ArrayLike) -> VennAbers:
    """Turn scores into propensities with an honest interval, by what became of calibration customers.

    For each score isotonic regression is fitted twice, as if the customer had said no (`low`) and yes (`high`): one
    of the two is calibrated whatever the score is worth, as long as customers are exchangeable.

    Parameters
    ----------
    calibration_score : array-like of shape (m,)
        Scores of customers that did not teach the model, with known outcomes.
    said_yes : array-like of shape (m,)
    score : array-like of shape (n,)
        Scores to calibrate.

    Returns
    -------
    VennAbers
        `propensity` is high / (1 − low + high), which minimises the regret in log loss.

    Raises
    ------
    ValueError
        If there are no calibration customers, or shapes differ.

    References
    ----------
    Vovk, Petej 2014, "Venn-Abers predictors", arXiv 1211.0025; Vovk, Petej, Fedorova 2015, "Large-scale probabilistic
    predictors with and without guarantees of validity", arXiv 1511.00213 (the inductive form used here).
    """
    known, yes = np.asarray(calibration_score, dtype=np.float64), np.asarray(said_yes, dtype=np.float64)
    points = np.asarray(score, dtype=np.float64)
    if not known.size or known.shape != yes.shape or known.ndim != 1:
        raise ValueError(f"calibration needs scores and outcomes of one length above 0: {known.shape}, {yes.shape}")
    distinct, member, customers = np.unique(known, return_inverse=True, return_counts=True)
    across = np.append(0.0, np.cumsum(customers))
    up = np.append(0.0, np.cumsum(np.bincount(member, weights=yes)))
    # A new score lies after `before` distinct ones; a tie joins the group that ends at `after`.
    before = np.searchsorted(distinct, points, side="left")
    after = np.searchsorted(distinct, points, side="right")
    places, back = np.unique(np.stack([before.ravel(), after.ravel()]), axis=1, return_inverse=True)
    left, right = _hull_chain(across, up, step=1), _hull_chain(across, up, step=-1)
    ends = np.array([_bridges(across, up, left, right, *place) for place in places.T.tolist()])
    low, high = ends[back.ravel()].reshape(*points.shape, 2).transpose(-1, *range(points.ndim))
    return VennAbers(low, high, high / (1 - low + high))


def _hull_chain(across: Floats, up: Floats, step: int) -> list[int]:
    """Link each point to the next vertex of the lower hull of the points before (step 1) or after it (step −1)."""
    order = range(across.size) if step == 1 else range(across.size - 1, -1, -1)
    x, y, link, stack = across.tolist(), up.tolist(), [-1] * across.size, list[int]()
    for new in order:
        while len(stack) > 1:
            last, previous = stack[-1], stack[-2]
            turn = (x[last] - x[previous]) * (y[new] - y[previous]) - (y[last] - y[previous]) * (x[new] - x[previous])
            if step * turn > 0:
                break
            stack.pop()
        link[new] = stack[-1] if stack else -1
        stack.append(new)
    return link


def _bridges(
    across: Floats, up: Floats, left: list[int], right: list[int], before: int, after: int
) -> tuple[float, float]:
    """Isotonic value at a place with a no and with a yes added: the largest of the smallest slopes across it."""
    lefts, rights = _chain(left, before), _chain(right, after)
    run = across[rights][None, :] - across[lefts][:, None] + 1
    rise = up[rights][None, :] - up[lefts][:, None]
    return float((rise / run).min(axis=1).max()), float(((rise + 1) / run).min(axis=1).max())


def _chain(link: list[int], start: int) -> list[int]:
    chain = [start]
    while link[chain[-1]] >= 0:
        chain.append(link[chain[-1]])
    return chain
