from __future__ import annotations

import pytest

from segmint.errors import LayerRuleError
from segmint.models.layer_rule import check_layers

DENSE = {"type": "Dense", "units": 4, "activation": "relu"}
NORM = {"type": "BatchNormalization", "epsilon": 1e-3}
DROP = {"type": "Dropout", "rate": 0.1}


def test_one_of_each_passes() -> None:
    check_layers([DENSE, NORM, DROP, DENSE])


@pytest.mark.parametrize("stranger", ["LayerNormalization", "Lambda", "Embedding", "dense", None])
def test_any_other_layer_is_refused_by_name(stranger: str | None) -> None:
    with pytest.raises(LayerRuleError, match=str(stranger)):
        check_layers([DENSE, NORM, DROP, {"type": stranger}, DENSE])


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_each_of_the_three_must_be_there(lacking: int) -> None:
    layers = [layer for place, layer in enumerate((DENSE, NORM, DROP)) if place != lacking]
    with pytest.raises(LayerRuleError, match="has no"):
        check_layers(layers)


@pytest.mark.parametrize("activation", ["swish", "gelu", "leaky_relu", None, len])
def test_an_activation_that_may_hide_a_layer_is_refused(activation: object) -> None:
    with pytest.raises(LayerRuleError, match="activation"):
        check_layers([DENSE | {"activation": activation}, NORM, DROP, DENSE])


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, None, "0.1"])
def test_a_dropout_that_drops_nothing_or_all_is_refused(rate: object) -> None:
    with pytest.raises(LayerRuleError, match="rate"):
        check_layers([DENSE, NORM, {"type": "Dropout", "rate": rate}])
