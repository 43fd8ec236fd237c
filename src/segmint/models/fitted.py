"""What a trained network model is made of, as arrays and plain JSON, and a model from that again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from segmint.models.calibration import Calibration
from segmint.models.network import Epoch
from segmint.models.network_model import NetworkModel

_WEIGHT = "weight."


def fitted(model: NetworkModel) -> dict[str, Any]:
    """Return all that `fit` learned: arrays under ``weight.<name>``, everything else plain JSON."""
    features, network = model[0], model[-1]
    return {
        "features": features.state_,
        "columns": [str(name) for name in features.feature_names_in_],
        "layers": network.layers_,
        "inputs": int(network.n_features_in_),
        "classes": [str(name) for name in network.classes_],
        "calibration": network.calibration_.to_json(),
        "best_epoch": int(network.best_epoch_),
        "history": [asdict(epoch) for epoch in network.history_],
        "lesson": model.lesson_,
        **{f"{_WEIGHT}{name}": np.asarray(weights) for name, weights in network.weights_.items()},
    }


def fill(model: NetworkModel, learned: dict[str, Any]) -> NetworkModel:
    """Put what `fitted` returned into a model, trained or new; it then predicts the same."""
    features, network = model[0], model[-1]
    features.state_ = learned["features"]
    features.feature_names_in_ = np.asarray(learned["columns"], dtype=object)
    features.n_features_in_ = len(learned["columns"])
    network.layers_ = learned["layers"]
    network.n_features_in_ = learned["inputs"]
    network.classes_ = np.asarray(learned["classes"])
    network.calibration_ = Calibration(**learned["calibration"])
    network.best_epoch_ = learned["best_epoch"]
    model.lesson_ = learned["lesson"]
    network.history_ = [Epoch(**epoch) for epoch in learned["history"]]
    network.weights_ = {name.removeprefix(_WEIGHT): learned[name] for name in learned if name.startswith(_WEIGHT)}
    return model
