"""One customer at a time: what a service asks, answered in microseconds.

`SinglePredictor` says what `Predictor` says of a frame of one row, flags included, without making a frame: the row is
read by `contract.one_row`, its columns pick rows of the first layer's table (`features.lookup`), and the rest is a few
small products. The sums are those of 32-bit numbers in another order; a test holds both ways to within a millionth.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.contract.column import Known
from segmint.contract.contract import Contract
from segmint.contract.one_row import OneRow
from segmint.features.lookup import FeatureLookup
from segmint.models.forward import forward_one
from segmint.models.predict import Predictor

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Answer:
    """What the network says of one customer.

    Attributes
    ----------
    probabilities : tuple of float
        In the order of the predictor's `classes`.
    predicted : str
    flags : str
        What is unusual about the customer, as in `ValidTable.flags`.
    propensity, propensity_low, propensity_high : float or None
        The probability of yes and the ends of its interval; None for an assignment, or without an interval.
    segment : str or None
        The segment's name, where somebody tells segments.
    """

    probabilities: tuple[float, ...]
    predicted: str
    flags: str = ""
    propensity: float | None = None
    propensity_low: float | None = None
    propensity_high: float | None = None
    segment: str | None = None


class SinglePredictor:
    """Predicts customers one by one: the way for a service.

    Parameters
    ----------
    predictor : Predictor
        Of a bundle, `predictor_of`.
    contract : Contract
    at : {"planning", "dialling", "after_call"}
        The bundle's.
    segment_of : callable, optional
        Names the segment of a customer whose values were read, and what to flag of it.

    Examples
    --------
    ``single.customer({"age": 41, "job": "technician", ...})`` checks, flags and predicts a dict of raw values;
    ``single.vector(features)`` predicts one row of `apply_features`.
    """

    def __init__(
        self,
        predictor: Predictor,
        contract: Contract,
        at: Known,
        *,
        segment_of: Callable[[Mapping[str, Any]], tuple[str, list[str]]] | None = None,
    ) -> None:
        self._segment_of = segment_of
        self.classes = predictor.classes
        self._positive = None if contract.outcome.positive is None else self.classes.index(contract.outcome.positive)
        self._threshold = predictor.threshold
        self._calibrated = predictor.calibrated
        self._surest = math.inf if predictor.calibrated.surest is None else predictor.calibrated.surest
        told = predictor.interval
        self._steps = None if told is None else (told.edges.tolist(), told.low.tolist(), told.high.tolist())
        self._door = OneRow(contract, at)
        self._lookup = FeatureLookup(predictor.features)
        self._layers = predictor.folded
        kernel, bias, activation = self._layers[0]
        # The first layer as a table: a customer's signal is a sum of a few of its rows.
        self._table: Vector = self._lookup.table(kernel)
        self._rest = [(np.eye(0, dtype=np.float32), bias, activation), *self._layers[1:]]

    def customer(self, row: Mapping[str, Any]) -> Answer:
        """Check, flag and predict one customer.

        Parameters
        ----------
        row : mapping of str to text, number, truth value or None

        Raises
        ------
        ContractError
            If a column that the network needs is missing.
        DataError
            If a value cannot be read; the column is named, never the value.
        """
        values, flags = self._door.read(row)
        places, weights = self._lookup.pick_one(values)
        signal = np.asarray(weights, dtype=np.float32) @ self._table[places]
        segment, more = (None, []) if self._segment_of is None else self._segment_of(values)
        flags = "; ".join(filter(None, [flags, *more]))
        return self._answer(forward_one(self._rest, signal, summed=True), flags, segment)

    def vector(self, features: Vector) -> Answer:
        """Predict one row of features, shape (n_features,), float32."""
        return self._answer(forward_one(self._layers, features), "")

    def _answer(self, logits: Vector, flags: str, segment: str | None = None) -> Answer:
        if len(logits) == 1:
            logit = min(max(float(logits[0]), -self._surest), self._surest)
            scaled = logit / self._calibrated.temperature + self._calibrated.offset
            yes = 1.0 / (1.0 + math.exp(-min(max(scaled, -500.0), 500.0)))
            likely: tuple[float, ...] = (1.0 - yes, yes)
        else:
            rows = self._calibrated.apply(logits[None].astype(np.float64))
            likely = tuple(rows[0].tolist())
        if self._positive is None:
            return Answer(likely, self._named(likely), flags, segment=segment)
        propensity = likely[self._positive]
        return Answer(likely, self._named(likely), flags, propensity, *self._ends(propensity), segment)

    def _ends(self, propensity: float) -> tuple[float | None, float | None]:
        if self._steps is None:
            return None, None
        edges, low, high = self._steps
        step = bisect_right(edges, propensity)
        return min(low[step], propensity), max(high[step], propensity)

    def _named(self, likely: tuple[float, ...]) -> str:
        if self._positive is None or self._threshold is None:
            return self.classes[likely.index(max(likely))]
        yes = likely[self._positive] >= self._threshold
        return self.classes[self._positive if yes else 1 - self._positive]
