"""The picture of the network."""

from __future__ import annotations

from xml.etree import ElementTree

from segmint.report.architecture import describe, draw_architecture, total_parameters

NETWORK = {
    "inputs": 10,
    "outputs": 1,
    "head": "logit",
    "layers": [
        {"type": "Dense", "units": 8, "activation": "relu"},
        {"type": "BatchNormalization", "epsilon": 0.001},
        {"type": "Dropout", "rate": 0.25},
        {"type": "Dense", "units": 1, "activation": "linear"},
    ],
}


def test_parameters_are_counted_layer_by_layer() -> None:
    rows = describe(NETWORK)
    assert [row.parameters for row in rows] == [10 * 8 + 8, 4 * 8, 0, 8 + 1]
    assert total_parameters(rows) == 129


def test_the_picture_names_every_layer_and_its_setting() -> None:
    texts = [element.text for element in ElementTree.fromstring(draw_architecture(NETWORK, alone=False)).iter("text")]
    assert texts[0] == "10 inputs"
    assert {"Dense · 8 units", "BatchNormalization", "Dropout", "Dense · 1 unit", "relu"} <= set(texts)
    assert "leaves out 25 %" in texts
