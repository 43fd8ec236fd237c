"""The network at prediction time: plain matrix products in NumPy.

Dropout does nothing then, and BatchNormalization is a scale and a shift, so both fold into the Dense layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.models.layer_rule import check_layers

Floats = NDArray[np.float64]
FoldedLayer = tuple[NDArray[np.float32], NDArray[np.float32], str]


def fold(layers: Sequence[Mapping[str, Any]], weights: Mapping[str, NDArray[np.float32]]) -> list[FoldedLayer]:
    """Fold every BatchNormalization into the Dense layer that follows it.

    Parameters
    ----------
    layers : sequence of dict
        As in a bundle's ``network.json``.
    weights : dict of str to ndarray
        "0.kernel", "0.bias", "1.gamma", ... by place of the layer.

    Returns
    -------
    list of (kernel, bias, activation)
        One per Dense layer, float32.
    """
    check_layers(layers)
    folded: list[FoldedLayer] = []
    norm: tuple[Floats, Floats] | None = None
    for place, layer in enumerate(layers):
        of = {name: weights[f"{place}.{name}"].astype(np.float64) for name in _WEIGHTS[layer["type"]]}
        if layer["type"] == "BatchNormalization":
            factor = of["gamma"] / np.sqrt(of["moving_variance"] + float(layer["epsilon"]))
            offset = of["beta"] - of["moving_mean"] * factor
            norm = (factor, offset) if norm is None else (norm[0] * factor, norm[1] * factor + offset)
        elif layer["type"] == "Dense":
            kernel, bias = of["kernel"], of["bias"]
            if norm is not None:
                bias = bias + norm[1] @ kernel
                kernel = norm[0][:, None] * kernel
            norm = None
            folded.append((kernel.astype(np.float32), bias.astype(np.float32), layer["activation"]))
    return folded


_WEIGHTS: dict[str, tuple[str, ...]] = {
    "Dense": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "Dropout": (),
}


def forward(folded: Sequence[FoldedLayer], inputs: NDArray[np.float32]) -> Floats:
    """Return the logits of `inputs`; shape (n_rows, n_outputs), float64."""
    signal = inputs
    for kernel, bias, activation in folded:
        signal = _ACTIVATIONS[activation](signal @ kernel + bias)
    return signal.astype(np.float64)


def probabilities(logits: Floats, *, temperature: float = 1.0, offset: float = 0.0) -> Floats:
    """Turn logits into one probability per class; shape (n_rows, n_classes), rows sum to 1.

    One logit is that of the second class of two. `temperature` and `offset` calibrate: Platt scaling for one
    logit (Platt 1999), temperature scaling for several (Guo et al. 2017, arXiv 1706.04599).
    """
    scaled = logits / temperature + offset if logits.shape[1] == 1 else logits / temperature
    if scaled.shape[1] == 1:
        yes = 1.0 / (1.0 + np.exp(-np.clip(scaled[:, 0], -500.0, 500.0)))
        return np.column_stack([1.0 - yes, yes])
    shifted = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _relu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(x, np.float32(0.0))


def _silu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(x / (1.0 + np.exp(-x)), dtype=np.float32)


def _linear(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return x


_ACTIVATIONS: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "linear": _linear,
    "relu": _relu,
    "silu": _silu,
    "tanh": np.tanh,
}
