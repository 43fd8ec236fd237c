"""EST-02: what may change in a table without changing what is said of a customer."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import Contract, load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.features.apply import feature_names
from segmint.features.customer_features import CustomerFeatures
from segmint.models.predict import Predictor
from segmint.simulation import Campaign, simulate
from segmint.splits.folds import make_folds
from segmint.splits.groups import RowIdentity
from segmint.tables.source import open_table

pytestmark = pytest.mark.timeout(1_500)
CONTRACT = load_contract("simulated-campaign")
EXAMPLES = [25, pytest.param(500, marks=pytest.mark.slow)]
many = pytest.mark.parametrize("examples", EXAMPLES)


@functools.cache
def customers() -> pl.DataFrame:
    """Texts, as a file would give them."""
    frame = simulate(Campaign(rows=3_000, seed=11, missing_share=0.1, base_rate=0.3)).frame
    return frame.select(pl.all().cast(pl.String)).fill_null("")


def read(frame: pl.DataFrame, contract: Contract = CONTRACT) -> ValidTable:
    return validate(open_table(frame), contract, max_rejected=0.5)


def some(example: int) -> tuple[np.random.Generator, pl.DataFrame]:
    """Some hundred customers of their own for each example, enough of whom said yes to learn from."""
    draw = np.random.default_rng(example)
    mixed = draw.permutation(3_000)
    willing = mixed[(customers()["subscribed"] == "yes").to_numpy()[mixed]][:10]
    others = mixed[~np.isin(mixed, willing)][: int(draw.integers(140, 390))]
    return draw, customers()[draw.permutation(np.concatenate([willing, others]))]


@functools.cache
def predictor() -> Predictor:
    """A network that nobody trained: what holds for these weights holds for any."""
    table = read(customers())
    features = CustomerFeatures(table.features).fit(table.inputs).state_
    draw, width = np.random.default_rng(5), len(feature_names(features))
    shapes = {"0.kernel": (width, 16), "0.bias": (16,), "3.kernel": (16, 1), "3.bias": (1,)}
    shapes |= {f"1.{name}": (16,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    weights = {name: draw.normal(size=shape).astype(np.float32) / 4 for name, shape in shapes.items()}
    weights["1.moving_variance"] = np.abs(weights["1.moving_variance"])
    layers = [
        {"type": "Dense", "units": 16, "activation": "relu"},
        {"type": "BatchNormalization", "epsilon": 0.001},
        {"type": "Dropout", "rate": 0.1},
        {"type": "Dense", "units": 1, "activation": "linear"},
    ]
    network = {"layers": layers, "inputs": width, "outputs": 1, "head": "logit", "classes": ["no", "yes"]}
    return Predictor(features, network, weights, {"temperature": 1.0, "offset": 0.0})


def propensities(frame: pl.DataFrame) -> np.ndarray:
    return predictor().probabilities(read(frame).frame)[:, 1]


def folds_of(table: ValidTable) -> np.ndarray:
    """The fold of each row."""
    who = RowIdentity.of(table)
    place = np.empty(len(table), dtype=int)
    for number, fold in enumerate(make_folds(table.outcome, who.groups, count=3, seed=7, keys=who.keys)):
        place[fold.test] = number
    return place


def learned(table: ValidTable) -> np.ndarray:
    """What the features make of the customers they were learned from, columns in the order of their names."""
    features = CustomerFeatures(table.features, rare=2).fit(table.inputs)
    order = np.argsort(features.get_feature_names_out())
    return features.transform(table.inputs)[:, order]


@many
def test_est_02_the_order_of_rows_and_columns_means_nothing(examples: int) -> None:
    for example in range(examples):
        draw, frame = some(example)
        rows = draw.permutation(frame.height)
        shuffled = frame[rows].select(list(draw.permutation(frame.columns)))
        # a row's place in a matrix product moves the last bit of float32; lists round to 1e-6 before they rank
        np.testing.assert_allclose(propensities(shuffled), propensities(frame)[rows], atol=1e-6)
        assert np.array_equal(folds_of(read(shuffled)), folds_of(read(frame))[rows]), example
        np.testing.assert_allclose(learned(read(shuffled)), learned(read(frame))[rows], atol=1e-6, err_msg=str(example))


@many
def test_est_02_the_name_of_a_customer_means_nothing(examples: int) -> None:
    for example in range(examples):
        draw, frame = some(example)
        new = {old: f"{number:08x}" for old, number in zip(frame["customer_id"], draw.permutation(10**6), strict=False)}
        renamed = frame.with_columns(pl.col("customer_id").replace_strict(new))
        before, after = read(frame), read(renamed)
        assert np.array_equal(propensities(renamed), propensities(frame)), example
        assert np.array_equal(learned(after), learned(before)), example
        assert np.array_equal(RowIdentity.of(after).groups, RowIdentity.of(before).groups), example


@many
def test_est_02_a_column_that_says_the_same_of_everybody_changes_nothing(examples: int) -> None:
    for example in range(examples):
        draw, frame = some(example)
        wider = frame.with_columns(pl.lit(f"the same {draw.integers(10**6)}").alias("bank"))
        assert np.array_equal(propensities(wider), propensities(frame)), example
        assert np.array_equal(learned(read(wider)), learned(read(frame))), example
        assert np.array_equal(RowIdentity.of(read(wider)).groups, RowIdentity.of(read(frame)).groups), example


@many
def test_est_02_units_mean_nothing_to_what_is_learned(examples: int) -> None:
    """Euros, cents or thousands: the contract's bounds and codes in the same unit, and the features are the same."""
    numbers = [column.name for column in CONTRACT.features("planning") if column.kind == "number"]
    for example in range(examples):
        draw, frame = some(example)
        name, factor = str(draw.choice(numbers)), float(10.0 ** draw.integers(-3, 4))
        scaled = frame.with_columns(
            pl.when(pl.col(name) == "")
            .then(pl.lit(""))
            .otherwise((pl.col(name).cast(pl.Float64, strict=False) * factor).cast(pl.String))
            .alias(name)
        )
        after, before = learned(read(scaled, in_unit(name, factor))), learned(read(frame))
        np.testing.assert_allclose(after, before, atol=2e-4, err_msg=f"{example}: {name} times {factor}")


def in_unit(name: str, factor: float) -> Contract:
    """The contract with one column in another unit."""

    def scaled(number: float | None) -> float | None:
        return None if number is None else number * factor

    old = CONTRACT.by_name[name]
    states = tuple(state.model_copy(update={"value": state.value * factor}) for state in old.states)
    new = old.model_copy(update={"bounds": tuple(scaled(bound) for bound in old.bounds), "states": states})
    columns = tuple(new if column.name == name else column for column in CONTRACT.columns)
    return CONTRACT.model_copy(update={"columns": columns})
