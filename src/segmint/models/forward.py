"""The network at prediction time: plain matrix products in NumPy.

Dropout does nothing then, and BatchNormalization is a scale and a shift, so both fold into the Dense layers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.models.layer_rule import check_layers
from segmint.one_thread import plain_products

# Signals of this many customers stay in the processor's cache from layer to layer.
AT_ONCE = 2_048
WORKERS = min(os.cpu_count() or 1, 8)
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
        signal = activation_of(activation)(signal @ kernel + bias)
    return signal.astype(np.float64)


def forward_summed(
    folded: Sequence[FoldedLayer], table: NDArray[np.float32], places: NDArray[np.int32], weights: NDArray[np.float32]
) -> Floats:
    """Return the logits of customers whose first layer is a sum of rows of `table`; shape (n_rows, n_outputs).

    Parameters
    ----------
    folded : sequence of (kernel, bias, activation)
    table : ndarray of shape (n_table_rows, n_units)
        `FeatureLookup.table` of the first layer.
    places, weights : ndarray of shape (n_rows, n_picks)
        From `FeatureLookup.pick`.
    """
    from scipy.sparse import csr_array

    logits = np.empty((len(places), len(folded[-1][1])), dtype=np.float64)
    picks, (_, bias, activation) = places.shape[1], folded[0]

    def some_rows(start: int) -> None:
        some = slice(start, start + AT_ONCE)
        count = len(places[some])
        ends = np.arange(0, count * picks + 1, picks, dtype=np.int32)
        picked = csr_array((weights[some].ravel(), places[some].ravel(), ends), shape=(count, len(table)))
        logits[some] = forward(folded[1:], activation_of(activation)(picked @ table + bias))

    if len(places) <= AT_ONCE:
        some_rows(0)
        return logits
    with plain_products(), ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(some_rows, range(0, len(places), AT_ONCE)))
    return logits


def forward_one(
    folded: Sequence[FoldedLayer], vector: NDArray[np.float32], *, summed: bool = False
) -> NDArray[np.float32]:
    """Return the logits of one customer; shape (n_outputs,).

    With `summed`, `vector` is the first layer's sum already, without its bias.
    """
    signal = vector
    for place, (kernel, bias, activation) in enumerate(folded):
        if place or not summed:
            signal = np.dot(signal, kernel)
        signal = activation_of(activation)(signal + bias)
    return signal


def probabilities(
    logits: Floats, *, temperature: float = 1.0, offset: float = 0.0, surest: float | None = None
) -> Floats:
    """Turn logits into one probability per class; shape (n_rows, n_classes), rows sum to 1.

    One logit is that of the second class of two. `temperature` and `offset` calibrate: Platt scaling for one
    logit (Platt 1999), temperature scaling for several (Guo et al. 2017, arXiv 1706.04599). Logits farther apart than
    `surest` are taken for as far.
    """
    if surest is not None:
        logits = np.clip(logits, -surest, surest) if logits.shape[1] == 1 else _within(logits, surest)
    scaled = logits / temperature + offset if logits.shape[1] == 1 else logits / temperature
    if scaled.shape[1] == 1:
        yes = 1.0 / (1.0 + np.exp(-np.clip(scaled[:, 0], -500.0, 500.0)))
        return np.column_stack([1.0 - yes, yes])
    shifted = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _within(logits: Floats, surest: float) -> Floats:
    return np.asarray(np.maximum(logits, logits.max(axis=1, keepdims=True) - surest))


def _relu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(x, np.float32(0.0))


def _silu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # far below 0 it is 0, whatever the exponential
        return np.asarray(x / (1.0 + np.exp(-x)), dtype=np.float32)


def _linear(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return x


Activation = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def activation_of(name: str) -> Activation:
    """Return the function that a Dense layer's activation names, on float32 arrays of any shape."""
    return _ACTIVATIONS[name]


_ACTIVATIONS: dict[str, Activation] = {
    "linear": _linear,
    "relu": _relu,
    "silu": _silu,
    "tanh": np.tanh,
}
