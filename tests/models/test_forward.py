"""The network at prediction time says what Keras says, for a table, a few customers or one, and is no surer than it may be."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segmint.errors import LayerRuleError
from segmint.models.forward import AT_ONCE, activation_of, fold, forward, forward_one, forward_summed, probabilities

FEATURES = 7


def norm() -> dict[str, Any]:
    return {"type": "BatchNormalization", "epsilon": 1e-3}


def dense(units: int, activation: str = "linear") -> dict[str, Any]:
    return {"type": "Dense", "units": units, "activation": activation}


DROPOUT = {"type": "Dropout", "rate": 0.3}
NETWORKS = {
    "as it is built": [dense(16, "relu"), norm(), DROPOUT, dense(8, "relu"), norm(), DROPOUT, dense(1)],
    "four classes": [dense(16, "silu"), norm(), DROPOUT, dense(8, "tanh"), norm(), DROPOUT, dense(4)],
    "scaled first and twice": [norm(), dense(8, "relu"), norm(), DROPOUT, norm(), dense(3)],
}


def some_weights(layers: list[dict[str, Any]], seed: int = 4) -> dict[str, np.ndarray]:
    draw, width, weights = np.random.default_rng(seed), FEATURES, {}
    for place, layer in enumerate(layers):
        if layer["type"] == "Dense":
            weights[f"{place}.kernel"] = draw.normal(0, 0.5, (width, layer["units"]))
            width = layer["units"]
            weights[f"{place}.bias"] = draw.normal(size=width)
        elif layer["type"] == "BatchNormalization":
            weights |= {f"{place}.{name}": draw.normal(size=width) for name in ("gamma", "beta", "moving_mean")}
            weights[f"{place}.moving_variance"] = draw.uniform(0.2, 3.0, width)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def customers(count: int) -> np.ndarray:
    return np.random.default_rng(9).normal(size=(count, FEATURES)).astype(np.float32)


def test_signals_far_below_nought_are_quiet() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = activation_of("silu")(np.array([-1e4, -90.0, 0.0, 3.0], dtype=np.float32))
    assert_allclose(said, [0.0, 0.0, 0.0, 3 / (1 + np.exp(-3.0))], rtol=1e-6, atol=1e-30)


@pytest.mark.network
@pytest.mark.parametrize("name", NETWORKS)
def test_rows_and_tables_get_the_logits_of_keras(name: str) -> None:
    pytest.importorskip("keras")
    from segmint.models import _keras

    layers, inputs = NETWORKS[name], customers(300)
    network = _keras.with_weights(layers, some_weights(layers), inputs=FEATURES)
    folded = fold(layers, _keras.named_weights(network))
    expected = network.predict(inputs, batch_size=64, verbose=0)
    assert np.ptp(expected) > 1, "logits that are all alike prove nothing"
    assert_allclose(forward(folded, inputs), expected, atol=2e-5)
    for place in (0, 1, 299):
        assert_allclose(forward_one(folded, inputs[place]), expected[place], atol=2e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_customer_alone_gets_what_the_table_gets(name: str) -> None:
    folded, inputs = fold(NETWORKS[name], some_weights(NETWORKS[name])), customers(50)
    table = forward(folded, inputs)
    assert_allclose([forward_one(folded, row) for row in inputs], table, atol=1e-5)
    first = inputs @ folded[0][0]
    assert_allclose([forward_one(folded, row, summed=True) for row in first], table, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 5])
def test_a_first_layer_that_is_summed_says_the_same_however_many_customers_come(count: int) -> None:
    layers = NETWORKS["four classes"]
    folded, draw = fold(layers, some_weights(layers)), np.random.default_rng(2)
    places = draw.integers(FEATURES, size=(count, 3)).astype(np.int32)
    weights = draw.normal(size=(count, 3)).astype(np.float32)
    inputs = np.zeros((count, FEATURES), np.float32)
    np.add.at(inputs, (np.arange(count)[:, None], places), weights)
    found = forward_summed(folded, folded[0][0], places, weights)
    assert found.shape == (count, 4)
    assert_allclose(found, forward(folded, inputs), atol=1e-4)


def test_a_network_that_breaks_the_rule_is_not_folded() -> None:
    with pytest.raises(LayerRuleError, match="no BatchNormalization"):
        fold([dense(4, "relu"), DROPOUT, dense(1)], {})


def test_one_logit_is_that_of_the_second_of_two_classes() -> None:
    likely = probabilities(np.array([[0.0], [np.log(3)], [-900.0]]))
    assert_allclose(likely, [[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 1), (40, 4)])
def test_probabilities_add_up_and_a_temperature_evens_them_out(shape: tuple[int, int]) -> None:
    logits = np.random.default_rng(3).normal(0, 300, shape)
    sharp, even = probabilities(logits), probabilities(logits, temperature=100.0)
    for likely in (sharp, even):
        assert np.isfinite(likely).all()
        assert_allclose(likely.sum(axis=1), 1.0, atol=1e-12)
    assert_array_equal(sharp.argmax(axis=1), even.argmax(axis=1))
    assert (even.max(axis=1) <= sharp.max(axis=1)).all()
    assert even.max(axis=1).mean() < 0.99 * sharp.max(axis=1).mean()


def test_an_offset_moves_log_odds_after_the_temperature() -> None:
    likely = probabilities(np.array([[2.0]]), temperature=4.0, offset=0.25)[0]
    assert np.log(likely[1] / likely[0]) == pytest.approx(2.0 / 4.0 + 0.25)


def test_nobody_is_surer_than_the_bound() -> None:
    one = probabilities(np.array([[-9.0], [-1.0], [3.0], [9.0]]), surest=3.0)
    assert_allclose(np.log(one[:, 1] / one[:, 0]), [-3.0, -1.0, 3.0, 3.0], atol=1e-12)
    many = probabilities(np.array([[9.0, 1.0, -5.0], [0.5, 0.0, -0.5]]), surest=3.0)
    assert_allclose(np.log(many[0] / many[0].max()), [0.0, -3.0, -3.0], atol=1e-12)
    assert_allclose(many[1], probabilities(np.array([[0.5, 0.0, -0.5]]))[0], atol=1e-12)
    calibrated = probabilities(np.array([[9.0]]), surest=3.0, temperature=2.0, offset=-0.5)[0]
    assert np.log(calibrated[1] / calibrated[0]) == pytest.approx(3.0 / 2.0 - 0.5), "the bound is of the bare logits"
