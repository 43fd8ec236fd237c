"""What ``network.json`` may say, and what it may not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from segmint.store.network_spec import parse_network
from tests.service.small import NETWORK


def changed(*path: Any, to: Any) -> dict[str, Any]:
    network = copy.deepcopy(NETWORK)
    place: Any = network
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return network


def test_shapes_and_parameters_follow_from_the_layers() -> None:
    spec = parse_network(NETWORK)
    assert spec.shapes == {
        "0.kernel": (3, 4), "0.bias": (4,), "1.gamma": (4,), "1.beta": (4,), "1.moving_mean": (4,),
        "1.moving_variance": (4,), "3.kernel": (4, 1), "3.bias": (1,),
    }  # fmt: skip
    assert spec.parameters == 12 + 4 + 16 + 4 + 1


@pytest.mark.parametrize("activation", ["linear", "relu", "silu", "tanh"])
def test_every_listed_activation_is_allowed(activation: str) -> None:
    parse_network(changed("layers", 0, "activation", to=activation))


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (changed("format", to=2), "format"),
        (changed("format", to=True), "format"),
        (changed("surprise", to=1), "surprise"),
        (changed("layers", to=[]), "last layer"),
        (changed("layers", 0, to={"type": "Lambda", "units": 4, "activation": "relu"}), "layers.0"),
        (changed("layers", 0, to={"type": "Conv1D"}), "layers.0"),
        (changed("layers", 0, "type", to=["Dense"]), "layers.0"),
        (changed("layers", 0, "activation", to="exec"), "activation"),
        (changed("layers", 0, "module", to="os"), "module"),
        (changed("layers", 0, "name", to="../x"), "name"),
        (changed("layers", 0, "units", to=10**9), "units"),
        (changed("layers", 0, "units", to=4.0), "units"),
        (changed("layers", 0, "units", to="4"), "units"),
        (changed("layers", 0, "units", to=True), "units"),
        (changed("layers", 0, "units", to=0), "units"),
        (changed("layers", 1, "epsilon", to=0.0), "epsilon"),
        (changed("layers", 2, "rate", to=0.0), "rate"),
        (changed("layers", 2, "rate", to=1.0), "rate"),
        (changed("layers", 1, to=NETWORK["layers"][2]), "BatchNormalization"),
        (changed("layers", 2, to=NETWORK["layers"][1]), "Dropout"),
        (changed("layers", 3, "activation", to="tanh"), "last layer"),
        (changed("layers", 0, "activation", to="sigmoid"), "activation"),
        (changed("layers", 3, "units", to=2), "last layer"),
        (changed("layers", to=NETWORK["layers"][:3] * 30 + NETWORK["layers"][3:]), "64"),
        (changed("head", to="softmax"), "softmax"),
        (changed("classes", to=["yes", "yes"]), "twice"),
        (changed("classes", to=["a", "b", "c"]), "2 classes"),
        (changed("inputs", to=0), "inputs"),
        (changed("inputs", to=10**6), "inputs"),
    ],
)
def test_everything_else_is_refused_by_name(network: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_network(network)


def test_more_than_fifty_million_parameters_are_refused_by_arithmetic() -> None:
    wide = {"type": "Dense", "units": 4096, "activation": "relu"}
    with pytest.raises(ValueError, match="are more than 50,000,000"):
        parse_network(changed("layers", to=[wide] * 4 + NETWORK["layers"]))


def test_what_came_is_never_repeated() -> None:
    with pytest.raises(ValueError, match="units") as caught:
        parse_network(changed("layers", 0, "units", to="Jane Canary"))
    assert "Canary" not in str(caught.value)
