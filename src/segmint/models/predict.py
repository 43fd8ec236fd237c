"""From typed customers to probabilities with what a bundle holds: no TensorFlow, no scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.features.lookup import FeatureLookup
from segmint.models.calibration import Calibration
from segmint.models.forward import FoldedLayer, fold, forward_summed
from segmint.models.interval import PropensityInterval


class Predictor:
    """A network ready to predict, folded once.

    Parameters
    ----------
    features, network, calibration : dict
        As in a bundle.
    weights : dict of str to ndarray

    Attributes
    ----------
    classes : tuple of str
    calibrated : Calibration
    threshold : float or None
    interval : PropensityInterval or None
        How well a response's propensity is known; None if the bundle does not say.
    folded : list of (kernel, bias, activation)
        One per Dense layer.
    """

    def __init__(
        self,
        features: Mapping[str, Any],
        network: Mapping[str, Any],
        weights: Mapping[str, NDArray[np.float32]],
        calibration: Mapping[str, Any],
    ) -> None:
        self.features, self.calibration = features, calibration
        self.classes: tuple[str, ...] = tuple(network["classes"])
        self.calibrated = Calibration.from_json(calibration)
        self.threshold: float | None = calibration.get("threshold")
        self.folded: list[FoldedLayer] = fold(network["layers"], weights)
        self._lookup = FeatureLookup(features)
        told = calibration.get("interval")
        self.interval = None if told is None else PropensityInterval.from_json(told)
        # The first layer as a table: a customer's signal is a sum of a few of its rows.
        self._table = self._lookup.table(self.folded[0][0])

    def probabilities(self, frame: pl.DataFrame) -> NDArray[np.float64]:
        """Return one probability per class; shape (n_customers, n_classes)."""
        logits = forward_summed(self.folded, self._table, *self._lookup.pick(frame))
        return self.calibrated.apply(logits)

    def predicted(self, likely: NDArray[np.float64], positive: str | None) -> NDArray[np.str_]:
        """Name the class of each customer: the likeliest, or for a response the positive one from the threshold on."""
        names = np.asarray(self.classes)
        if positive is None or self.threshold is None:
            return np.asarray(names[likely.argmax(axis=1)])
        place = self.classes.index(positive)
        return np.asarray(np.where(likely[:, place] >= self.threshold, names[place], names[1 - place]))
