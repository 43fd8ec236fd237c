from __future__ import annotations

import tracemalloc

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from segmint.contract.column import Column, State
from segmint.features.apply import apply_features, count_features
from segmint.features.customer_features import CustomerFeatures
from segmint.features.lookup import FeatureLookup

MONTHS = ("jan", "feb", "mar", "apr")
COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age"),
    Column(name="gappy", kind="number", role="holding", label="gappy"),
    Column(name="days", kind="number", role="history", label="days", states=(State(value=-1, name="never"), State(value=999, name="unknown"))),
    Column(name="only", kind="number", role="holding", label="always the same"),
    Column(name="job", kind="category", role="characteristic", label="job"),
    Column(name="month", kind="category", role="history", label="month", allowed=MONTHS, cyclic=True),
    Column(name="school", kind="category", role="characteristic", label="school", allowed=("a", "b", "c"), ordered=True),
)  # fmt: skip


def customers(count: int, seed: int) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    days = np.where(draw.random(count) < 0.4, -1.0, draw.exponential(100, count))
    return pl.DataFrame(
        {
            "age": draw.normal(40, 12, count),
            "gappy": [None if draw.random() < 0.3 else float(value) for value in draw.lognormal(5, 2, count)],
            "days": days,
            "only": np.full(count, 3.0),
            "job": draw.choice(["x", "y", "z", "rare"], count, p=[0.5, 0.3, 0.195, 0.005]),
            "month": draw.choice(MONTHS, count, p=[0.5, 0.3, 0.19, 0.01]),
            "school": [None if draw.random() < 0.1 else level for level in draw.choice(["a", "b", "c"], count)],
        }
    )


def odd_customers() -> pl.DataFrame:
    """Everything that never was seen when learning."""
    frame = customers(9, 5)
    return frame.with_columns(
        age=pl.Series([None, 1e300, -1e300, 0.0, -0.0, 1e9, 40.0, float("nan"), 41.0]),
        days=pl.Series([-1.0, None, 999.0, 1e12, 0.0, -5.0, 3.0, 4.0, 5.0]),
        only=pl.Series([None, 3.0, 2.0, 4.0, 3.0, 3.0, -1.0, 3.0, 3.0]),
        job=pl.Series([None, "new", "(other)", "(missing)", "x", "rare", "y", "?", ""]),
        month=pl.Series([None, "new", "apr", "jan", "(other)", "feb", "mar", "mar", "mar"]),
        school=pl.Series([None, "new", "c", "b", "a", "(missing)", "a", "a", "a"]),
    )


@pytest.fixture(scope="module", params=[False, True], ids=["free", "within"])
def state(request: pytest.FixtureRequest) -> dict[str, object]:
    learned: dict[str, object] = CustomerFeatures(COLUMNS, within=request.param).fit(customers(2_000, 1)).state_
    return learned


def expansion(state: dict[str, object], lookup: FeatureLookup) -> np.ndarray:
    """The features that one unit of each table row stands for."""
    return lookup.table(np.eye(count_features(state), dtype=np.float32))


@pytest.mark.parametrize("frame", [customers(500, 2), odd_customers()], ids=["new", "odd"])
def test_picked_rows_add_up_to_the_features(state: dict[str, object], frame: pl.DataFrame) -> None:
    lookup = FeatureLookup(state)
    places, weights = lookup.pick(frame)
    summed = np.einsum("np,npf->nf", weights, expansion(state, lookup)[places])
    assert_allclose(summed, apply_features(state, frame), atol=1e-6)


@pytest.mark.parametrize("frame", [customers(200, 3), odd_customers()], ids=["new", "odd"])
def test_one_customer_picks_the_same(state: dict[str, object], frame: pl.DataFrame) -> None:
    lookup, expected = FeatureLookup(state), apply_features(state, frame)
    rows = expansion(state, lookup)
    for place, row in enumerate(frame.iter_rows(named=True)):
        places, weights = lookup.pick_one(row)
        assert_allclose(np.asarray(weights) @ rows[places], expected[place], atol=1e-6)


def test_every_column_touches_at_most_three_rows(state: dict[str, object]) -> None:
    lookup = FeatureLookup(state)
    assert lookup.picks <= 3 * len(COLUMNS)
    assert lookup.picks < count_features(state) / 4


def test_a_state_without_columns_picks_nothing() -> None:
    assert FeatureLookup({"columns": []}).pick_one({}) == ([], [])


def test_the_first_layer_of_both_ways_is_the_same(state: dict[str, object]) -> None:
    lookup, frame = FeatureLookup(state), customers(300, 4)
    kernel = np.random.default_rng(0).normal(size=(count_features(state), 8)).astype(np.float32)
    places, weights = lookup.pick(frame)
    summed = np.einsum("np,npu->nu", weights, lookup.table(kernel)[places])
    assert_allclose(summed, apply_features(state, frame) @ kernel, rtol=1e-4, atol=1e-5)
    assert_allclose(lookup.table(kernel), expansion(state, lookup) @ kernel, rtol=1e-5, atol=1e-6)


def test_a_wide_table_takes_memory_with_its_width_and_not_with_the_square_of_it() -> None:
    levels = [f"level {place}" for place in range(100)]
    column = {"kind": "category", "levels": levels}
    wide = {"columns": [{**column, "name": f"c{place}"} for place in range(100)]}
    kernel = np.ones((count_features(wide), 4), dtype=np.float32)
    tracemalloc.start()
    FeatureLookup(wide).table(kernel)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40e6  # every feature beside every other: 400 MB
