"""Networks side by side say what the single ones say on average."""

import numpy as np
import pytest

from segmint.models.calibration import Calibration
from segmint.models.forward import fold, forward
from segmint.models.merge import merge

INPUTS, UNITS = 7, (5, 4)


def layers_of(outputs):
    made = []
    for units in UNITS:
        made.append({"type": "Dense", "units": units, "activation": "relu"})
        made += [{"type": "BatchNormalization", "epsilon": 1e-3}, {"type": "Dropout", "rate": 0.1}]
    return [*made, {"type": "Dense", "units": outputs, "activation": "linear"}]


def weights_of(draw, outputs):
    weights, before = {}, INPUTS
    for place, units in zip((0, 3, 6), (*UNITS, outputs), strict=True):
        weights[f"{place}.kernel"] = draw.normal(size=(before, units))
        weights[f"{place}.bias"] = draw.normal(size=units)
        if place < 6:
            norm = {"gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 2.0}
            weights |= {f"{place + 1}.{name}": middle + draw.random(units) for name, middle in norm.items()}
        before = units
    return {name: value.astype(np.float32) for name, value in weights.items()}


@pytest.mark.parametrize(("outputs", "offset"), [(1, 0.7), (4, 0.0)])
@pytest.mark.parametrize("count", [1, 3])
def test_one_network_says_the_mean_of_the_calibrated_log_odds(outputs, offset, count):
    draw = np.random.default_rng(outputs + count)
    layers, inputs = layers_of(outputs), draw.normal(size=(50, INPUTS)).astype(np.float32)
    members = [
        (weights_of(draw, outputs), Calibration(1.0 + draw.random(), offset * draw.random())) for _ in range(count)
    ]
    wide, weights, calibration = merge(layers, members)
    assert [layer["type"] for layer in wide] == [layer["type"] for layer in layers]
    assert [layer["units"] for layer in wide if "units" in layer] == [5 * count, 4 * count, outputs]
    said = calibration.apply(forward(fold(wide, weights), inputs))
    single = [own.apply(forward(fold(layers, of), inputs)) for of, own in members]
    logs = np.mean(np.log(single), axis=0)
    expected = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    assert np.allclose(said, expected, atol=1e-5)
    assert all(value.dtype == np.float32 for value in weights.values())


def test_the_one_network_is_no_surer_than_its_members_on_average():
    draw = np.random.default_rng(2)
    members = [(weights_of(draw, 1), Calibration(2.0, 0.0, 6.0)), (weights_of(draw, 1), Calibration(1.0, 0.0, 7.0))]
    assert merge(layers_of(1), members)[2] == Calibration(1.0, 0.0, 5.0)
    assert merge(layers_of(1), [(of, Calibration()) for of, _ in members])[2].surest is None


def test_no_member_reads_the_units_of_another():
    draw = np.random.default_rng(1)
    _, weights, _ = merge(layers_of(1), [(weights_of(draw, 1), Calibration()) for _ in range(2)])
    assert not weights["3.kernel"][:5, 4:].any()
    assert not weights["3.kernel"][5:, :4].any()
