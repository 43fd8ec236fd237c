"""Recalibration of the intercept: move all propensities so that they promise what was lately observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_EDGE = 1e-6
_FARTHEST = 30.0


def log_odds(propensity: ArrayLike) -> Floats:
    """Logarithm of p / (1 − p), with p kept a millionth away from 0 and 1."""
    p = np.clip(np.asarray(propensity, dtype=np.float64), _EDGE, 1 - _EDGE)
    result: Floats = np.log(p / (1 - p))
    return result


def shifted(propensity: ArrayLike, shift: float) -> Floats:
    """Add `shift` to the log odds of each propensity; 0 leaves them as they are."""
    if shift == 0.0:
        return np.asarray(propensity, dtype=np.float64)
    result: Floats = 1 / (1 + np.exp(-(log_odds(propensity) + shift)))
    return result


def intercept_shift(propensity: ArrayLike, said_yes: ArrayLike) -> float:
    """Find the shift of the log odds that makes the propensities promise, on average, what happened.

    The order of the customers stays as it is, and so do odds ratios: the prior-shift correction of Saerens, Latinne
    and Decaestecker (2002, Neural Computation 14(1)), with the new rate read from outcomes instead of guessed.

    Parameters
    ----------
    propensity : array-like of shape (n,)
        Propensities of customers whose outcome is known, best made before it was.
    said_yes : array-like of shape (n,)

    Returns
    -------
    float
        0 for no rows. The observed rate is drawn half a success and half a failure towards one half, so that a
        stretch without a responder does not end all calling.
    """
    odds, yes = log_odds(propensity), np.asarray(said_yes, dtype=bool)
    if not yes.size:
        return 0.0
    wanted = (yes.sum() + 0.5) / (yes.size + 1)
    low, high = -_FARTHEST, _FARTHEST
    # The mean grows with the shift; 60 halvings are exact to a double.
    for _ in range(60):
        middle = (low + high) / 2
        mean = float(np.mean(1 / (1 + np.exp(-(odds + middle)))))
        low, high = (middle, high) if mean < wanted else (low, middle)
    return (low + high) / 2
