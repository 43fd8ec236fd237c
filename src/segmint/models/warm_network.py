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
    fraction of a new training. What single states get wrong by chance is averaged out on the log odds.
    """

    refresh_epochs = 2
    refresh_rate = 5e-4
    kept = 4

    @classmethod
    def of(
        cls, columns: Sequence[Column], *, recipe: str = "fast", random_state: int | None = None, **settings: Any
    ) -> WarmNetwork:
        """Make the model for these columns; `settings` are the parameters of `DenseNetworkClassifier`."""
        made = super().of(columns, recipe=recipe, random_state=random_state, **settings)
        assert isinstance(made, cls)
        return made

    def fit(self, X: pl.DataFrame, y: Any, *, inner: Inner | None = None) -> WarmNetwork:
        """Learn everything anew: features, teacher, network."""
        super().fit(X, y, inner=inner)
        self.states_ = [self._state()]
        return self

    def refresh(self, X: pl.DataFrame, y: Any, *, inner: Inner) -> WarmNetwork:
        """Learn from a later window, starting from the present weights; the features stay as they are."""
        features, network = self.named_steps["features"], self.named_steps["classifier"]
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
        encoded = self.named_steps["features"].transform(X)
        said = [calibration.apply(forward(layers, encoded)) for layers, calibration in self.states_]
        logs = np.mean([np.log(np.clip(each, 1e-9, 1.0)) for each in said], axis=0)
        likely = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))

    def _state(self) -> tuple[Any, Any]:
        network = self.named_steps["classifier"]
        return fold(network.layers_, network.weights_), network.calibration_
