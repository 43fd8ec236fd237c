"""RollingNetwork: small networks learned anew before each wave, and what they say on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from segmint.contract.column import Column
from segmint.models.forward import fold, forward
from segmint.models.network_model import Inner, NetworkModel

Floats = NDArray[np.float64]


class RollingNetwork(NetworkModel):
    """A `NetworkModel` that is cheap enough to be learned anew wave by wave.

    A few small networks learn from one lesson of the teacher; what single ones get wrong by chance is averaged out on
    the log odds. The teacher also labels the customers who are called next, so that the networks match it where they
    will be used: a network that never saw a new quarter would make up its own mind about it. Numbers never seen are taken for the nearest seen: a network would carry a trend on where none may be,
    and in a new quarter that can turn the order of the customers round.
    """

    members = 3
    reads_upcoming = True

    @classmethod
    def of(
        cls, columns: Sequence[Column], *, recipe: str = "fast", random_state: int | None = None, **settings: Any
    ) -> RollingNetwork:
        """Make the model for these columns; `settings` are the parameters of `DenseNetworkClassifier`."""
        # pairs: what kind of day a date was says little of the same date in another year
        made = super().of(
            columns,
            recipe=recipe,
            random_state=random_state,
            **{"pairs": False, "hidden": (64, 32), "epochs": 5, **settings},
        )
        assert isinstance(made, cls)
        return made

    def fit(
        self, X: pl.DataFrame, y: Any, *, inner: Inner | None = None, upcoming: pl.DataFrame | None = None
    ) -> RollingNetwork:
        """Learn from a window: features, teacher, and each network from a start of its own.

        Parameters
        ----------
        X, y, inner :
            As in `NetworkModel.fit`.
        upcoming : polars.DataFrame of shape (n_upcoming, n_columns), optional
            The customers of the next wave, whose outcome nobody knows.
        """
        features, network = self.named_steps["features"], self.named_steps["classifier"]
        self.ranges_, features.pairs = _ranges(features.columns, X), ()
        X = self._within(X)
        encoded = features.fit_transform(X)
        taught = held = None
        if inner is not None:
            apart, upcoming = self._within(inner[0]), None if upcoming is None else self._within(upcoming)
            held = (features.transform(apart), inner[1])
            taught = self._teaching(X, np.asarray(y), encoded, (apart, inner[1], held[0]), upcoming)
        self.states_, seed = [], network.random_state
        for member in range(self.members):
            network.set_params(random_state=None if seed is None else seed + member)
            network.fit(encoded, y, inner=held, teaching=taught)
            self.states_.append((fold(network.layers_, network.weights_), network.calibration_))
        network.set_params(random_state=seed)
        return self

    def predict_proba(self, X: pl.DataFrame) -> Floats:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        check_is_fitted(self, "states_")
        encoded = self.named_steps["features"].transform(self._within(X))
        said = [calibration.apply(forward(layers, encoded)) for layers, calibration in self.states_]
        logs = np.mean([np.log(np.clip(each, 1e-9, 1.0)) for each in said], axis=0)
        likely = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))

    def _within(self, X: pl.DataFrame) -> pl.DataFrame:
        """Take numbers beyond those seen for the nearest seen; codes stay."""
        moved = []
        for column in self.named_steps["features"].columns:
            if column.name in self.ranges_:
                value, (low, high) = pl.col(column.name), self.ranges_[column.name]
                code = value.is_in([state.value for state in column.states])
                moved.append(pl.when(code).then(value).otherwise(value.clip(low, high)).alias(column.name))
        return X.with_columns(moved)


def _ranges(columns: Sequence[Column], X: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """The smallest and largest number of each column, codes left out."""
    found = {}
    for column in columns:
        if column.kind == "number":
            numbers = X[column.name].drop_nulls()
            numbers = numbers.filter(~numbers.is_in([state.value for state in column.states]))
            if len(numbers):
                found[column.name] = (float(numbers.min()), float(numbers.max()))  # type: ignore[arg-type]
    return found
