"""Contributions add up, are fair, and do not depend on who else is asked about."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.explain import reasons
from segmint.explain.background import background_rows
from segmint.explain.reasons import attribute
from segmint.features.changes import Change, learn_change
from segmint.features.pairs import learn_pair
from segmint.models.predict import Predictor
from tests.explain.networks import FEATURES, REFERENCE, customers, make_predictor, norm, number

BACKGROUND = background_rows(REFERENCE, rows=40)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), classes=st.sampled_from([2, 4]))
def test_base_and_contributions_add_up_to_the_prediction(seed: int, count: int, classes: int) -> None:
    names = tuple("abcd"[:classes])
    predictor, frame = make_predictor(seed=seed, classes=names), customers(count, seed)
    likely = predictor.probabilities(frame)
    for target in (None, "b"):
        found = attribute(predictor, frame, BACKGROUND, seed=seed, target=target)
        place = likely.argmax(axis=1) if target is None else np.ones(count, dtype=int)
        assert found.prediction == pytest.approx(likely[np.arange(count), place], abs=1e-6)
        assert found.classes.tolist() == [names[i] for i in place]


def test_base_is_the_mean_prediction_of_the_background() -> None:
    predictor = make_predictor()
    found = attribute(predictor, customers(3), BACKGROUND, seed=0, target="yes")
    assert found.base == pytest.approx(predictor.probabilities(BACKGROUND)[:, 1].mean(), abs=1e-6)


def test_contributions_are_shapley_values() -> None:
    predictor, frame = make_predictor(), customers(12, seed=5)
    found = attribute(predictor, frame, background_rows(REFERENCE, rows=400), seed=2, target="yes")
    exact = exact_shapley(predictor, frame, background_rows(REFERENCE, rows=400))
    assert np.abs(found.contributions - exact).max() < 0.02
    assert np.corrcoef(found.contributions.ravel(), exact.ravel())[0, 1] > 0.995


def learned_together(names: tuple[str, ...]) -> dict[str, Any]:
    frame = customers(600, seed=9)
    if len(names) == 2:
        return learn_pair(frame, names, rare=5)
    codes = [[-1.0] if name == "months" else [] for name in names[:2]]
    return learn_change(frame, Change(*names), codes, rare=5)


@pytest.mark.parametrize(
    "names", [("job", "loan"), ("months", "job"), ("age", "balance", "amount"), ("months", "age", "place")]
)
def test_what_columns_say_together_is_shared_between_them(names: tuple[str, ...]) -> None:
    pair = learned_together(names)
    assert len(pair["sizes"]) > 3
    predictor, frame = make_predictor({**FEATURES, "pairs": [pair]}), customers(12, seed=5)
    found = attribute(predictor, frame, background_rows(REFERENCE, rows=400), seed=2, target="yes")
    assert found.prediction == pytest.approx(predictor.probabilities(frame)[:, 1], abs=1e-6)
    exact = exact_shapley(predictor, frame, background_rows(REFERENCE, rows=400))
    assert np.abs(found.contributions - exact).max() < 0.02
    assert np.corrcoef(found.contributions.ravel(), exact.ravel())[0, 1] > 0.995


def exact_shapley(predictor: Predictor, frame: pl.DataFrame, background: pl.DataFrame) -> np.ndarray:
    names = [column["name"] for column in predictor.features["columns"]]
    worth: dict[frozenset[str], np.ndarray] = {}
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            mixed = frame.with_row_index().select("index", *chosen).join(background.drop(chosen), how="cross")
            likely = predictor.probabilities(mixed)[:, 1].reshape(frame.height, background.height)
            worth[frozenset(chosen)] = likely.mean(axis=1)
    values = np.zeros((frame.height, len(names)))
    for place, name in enumerate(names):
        for chosen, value in worth.items():
            if name not in chosen:
                share = factorial(len(chosen)) * factorial(len(names) - len(chosen) - 1) / factorial(len(names))
                values[:, place] += share * (worth[chosen | {name}] - value)
    return values


def test_two_copies_of_a_column_share_its_contribution_equally() -> None:
    twice = {"columns": [number("a", 0.0, 1.0), number("b", 0.0, 1.0)]}
    predictor = make_predictor(twice)
    kernel, bias, activation = predictor.folded[0]
    predictor.folded[0] = (np.vstack([kernel[:1], kernel[:1]]), bias, activation)
    values = np.random.default_rng(1).normal(size=30)
    frame = pl.DataFrame({"a": values, "b": values})
    found = attribute(predictor, frame, frame[:10], seed=4, target="yes").contributions
    assert np.abs(found).max() > 0.01
    assert found[:, 0] == pytest.approx(found[:, 1], abs=1e-6)


def test_a_column_that_the_network_ignores_contributes_exactly_nothing() -> None:
    predictor = make_predictor(ignored="job")
    found = attribute(predictor, customers(50), BACKGROUND, seed=0, target="yes")
    assert np.all(found.contributions[:, found.columns.index("job")] == 0.0)
    assert np.abs(found.contributions[:, found.columns.index("loan")]).max() > 0.0


def test_a_customer_like_all_the_background_has_no_reasons() -> None:
    frame = customers(1)
    found = attribute(make_predictor(), frame, pl.concat([frame] * 5), seed=0, target="yes")
    assert np.abs(found.contributions).max() < 1e-6


def test_order_of_rows_never_matters() -> None:
    predictor, frame = make_predictor(), customers(300)
    mixed = np.random.default_rng(0).permutation(300)
    there = attribute(predictor, frame, BACKGROUND, seed=1, target="yes").contributions
    back = attribute(predictor, frame[mixed], BACKGROUND, seed=1, target="yes").contributions
    assert back == pytest.approx(there[mixed], abs=1e-6)


def test_who_else_is_asked_about_never_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, frame = make_predictor(), customers(60)
    together = attribute(predictor, frame, BACKGROUND, seed=1, target="yes").contributions
    alone = attribute(predictor, frame[17:18], BACKGROUND, seed=1, target="yes").contributions
    assert alone[0] == pytest.approx(together[17], abs=1e-6)
    monkeypatch.setattr(reasons, "CUSTOMERS_AT_ONCE", 7)
    monkeypatch.setattr(reasons, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(reasons, "FEW_KEYS", 20)
    in_parts = attribute(predictor, frame, BACKGROUND, seed=1, target="yes").contributions
    assert in_parts == pytest.approx(together, abs=1e-6)


def test_the_same_seed_gives_the_same_numbers_to_the_last_digit() -> None:
    predictor, frame = make_predictor(), customers(100)
    first, second = (attribute(predictor, frame, BACKGROUND, seed=9, target="yes") for _ in range(2))
    assert np.array_equal(first.contributions, second.contributions)


def test_equal_customers_and_equal_values_cost_nothing() -> None:
    predictor, frame = make_predictor(), customers(80)
    steps = 2 * 80 * BACKGROUND.height * len(FEATURES["columns"])
    once = attribute(predictor, frame, BACKGROUND, seed=1, target="yes")
    assert once.forward_rows < 0.5 * steps
    twice = attribute(predictor, pl.concat([frame, frame]), BACKGROUND, seed=1, target="yes")
    assert twice.forward_rows == once.forward_rows + 80


def test_nobody_asked_about_is_no_error() -> None:
    found = attribute(make_predictor(), customers(5)[:0], BACKGROUND, seed=0, target="yes")
    assert found.contributions.shape == (0, 5)


def test_one_dense_layer_alone_can_be_explained() -> None:
    layers = [
        {"type": "BatchNormalization", "epsilon": 0.001},
        {"type": "Dropout", "rate": 0.1},
        {"type": "Dense", "units": 1, "activation": "linear"},
    ]
    weights = {**norm(10, "0"), "2.kernel": np.ones((10, 1), np.float32), "2.bias": np.zeros(1, np.float32)}
    network: dict[str, Any] = {"layers": layers, "classes": ["no", "yes"]}
    predictor = Predictor(FEATURES, network, weights, {"temperature": 1.0, "offset": 0.0})
    frame = customers(20)
    found = attribute(predictor, frame, BACKGROUND, seed=0, target="yes")
    assert found.prediction == pytest.approx(predictor.probabilities(frame)[:, 1], abs=1e-6)


def test_wrong_arguments_are_named() -> None:
    predictor = make_predictor()
    with pytest.raises(ValueError, match="background"):
        attribute(predictor, customers(2), BACKGROUND[:0], seed=0)
    with pytest.raises(ValueError, match="maybe"):
        attribute(predictor, customers(2), BACKGROUND, seed=0, target="maybe")


def test_explaining_loads_no_training_library() -> None:
    script = (
        "import sys; from tests.explain.networks import *; from segmint.explain.background import background_rows; "
        "from segmint.explain.reasons import attribute; import segmint.explain.words, segmint.explain.stability; "
        "attribute(make_predictor(), customers(3), background_rows(REFERENCE, rows=3), seed=0); "
        "print([name for name in ('sklearn', 'tensorflow', 'keras', 'lightgbm', 'pandas') if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
