"""Which response rate do the propensities of a wave point to, if nothing but the rate has moved? An estimate before outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_EDGE = 1e-6
_HALVINGS = 50
_DROP = 1.92  # of the log-likelihood at the ends of a 95 % interval: half the 95 % quantile of chi-square with 1 degree


@dataclass(frozen=True)
class EstimatedRate:
    """The response rate of a wave under label shift.

    Attributes
    ----------
    rate : float
    low, high : float
        Its 95 % interval: what chance alone leaves open. That the assumption may be wrong is not in it.
    before : float
        The rate that the propensities were made for.
    """

    rate: float
    low: float
    high: float
    before: float

    @property
    def sentence(self) -> str:
        """The estimate in words, with its assumption."""
        return (
            f"If nothing but the response rate has moved (label shift), this wave points to {100 * self.rate:.1f} % "
            f"({100 * self.low:.1f} to {100 * self.high:.1f} %) where the propensities were made for {100 * self.before:.1f} %. "
            "An estimate: nothing is corrected by it."
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "sentence": self.sentence}


def estimate_rate(propensity: ArrayLike, before: float) -> EstimatedRate | None:
    """Estimate the response rate of customers from their propensities alone.

    The likelihood of the propensities is concave in the new rate; its maximum is where the EM algorithm of the source
    ends. It holds if customers who say yes, and those who say no, look as they did in training (label shift), and if
    the propensities are calibrated.

    Parameters
    ----------
    propensity : array-like of shape (n_customers,)
        Calibrated for the rate `before`.
    before : float
        Response rate that they were made for.

    Returns
    -------
    EstimatedRate or None
        None if the propensities tell nothing: none, or all the same.

    References
    ----------
    Saerens, Latinne, Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities: a simple
    procedure", Neural Computation 14(1).
    """
    p = np.clip(np.asarray(propensity, dtype=np.float64), _EDGE, 1 - _EDGE)
    if not p.size or np.ptp(p) < _EDGE or not 0 < before < 1:
        return None
    yes, no = p / before, (1 - p) / (1 - before)

    def likelihood(rate: float) -> float:
        return float(np.log(rate * yes + (1 - rate) * no).sum())

    def rises(rate: float) -> bool:
        return bool(((yes - no) / (rate * yes + (1 - rate) * no)).sum() > 0)

    best = _where_it_turns(rises, _EDGE, 1 - _EDGE)
    enough = likelihood(best) - _DROP
    low = _where_it_turns(lambda rate: likelihood(rate) < enough, _EDGE, best)
    high = _where_it_turns(lambda rate: likelihood(rate) > enough, best, 1 - _EDGE)
    return EstimatedRate(best, low, high, before)


def _where_it_turns(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The point up to which something holds."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2
