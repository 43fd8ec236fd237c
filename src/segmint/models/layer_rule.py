"""The one hard rule: only Dense, BatchNormalization and Dropout, at least one of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segmint.errors import LayerRuleError

LAYER_TYPES = ("Dense", "BatchNormalization", "Dropout")
ACTIVATIONS = ("linear", "relu", "silu", "tanh")


def check_layers(layers: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a network that has any other layer, lacks one of the three, hides one as an activation, or drops out nothing.

    Parameters
    ----------
    layers : sequence of dict
        Each with "type", as in a bundle's ``network.json``.

    Raises
    ------
    LayerRuleError
        Naming the layer that breaks the rule.
    """
    types = [layer.get("type") for layer in layers]
    rule = "only Dense, BatchNormalization and Dropout (rate above 0 and below 1), at least one of each"
    for place, kind in enumerate(types):
        if kind not in LAYER_TYPES:
            raise LayerRuleError(f"Layer {place} of the network is {kind!r}.", expected=rule, fix="leave it out")
    if lacking := [kind for kind in LAYER_TYPES if kind not in types]:
        raise LayerRuleError(f"The network has no {' and no '.join(lacking)}.", expected=rule, fix="add it")
    for place, layer in enumerate(layers):
        activation = layer.get("activation", "linear")
        if layer["type"] == "Dense" and not (isinstance(activation, str) and activation in ACTIVATIONS):
            raise LayerRuleError(
                f"Dense layer {place} has the activation {activation!r}.",
                expected=f"one of {', '.join(ACTIVATIONS)}: a layer is no activation",
                fix="write relu",
            )
        rate = layer.get("rate")
        if layer["type"] == "Dropout" and not (isinstance(rate, (int, float)) and 0.0 < rate < 1.0):
            raise LayerRuleError(
                f"Dropout layer {place} has rate {rate}.",
                expected=rule,
                fix="set model.dropout to 0.1",
            )
