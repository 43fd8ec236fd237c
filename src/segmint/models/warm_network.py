"""WarmNetwork: a network that is taught again wave by wave, from where it stood, on features that stay as they were."""

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


class WarmNetwork(NetworkModel):
    """A `NetworkModel` that can be refreshed; it says the average of what its last states say.

    A refresh lets the teacher label the new window and moves the network a short way from where it stood, so it costs a
    fraction of a new training. What single states get wrong by chance is averaged out on the log odds. Where the window
    has outgrown the features (a new level, numbers beyond their range), a refresh learns everything anew. Numbers never
    seen are taken for the nearest seen: a network would carry a trend on where none may be, and in a new quarter that
    can turn the order of the customers round.
    """

    bins = 64
    outgrown = 0.01

    refresh_epochs = 2
    refresh_rate = 5e-4
    kept = 4

    @classmethod
    def of(
        cls, columns: Sequence[Column], *, recipe: str = "fast", random_state: int | None = None, **settings: Any
    ) -> WarmNetwork:
        """Make the model for these columns; `settings` are the parameters of `DenseNetworkClassifier`."""
        # what kind of day a date was says little of the same date in another year
        settings.setdefault("pairs", False)
        made = super().of(columns, recipe=recipe, random_state=random_state, **settings)
        assert isinstance(made, cls)
        made.named_steps["features"].set_params(bins=cls.bins)
        return made

    def fit(self, X: pl.DataFrame, y: Any, *, inner: Inner | None = None) -> WarmNetwork:
        """Learn everything anew: features, teacher, network."""
        self.ranges_ = _ranges(self.named_steps["features"].columns, X)
        super().fit(X, y, inner=None if inner is None else (self._within(inner[0]), inner[1]))
        self.states_ = [self._state()]
        return self

    def refresh(self, X: pl.DataFrame, y: Any, *, inner: Inner) -> WarmNetwork:
        """Learn from a later window, starting from the present weights; the features stay as they are."""
        features, network = self.named_steps["features"], self.named_steps["classifier"]
        if self._outgrown(X):
            return self.fit(X, y, inner=inner)
        X, inner = self._within(X), (self._within(inner[0]), inner[1])
        encoded = features.transform(X)
        taught = self._teaching(X, np.asarray(y), encoded)
        long_way = {name: network.get_params()[name] for name in ("epochs", "learning_rate")}
        network.set_params(epochs=self.refresh_epochs, learning_rate=self.refresh_rate)
        network.fit(encoded, y, inner=(features.transform(inner[0]), inner[1]), teaching=taught, start=network.weights_)
        network.set_params(**long_way)
        self.states_ = [*self.states_, self._state()][-self.kept :]
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

    def _outgrown(self, X: pl.DataFrame) -> bool:
        """Whether the features miss what a share of the window has: a level, or numbers beyond their range."""
        features = self.named_steps["features"]
        lost = pl.Series(np.zeros(X.height, dtype=bool))
        for column, learned in zip(features.columns, features.state_["columns"], strict=True):
            values = X[column.name]
            if column.kind == "category":
                here = ~values.is_in(learned["levels"]).fill_null(True)
                # what is rare in the new window too would not become a feature of its own
                common = values.value_counts().filter(pl.col("count") >= self.outgrown * X.height)[column.name]
                here = here & values.is_in(common.implode()).fill_null(False)
            else:
                low, high = self.ranges_.get(column.name, (-np.inf, np.inf))
                coded = values.is_in([state.value for state in column.states]).fill_null(True)
                here = ~coded & ((values < low) | (values > high)).fill_null(False)
            lost = lost | here
        return float(lost.mean() or 0.0) >= self.outgrown  # type: ignore[arg-type]

    def _state(self) -> tuple[Any, Any]:
        network = self.named_steps["classifier"]
        return fold(network.layers_, network.weights_), network.calibration_


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
