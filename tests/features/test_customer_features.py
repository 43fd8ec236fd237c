from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from segmint.contract.column import Column, State
from segmint.errors import DataError
from segmint.features.apply import apply_features, feature_blocks, feature_names
from segmint.features.customer_features import CustomerFeatures
from segmint.features.levels import KEPT_OTHER

MONTHS = ("jan", "feb", "mar", "apr")
COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age"),
    Column(
        name="pdays", kind="number", role="history", label="days", states=(State(value=-1, name="never contacted"),)
    ),
    Column(name="job", kind="category", role="characteristic", label="job"),
    Column(name="month", kind="category", role="context", label="month", allowed=MONTHS, cyclic=True),
)


def customers(count: int = 400) -> pl.DataFrame:
    draw = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "age": draw.integers(18, 90, count).astype(float),
            "pdays": np.where(draw.random(count) < 0.6, -1.0, draw.integers(1, 300, count)),
            "job": draw.choice(["clerk", "nurse", "smith"], count, p=[0.5, 0.495, 0.005]),
            "month": draw.choice(MONTHS, count),
        }
    )


@pytest.fixture
def fitted() -> CustomerFeatures:
    return CustomerFeatures(COLUMNS).fit(customers())


def column(fitted: CustomerFeatures, name: str, matrix: np.ndarray) -> np.ndarray:
    return matrix[:, feature_names(fitted.state_).index(name)]


def test_state_survives_json_and_gives_the_same_features(fitted: CustomerFeatures) -> None:
    state = json.loads(json.dumps(fitted.state_))
    assert_array_equal(apply_features(state, customers()), fitted.transform(customers()))


def test_names_and_blocks_cover_the_matrix_once(fitted: CustomerFeatures) -> None:
    matrix = fitted.transform(customers())
    blocks = feature_blocks(fitted.state_)
    assert [block.start for block in blocks] == [0, *(block.stop for block in blocks[:-1])]
    assert blocks[-1].stop == matrix.shape[1] == len(fitted.get_feature_names_out())


def test_a_state_code_is_a_flag_and_no_number(fitted: CustomerFeatures) -> None:
    frame = customers().head(2).with_columns(pdays=pl.Series([-1.0, 150.0]))
    matrix = fitted.transform(frame)
    flag = column(fitted, "pdays is -1", matrix)
    assert_array_equal(flag, [1.0, 0.0])
    block = feature_blocks(fitted.state_)[1]
    assert matrix[0, block].sum() == 1.0


def test_a_level_never_seen_and_a_rare_one_share_a_place_or_are_zero(fitted: CustomerFeatures) -> None:
    frame = customers().head(1).with_columns(job=pl.lit("astronaut"))
    assert fitted.transform(frame)[0, feature_blocks(fitted.state_)[2]].sum() == 0.0
    assert "smith" not in json.dumps(fitted.state_)


def test_a_value_missing_only_when_predicting_counts_as_the_middle(fitted: CustomerFeatures) -> None:
    frame = customers().head(1).with_columns(age=pl.lit(None, dtype=pl.Float64))
    middle = customers().head(1).with_columns(age=pl.lit(fitted.state_["columns"][0]["center"]))
    assert_array_equal(fitted.transform(frame), fitted.transform(middle))


def test_months_lie_on_a_ring(fitted: CustomerFeatures) -> None:
    frame = pl.concat([customers().head(1)] * 4).with_columns(month=pl.Series(MONTHS))
    matrix = fitted.transform(frame)
    sine, cosine = column(fitted, "month sine", matrix), column(fitted, "month cosine", matrix)
    assert_allclose(sine**2 + cosine**2, 1.0, atol=1e-6)
    assert sine[1] == pytest.approx(1.0)


def test_steps_never_fall_as_the_number_grows(fitted: CustomerFeatures) -> None:
    ages = np.linspace(10, 120, 111)
    frame = pl.concat([customers().head(1)] * 111).with_columns(age=pl.Series(ages))
    block = feature_blocks(fitted.state_)[0]
    assert (np.diff(fitted.transform(frame)[:, block], axis=0) >= -1e-6).all()


@given(st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=1, max_size=40))
def test_features_are_finite_whatever_the_numbers(values: list[float | None]) -> None:
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)})
    matrix = CustomerFeatures(rare=1).fit(frame).transform(frame)
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()


def test_missing_columns_are_named() -> None:
    fitted = CustomerFeatures(COLUMNS).fit(customers())
    with pytest.raises(ValueError, match=r"missing: \['job'\]"):
        fitted.transform(customers().drop("job"))


def test_a_pair_of_columns_that_are_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'pairs' names columns that are not learned from: \['zz'\]"):
        CustomerFeatures(pairs=[("job", "zz")]).fit(customers())


def test_a_pandas_frame_gives_the_same_features(fitted: CustomerFeatures) -> None:
    pytest.importorskip("pandas")
    assert_array_equal(fitted.transform(customers().to_pandas()), fitted.transform(customers()))


@pytest.mark.parametrize("state", [[], [State(value=-1, name="never")]], ids=["plain", "with a code"])
def test_numbers_never_seen_are_taken_for_the_nearest_seen_if_asked(state: list[State]) -> None:
    column = Column(name="days", kind="number", role="history", label="days", states=tuple(state))
    seen = pl.DataFrame({"days": [-1.0, 2.0, 5.0, 9.0, 40.0] * 20})
    low, high = (2.0, 40.0) if state else (-1.0, 40.0)
    held = CustomerFeatures([column], within=True).fit(seen)
    beyond, nearest = pl.DataFrame({"days": [-500.0, 1e9, None, -1.0]}), pl.DataFrame({"days": [low, high, None, -1.0]})
    assert np.array_equal(held.transform(beyond), held.transform(nearest))
    free = CustomerFeatures([column]).fit(seen)
    assert not np.array_equal(free.transform(beyond), free.transform(nearest))
    assert np.array_equal(free.transform(nearest), held.transform(nearest))


def test_a_gap_beside_codes_is_the_middle_where_no_gap_was_seen_when_learning() -> None:
    column = Column(name="days", kind="number", role="history", label="days", states=(State(value=-1, name="never"),))
    learned = CustomerFeatures([column]).fit(pl.DataFrame({"days": [-1.0, *map(float, range(1, 100))]}))
    gap, middle = (
        learned.transform(pl.DataFrame({"days": [value]}, schema={"days": pl.Float64})) for value in (None, 50.0)
    )
    assert_array_equal(gap, middle)


@pytest.mark.parametrize("gap", [[], [None] * 20], ids=["no gap learned", "gaps learned"])
def test_a_code_that_nobody_had_when_learning_is_no_number(gap: list[None]) -> None:
    column = Column(name="days", kind="number", role="history", label="days", states=(State(value=999, name="never"),))
    learned = CustomerFeatures([column]).fit(pl.DataFrame({"days": [*map(float, range(1, 30)), *gap]}))
    code, absent = learned.transform(pl.DataFrame({"days": [999.0, None]}))
    assert_array_equal(code, absent)


def test_a_state_of_before_unseen_codes_were_kept_still_reads(fitted: CustomerFeatures) -> None:
    earlier = [{key: told for key, told in column.items() if key != "unseen"} for column in fitted.state_["columns"]]
    assert_array_equal(apply_features({"columns": earlier}, customers()), fitted.transform(customers()))


def test_what_is_kept_of_a_number_is_nobodys_own() -> None:
    column = Column(name="balance", kind="number", role="holding", label="balance")
    balances = [-4_057.31, *np.random.default_rng(3).lognormal(7, 1, 2_000).round(2).tolist(), 987_654_321.37]
    learned = CustomerFeatures([column], within=True).fit(pl.DataFrame({"balance": balances})).state_["columns"][0]
    kept = [learned["center"], learned["scale"], learned["low"], learned["high"], *learned["edges"]]
    assert not set(balances) & set(kept)
    assert max(map(abs, kept)) < 100_000
    assert all(float(f"{number:.3g}") == number for number in kept)


def test_a_number_that_one_customer_has_in_many_rows_is_not_kept() -> None:
    column = Column(name="balance", kind="number", role="holding", label="balance")
    balances = [*np.random.default_rng(3).lognormal(7, 1, 300).round(2).tolist(), *[87_654.32] * 90]
    whose = np.array([*range(300), *[300] * 90])
    for model in (CustomerFeatures([column], within=True), CustomerFeatures([column], within=True, rare=5)):
        assert "87654.32" in json.dumps(model.fit(pl.DataFrame({"balance": balances})).state_)
        assert "87654.32" not in json.dumps(model.fit(pl.DataFrame({"balance": balances}), customers=whose).state_)


def test_where_every_row_is_another_customer_the_features_are_the_same_to_the_byte() -> None:
    whose = np.random.default_rng(0).permutation(400)
    for pairs in ((), [("pdays", "job"), ("job", "month")]):
        model = CustomerFeatures(COLUMNS, pairs=pairs)
        states = [json.dumps(model.fit(customers(), customers=each).state_) for each in (None, whose)]
        assert states[0] == states[1]


def test_the_oldest_customers_age_is_not_kept_and_ages_that_ten_have_stay() -> None:
    column = Column(name="age", kind="number", role="characteristic", label="age")
    ages = [*np.repeat(np.arange(19.0, 88.0), 30), 103.0]
    learned = CustomerFeatures([column]).fit(pl.DataFrame({"age": ages})).state_["columns"][0]
    assert learned["edges"] == [*np.unique(np.quantile(ages, np.linspace(0, 1, 17)))[:-1].tolist(), 87.0]


@pytest.mark.parametrize("factor", [1.0, 0.1, 0.01, 1e-3, 1e3])
def test_what_is_kept_of_a_number_is_the_same_in_every_unit(factor: float) -> None:
    column = Column(name="days", kind="number", role="history", label="days")
    days = [30.0, *np.linspace(31, 690, 300).tolist(), 700.0]
    first, other = (
        CustomerFeatures([column]).fit(pl.DataFrame({"days": [each * unit for each in days]})).state_["columns"][0]
        for unit in (1.0, factor)
    )
    assert_allclose(other["edges"], np.array(first["edges"]) * factor)
    assert_allclose(other["scores"], first["scores"])


def test_of_very_many_levels_the_commonest_thousand_are_told_apart() -> None:
    column = Column(name="place", kind="category", role="characteristic", label="place")
    places = [f"p{number}" for number in range(1_200) for _ in range(12 if number < 1_000 else 10)]
    state = CustomerFeatures([column]).fit(pl.DataFrame({"place": places})).state_
    assert state["columns"][0]["levels"][-1] == KEPT_OTHER
    assert set(state["columns"][0]["levels"][:-1]) == {f"p{number}" for number in range(1_000)}


def test_more_features_than_a_bundle_holds_are_refused_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("segmint.features.customer_features.MOST_FEATURES", 10)
    with pytest.raises(DataError, match=r"columns make .* features") as refused:
        CustomerFeatures(COLUMNS).fit(customers())
    assert "at most 10" in refused.value.expected


def test_ends_of_huge_numbers_close_together_do_not_cross() -> None:
    column = Column(name="number", kind="number", role="holding", label="number")
    numbers = [9_007_199_254_740_000.0 + step for step in range(0, 400, 2)]
    learned = CustomerFeatures([column]).fit(pl.DataFrame({"number": numbers}))
    assert (np.diff(learned.state_["columns"][0]["edges"]) > 0).all()
    assert np.isfinite(learned.transform(pl.DataFrame({"number": numbers}))).all()


@pytest.mark.parametrize("numbers", ["piecewise", "scaled"])
@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("known", [0, 1, 3, 9])
def test_a_number_known_of_a_handful_of_customers_is_kept_nowhere(known: int, within: bool, numbers: Any) -> None:
    column = Column(name="salary", kind="number", role="characteristic", label="salary")
    salaries = [61_234.56 + 1_000.25 * place for place in range(known)]
    frame = pl.DataFrame({"salary": pl.Series([*salaries, *[None] * (500 - known)], dtype=pl.Float64)})
    learned = CustomerFeatures([column], within=within, numbers=numbers).fit(frame)
    told = learned.state_["columns"][0]
    assert not told["edges"]
    assert not told["scores"]
    assert {told["center"], told["scale"], told["low"], told["high"]} == {0.0, 1.0}
    assert feature_names(learned.state_) == ["salary missing", "salary scaled"]
    assert_array_equal(learned.transform(frame)[:, 1], 0.0)
    assert_array_equal(learned.transform(frame)[:, 0], [0.0] * known + [1.0] * (500 - known))


def test_a_number_known_of_enough_customers_is_read() -> None:
    frame = pl.DataFrame({"salary": pl.Series([*map(float, range(20)), *[None] * 480], dtype=pl.Float64)})
    assert CustomerFeatures().fit(frame).state_["columns"][0]["edges"]
