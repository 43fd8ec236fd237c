"""Calibration: make 20 % mean 20 in 100, with two numbers learned on rows that did not teach the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats
from segmint.models.forward import probabilities

# Standard deviations of the prior on the log temperature and on the offset. Who matches teachers is about as bold as they are, and
# they are right: on tables of 1,000 to 14,000 rows a closer look at their few inner customers costs more than it brings (docs/benchmarks-tried.md).
UNTAUGHT, TAUGHT = 0.3, 0.05


@dataclass(frozen=True)
class Calibration:
    """How logits become probabilities: ``logits / temperature + offset`` (the offset for one logit only).

    Logits beyond `surest`, see `surest_of`, are taken for it.
    """

    temperature: float = 1.0
    offset: float = 0.0
    surest: float | None = None

    def apply(self, logits: ArrayLike) -> Floats:
        """Return one probability per class; shape (n_rows, n_classes).

        Parameters
        ----------
        logits : array-like of shape (n_rows, n_outputs)
            Of two classes one logit, that of the second: also of shape (n_rows,). NaN stays NaN.

        Raises
        ------
        ValueError
            For any other shape.
        """
        logits = np.asarray(logits, dtype=np.float64)
        if logits.ndim == 1:
            logits = logits[:, None]
        if logits.ndim != 2 or logits.shape[1] in (0, 2):
            raise ValueError(
                "The logits must have 1 column for two classes, else one for each class. "
                f"Got an array of shape {logits.shape} instead."
            )
        return probabilities(logits, temperature=self.temperature, offset=self.offset, surest=self.surest)

    def then(self, later: Calibration) -> Calibration:
        """Return the calibration that does this one first and then `later`, which has no `surest`, on its log odds."""
        temperature, offset = self.temperature * later.temperature, self.offset / later.temperature + later.offset
        return Calibration(temperature, offset, self.surest)

    def again(self, likely: Floats) -> Floats:
        """Apply this calibration to probabilities that are given already; shape (n_rows, n_classes)."""
        return self.apply(logits_of(likely))

    def to_json(self) -> dict[str, float]:
        """Return plain JSON; what is None is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Calibration:
        """Read what `to_json` wrote; other entries are none of its business."""
        surest = told.get("surest")
        return cls(float(told["temperature"]), float(told["offset"]), None if surest is None else float(surest))


def surest_of(customers: int) -> float:
    """Return how far from even odds so many customers can be known: log(customers + 1).

    Had all of them said the same, the next one would still say otherwise one time in customers + 2 (Laplace's rule of
    succession). A network that meets an unusual customer can be much surer, on nothing.
    """
    return float(np.log(customers + 1))


def logits_of(likely: Floats) -> Floats:
    """Turn probabilities back into logits: one for two classes, else one per class."""
    logs = np.log(np.clip(likely, 1e-12, 1.0))
    return np.asarray(logs[:, 1:] - logs[:, :1] if logs.shape[1] == 2 else logs)


def fit_calibration(
    logits: Floats, labels: NDArray[np.int64], *, surest: float | None = None, spread: float = UNTAUGHT
) -> Calibration:
    """Learn temperature and offset on rows the network was not trained on.

    Platt scaling for one logit (Platt 1999), temperature scaling for several (Guo et al. 2017, arXiv
    1706.04599), both held near "no change" by a normal prior, so that a few hundred rows do not bend a
    network that is right already.

    Parameters
    ----------
    logits : ndarray of shape (n_rows, 1) or (n_rows, n_classes)
    labels : ndarray of shape (n_rows,)
        Places of the classes.
    surest : float, optional
        Of the calibration, see `surest_of`.
    spread : float
        Standard deviation of the prior on the log temperature and on the offset.
    """
    rows = np.arange(len(labels))
    single = logits.shape[1] == 1

    def unlikely(values: Floats) -> float:
        given = Calibration(float(np.exp(values[0])), float(values[1]) if single else 0.0, surest)
        chosen = given.apply(logits)[rows, labels]
        return float(-np.log(np.clip(chosen, 1e-12, 1.0)).sum() + 0.5 * np.sum((values / spread) ** 2))

    from scipy.optimize import minimize

    best = minimize(
        unlikely, np.zeros(2 if single else 1), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4}
    )
    return Calibration(float(np.exp(best.x[0])), float(best.x[1]) if single else 0.0, surest)


def moved_threshold(threshold: float, later: Calibration, positive: int) -> float:
    """Move a threshold along with a calibration of two classes, so that it chooses the same customers.

    Parameters
    ----------
    threshold : float
        Of the probability of the class in the place `positive`.
    later : Calibration
        What the probabilities go through.
    positive : int
    """
    if threshold <= 0.0:  # who calls everyone goes on calling everyone
        return threshold
    chances = np.full((1, 2), 1.0 - threshold)
    chances[0, positive] = threshold
    return float(later.again(chances)[0, positive])
