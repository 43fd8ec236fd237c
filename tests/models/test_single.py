from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from segmint.contract.contract import Contract, load_contract
from segmint.contract.synthetic import synthetic_rows
from segmint.contract.validate import validate
from segmint.errors import DataError
from segmint.features.apply import apply_features
from segmint.features.customer_features import CustomerFeatures
from segmint.models.forward import forward, probabilities
from segmint.models.predict import Predictor
from segmint.models.single import SinglePredictor
from segmint.tables.source import open_table

# so low that some of these customers meet it
CALIBRATION = {"temperature": 1.3, "offset": -0.2, "surest": 2.0, "threshold": 0.3}


def learned(name: str, classes: int, at: Any = "after_call") -> tuple[Contract, Predictor, pl.DataFrame]:
    """A network with drawn weights on features learned from made-up customers."""
    contract, draw = load_contract(name), np.random.default_rng(0)
    rows = synthetic_rows(contract, at, 400, 1)
    table = validate(open_table(rows), contract, purpose="predict", at=at)
    state = CustomerFeatures(table.features, rare=2).fit(table.inputs).state_
    inputs = apply_features(state, table.inputs).shape[1]
    outputs = 1 if classes == 2 else classes
    layers = [
        {"type": "Dense", "units": 32, "activation": "relu"},
        {"type": "BatchNormalization", "epsilon": 1e-3},
        {"type": "Dropout", "rate": 0.1},
        {"type": "Dense", "units": outputs, "activation": "linear"},
    ]
    weights = {
        "0.kernel": draw.normal(size=(inputs, 32)) * 0.3, "0.bias": draw.normal(size=32),
        "1.gamma": np.ones(32), "1.beta": np.zeros(32), "1.moving_mean": draw.normal(size=32), "1.moving_variance": np.ones(32),
        "3.kernel": draw.normal(size=(32, outputs)) * 0.3, "3.bias": draw.normal(size=outputs),
    }  # fmt: skip
    network = {"layers": layers, "classes": sorted(contract.outcome.levels)}
    typed = {key: value.astype(np.float32) for key, value in weights.items()}
    return contract, Predictor(state, network, typed, CALIBRATION), synthetic_rows(contract, at, 300, 2)


def dense(predictor: Predictor, frame: pl.DataFrame) -> np.ndarray:
    """The way of the full matrix: every feature written out."""
    logits = forward(predictor.folded, apply_features(predictor.features, frame))
    assert 0 < np.mean(np.abs(logits) > 2.0) < 1
    return probabilities(logits, temperature=1.3, offset=-0.2, surest=2.0)


@pytest.mark.parametrize(("name", "classes"), [("bank-marketing", 2), ("term-deposit", 2), ("customer-segments", 4)])
def test_table_rows_batches_and_single_customers_say_the_same(name: str, classes: int) -> None:
    contract, predictor, rows = learned(name, classes)
    table = validate(open_table(rows), contract, purpose="predict", at="after_call")
    likely = predictor.probabilities(table.frame)
    assert_allclose(likely, dense(predictor, table.frame), atol=1e-6)
    said = predictor.predicted(likely, contract.outcome.positive)
    single = SinglePredictor(predictor, contract, "after_call")
    features = apply_features(predictor.features, table.frame)
    for place, row in enumerate(rows.to_dicts()):
        answer = single.customer(row)
        assert_allclose(answer.probabilities, likely[place], atol=1e-6)
        assert answer.predicted == said[place]
        assert answer.flags == table.flags[place]
        assert_allclose(single.vector(features[place]).probabilities, likely[place], atol=1e-6)


def test_many_customers_are_predicted_like_few() -> None:
    contract, predictor, rows = learned("bank-marketing", 2)
    frame = validate(open_table(rows), contract, purpose="predict", at="after_call").frame
    many = pl.concat([frame] * 40)
    assert_allclose(predictor.probabilities(many)[-300:], predictor.probabilities(frame), atol=1e-7)
    assert predictor.probabilities(frame[:0]).shape == (0, 2)


def test_what_cannot_be_read_is_refused_by_name() -> None:
    contract, predictor, rows = learned("bank-marketing", 2)
    with pytest.raises(DataError, match="'age' is not a number"):
        SinglePredictor(predictor, contract, "after_call").customer({**rows.to_dicts()[0], "age": "old"})
