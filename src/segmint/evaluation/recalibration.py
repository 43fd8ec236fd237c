"""Recalibration of the intercept: move all propensities so that they promise what was lately observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from segmint.arrays import Floats
from segmint.metrics.calibration import fitted_line, log_odds, shifted
from segmint.metrics.intervals import NORMAL_95, design_effect

_FARTHEST = 60.0  # there even the least and the surest propensities are 0 and 1
_NEAREST = 1e-6  # log odds; what is less is the noise of computing, never that of customers
PARTS = 5
_TRUST = 0.5  # standard deviation of the prior of the slope


def turned(propensity: ArrayLike, slope: float, middle: float) -> Floats:
    """Stretch or press the log odds around `middle`; 1 leaves them as they are."""
    if slope == 1.0:
        return np.asarray(propensity, dtype=np.float64)
    result: Floats = expit(middle + slope * (log_odds(propensity) - middle))
    return result


def slope_of(propensity: ArrayLike, said_yes: ArrayLike) -> tuple[float, float]:
    """Find how far apart the log odds should lie, judged by what lately happened.

    Under drift a model is too sure of its differences: those promised least say yes more often than promised, and not
    calling them is dear where calls are cheap. The slope is that of Cox (1958), held near 1 by a normal prior, and
    never negative, so that the order stays.

    Parameters
    ----------
    propensity, said_yes : array-like of shape (n,)
        As in `intercept_shift`.

    Returns
    -------
    slope, middle : float
        For `turned`; 1 and 0 for no rows.
    """
    odds, yes = log_odds(propensity), np.asarray(said_yes, dtype=np.float64)
    if not yes.size:
        return 1.0, 0.0
    slope, _, middle = fitted_line(odds, yes, np.ones(odds.size), trust=_TRUST)
    return max(slope, 0.0), middle


def intercept_shift(propensity: ArrayLike, said_yes: ArrayLike, *, at_least: int = 0) -> float:
    """Find the shift of the log odds that makes the propensities promise, on average, what happened.

    The order of the customers stays as it is, and so do odds ratios: the prior-shift correction of Saerens, Latinne
    and Decaestecker (2002, Neural Computation 14(1)), with the new rate read from outcomes instead of guessed.

    Parameters
    ----------
    propensity : array-like of shape (n,)
        Propensities of customers whose outcome is known, best made before it was.
    said_yes : array-like of shape (n,)
    at_least : int
        Rows to rest on: those that are missing count as customers who answered as they were promised.

    Returns
    -------
    float
        0 for no rows. The observed rate is drawn half a success and half a failure towards one half, so that a
        stretch without a responder does not end all calling; where rows are missing, by as much less.
    """
    odds, yes = log_odds(propensity), np.asarray(said_yes, dtype=bool)
    if not yes.size:
        return 0.0
    missing = max(at_least - yes.size, 0)
    known = 1 - missing / at_least if missing else 1.0  # half a success beside few rows would double a rate of 1 in 400
    wanted = (yes.sum() + missing * expit(odds).mean() + 0.5 * known) / (yes.size + missing + known)
    return float(brentq(lambda shift: expit(odds + shift).mean() - wanted, -_FARTHEST, _FARTHEST, xtol=1e-14))


@dataclass(frozen=True)
class Move:
    """What a move of the intercept brings, judged by the outcomes that it was found with.

    Attributes
    ----------
    shift : float
        Of the log odds; 0 where what was found is too small to be more than the noise of computing.
    doubt : float
        Its standard error, rows of one customer going together.
    gain, low, high : float
        Log score per customer after the move less before it, with its interval of 95 %.
    """

    shift: float
    doubt: float
    gain: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the rate has moved by more than its own chance."""
        return abs(self.shift) > NORMAL_95 * self.doubt


def move_of(said: Floats, yes: NDArray[np.bool_], groups: NDArray[np.int64]) -> Move:
    """Find the move and say what it brings, without setting customers apart to judge it.

    For a given shift d the gain of a customer is d · yes − (A(x + d) − A(x)), x being the log odds and
    A(x) = log(1 + exp(x)). So its mean is a line in the true response rate, and nothing else is unknown: the interval of
    the rate, taken on the log odds, is that of the gain, and holds as often. A shift judged on parts that did not find it
    runs against their own chance: it was called worse in one of five cases where the rate had not moved at all.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Propensities.
    yes : ndarray of bool, shape (n,)
    groups : ndarray of shape (n,)
        Whose each row is.
    """
    shift, odds = intercept_shift(said, yes), log_odds(said)
    if abs(shift) < _NEAREST:
        shift = 0.0
    moved = expit(odds + shift)
    left = yes - moved
    doubt = float(np.sqrt(design_effect(left, groups) * (left**2).sum()) / (moved * (1 - moved)).sum())
    price = float(np.mean(np.logaddexp(0, odds + shift) - np.logaddexp(0, odds)))

    def gain(farther: float) -> float:
        return shift * float(expit(odds + shift + farther).mean()) - price

    low, high = sorted(gain(side * NORMAL_95 * doubt) for side in (-1, 1))
    return Move(shift, doubt, gain(0.0), low, high)


def flattered_by(said: Floats, yes: NDArray[np.bool_], groups: NDArray[np.int64]) -> float:
    """Say by how much the log score per customer is too good, on average, on the rows that an intercept was found with.

    One number that was fitted costs 1 / n (Akaike 1974, IEEE Transactions on Automatic Control 19(6)), and more where
    rows of one customer go together.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Propensities after the move.
    yes : ndarray of bool, shape (n,)
    groups : ndarray of shape (n,)
    """
    return design_effect(yes - said, groups) / yes.size


def cross_fitted(said: Floats, yes: NDArray[np.bool_], groups: NDArray[np.int64]) -> Floats:
    """Recalibrate each part on the others, so that no customer judges a shift it helped to find.

    Parameters
    ----------
    said : ndarray of shape (n,)
        Propensities.
    yes : ndarray of bool, shape (n,)
    groups : ndarray of shape (n,)
        Whose each row is; rows of one customer stay together.

    Returns
    -------
    ndarray of shape (n,)
    """
    member = np.unique(groups, return_inverse=True)[1]
    part = (np.random.default_rng(7).permutation(int(member.max(initial=-1)) + 1) % PARTS)[member]
    moved = said.copy()
    for number in range(PARTS):
        here = part == number
        moved[here] = shifted(said[here], intercept_shift(said[~here], yes[~here]))
    return moved
