"""How well a propensity is known: an interval for each, learned from customers that did not teach the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats, distinct
from segmint.metrics.calibration import venn_abers
from segmint.metrics.intervals import design_effect, wilson

STEPS = 512
DIGITS = 6
# The rate of customers like this one is judged by the nearest twentieth of the calibration customers, at least 50 of them.
NEIGHBOURS = 0.05
FEWEST_NEIGHBOURS = 50
FEWEST_CUSTOMERS = 100


@dataclass(frozen=True)
class PropensityInterval:
    """Between which rates customers of a propensity say yes.

    Two doubts add up: which outcome this customer would have had among the calibration customers (Venn-Abers), and how
    well their rate is known (Wilson, 95 %, for the nearest twentieth of them, at least 50). Both are steps of the propensity, kept on
    at most 512 steps that cover what the exact ones would say.

    Attributes
    ----------
    customers : int
        Calibration customers.
    edges : ndarray of shape (n,)
        Propensities where the interval steps, ascending.
    low, high : ndarray of shape (n + 1,)
        Ends of the interval below the first edge, between edges, and from the last edge on.
    """

    customers: int
    edges: Floats
    low: Floats
    high: Floats

    def of(self, propensity: ArrayLike) -> tuple[Floats, Floats]:
        """Return the ends of the interval of each propensity, which lies in it."""
        points = np.asarray(propensity, dtype=np.float64)
        step = np.searchsorted(self.edges, points, side="right")
        return np.minimum(self.low[step], points), np.maximum(self.high[step], points)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, as in a bundle's ``calibration.json``."""
        return {
            "customers": self.customers,
            "edges": self.edges.tolist(),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
        }

    @property
    def neighbours(self) -> int:
        """How many of the calibration customers, those nearest, each rate was judged by."""
        return round(_near(self.customers))

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> PropensityInterval:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If these are no steps: wrong lengths, ends that cross or fall, numbers outside [0, 1].
        """
        try:
            edges, low, high = (np.asarray(told[name], dtype=np.float64) for name in ("edges", "low", "high"))
            customers = int(told["customers"])
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError("the interval needs customers, edges, low and high") from error
        if edges.ndim != 1 or not edges.size or low.shape != (edges.size + 1,) or high.shape != low.shape:
            raise ValueError("the interval needs one step more than edges")
        every = np.concatenate([edges, low, high])
        if not (np.isfinite(every).all() and (every >= 0).all() and (every <= 1).all()):
            raise ValueError("the interval's numbers must lie in [0, 1]")
        falls = [np.diff(values).min(initial=0) < 0 for values in (edges, low, high)]
        if any(falls) or (low > high).any():
            raise ValueError("the interval's steps must not fall, nor its ends cross")
        return cls(customers, edges, low, high)


def _near(customers: int) -> float:
    return max(FEWEST_NEIGHBOURS, NEIGHBOURS * customers)


def fit_interval(
    propensity: ArrayLike, said_yes: ArrayLike, groups: NDArray[np.integer] | None = None
) -> PropensityInterval | None:
    """Learn intervals from the propensities of customers that did not teach the network, and their outcomes.

    Parameters
    ----------
    propensity, said_yes : array-like of shape (n,)
    groups : ndarray of shape (n,), optional
        The customer of each row: rows that go together count for fewer, see `design_effect`. Left out, each row is a
        customer of its own.

    Returns
    -------
    PropensityInterval or None
        None for fewer than 100 customers, or if all said the same: nothing can be said of a rate then.
    """
    points, yes = np.asarray(propensity, dtype=np.float64), np.asarray(said_yes, dtype=bool)
    customers = points.size if groups is None else distinct(groups).size
    if customers < FEWEST_CUSTOMERS or yes.all() or not yes.any():
        return None
    together = 1.0 if groups is None else design_effect(yes - points, groups)
    edges = np.unique(np.round(np.quantile(points, np.linspace(0.0, 1.0, STEPS)), DIGITS))
    at = venn_abers(points, yes, np.concatenate([[-1.0], edges, [2.0]]))
    near = np.full(edges.size + 1, _near(customers) * points.size / customers / together)
    # Both ends rise with the propensity: from an edge to the next, the low end is that of the one, the high end of the other.
    low = wilson(at.low[:-1] * near, near)[0]
    high = wilson(at.high[1:] * near, near)[1]
    tiny = 10.0**-DIGITS
    return PropensityInterval(
        customers,
        edges,
        np.floor(np.maximum.accumulate(low) / tiny) * tiny,
        np.minimum(np.ceil(np.maximum.accumulate(high) / tiny) * tiny, 1.0),
    )
