import json

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segmint.contract.column import Column, State
from segmint.features.apply import apply_features, count_features, feature_names, pair_blocks
from segmint.features.changes import ABSENT, Change, change_steps, check_change, learn_change, read_side
from segmint.features.customer_features import CustomerFeatures
from segmint.features.lookup import FeatureLookup
from segmint.features.pairs import pair_steps

NEVER = State(value=-1, name="never")
JUNE = Column(name="june", kind="number", role="holding", label="June", states=(NEVER,))
JULY = Column(name="july", kind="number", role="holding", label="July")
AMOUNT, PLACE = Change("june", "july", "amount"), Change("june", "july", "place")
MEASURES = [AMOUNT, PLACE]


def balances(rows: int = 3_000, seed: int = 0) -> pl.DataFrame:
    """Skewed balances of two months; of some customers one is not known or a code."""
    draw = np.random.default_rng(seed)
    june = np.exp(draw.normal(7.0, 1.0, rows))
    july = june * np.exp(draw.normal(0.0, 0.2, rows))
    frame = pl.DataFrame({"june": june.round(2), "july": july.round(2)})
    place = pl.int_range(rows)
    return frame.with_columns(
        june=pl.when(place < 40).then(-1.0).otherwise("june"),
        july=pl.when(place.is_between(40, 80)).then(None).otherwise("july"),
    )


def learned(change: Change, rows: int = 3_000) -> dict[str, object]:
    return learn_change(balances(rows), change, ([-1.0], []), rare=10)


@pytest.mark.parametrize("change", MEASURES)
def test_steps_rise_with_the_change_and_the_first_is_of_who_has_none(change: Change) -> None:
    frame, found = balances(), learned(change)
    steps = pair_steps(found, frame["june"], frame["july"])
    none = ((frame["june"] == -1) | frame["july"].is_null()).to_numpy()
    assert_array_equal(steps == 0, none)
    moved = (frame["july"] - frame["june"] if change == AMOUNT else (frame["july"] / frame["june"]).log()).to_numpy()
    order = np.argsort(moved[~none])
    rising = steps[~none][order]
    if change == AMOUNT:
        assert (np.diff(rising) >= 0).all()
    assert np.corrcoef(rising, np.arange(len(rising)))[0, 1] > 0.95
    assert np.bincount(rising)[1:].min() > 50
    assert found["sizes"][0] == 0.0
    assert (np.diff(found["sizes"][1:]) > 0).all()


@pytest.mark.parametrize("change", MEASURES)
def test_units_change_nothing_but_the_edges(change: Change) -> None:
    frame = balances().filter(pl.col("june") != -1)
    cents = frame.select(pl.all() * 1_000)  # keeps round numbers round
    found, again = (learn_change(each, change, ([], []), rare=10) for each in (frame, cents))
    for table, state in ((frame, found), (cents, again)):
        table.insert_column(0, pl.Series("step", pair_steps(state, table["june"], table["july"])))
    assert (frame["step"] == cents["step"]).mean() > 0.995


def test_the_same_change_is_on_the_same_step_whatever_it_is_added_to() -> None:
    draw = np.random.default_rng(0)
    june, salary = draw.integers(100, 900_000, 3_000) / 100, draw.choice([-20.2, -10.1, 0.0, 10.1, 50.05], 3_000)
    frame = pl.DataFrame({"june": june, "july": (june + salary).round(2)})
    found = learn_change(frame, AMOUNT, ([], []), rare=10)
    steps = pair_steps(found, frame["june"], frame["july"])
    assert len({*zip(steps, salary, strict=True)}) == 5
    state = CustomerFeatures([JUNE, JULY], changes=[AMOUNT]).fit(frame).state_
    lookup = FeatureLookup(state)
    many = lookup.pick(frame)[0][:, -1]
    assert_array_equal([lookup.pick_one(row)[0][-1] for row in frame.iter_rows(named=True)], many)


def test_no_edge_is_the_number_of_a_few_customers() -> None:
    frame, found = balances(), learned(AMOUNT)
    moved = np.sort(
        (frame.filter(pl.col("june") != -1)["july"] - frame.filter(pl.col("june") != -1)["june"]).drop_nulls()
    )
    for edge in found["edges"]:
        assert abs(np.searchsorted(moved, edge, "right") - np.searchsorted(moved, edge, "left")) in {
            0,
            *range(10, 4_000),
        }


@pytest.mark.parametrize("change", MEASURES)
def test_the_table_of_rows_gives_the_same_features_of_many_and_of_one(change: Change) -> None:
    fitted = CustomerFeatures([JUNE, JULY], changes=[change]).fit(balances())
    state = json.loads(json.dumps(fitted.state_))
    odd = pl.DataFrame(
        {
            "june": [None, -1.0, 1e300, 5.0, float("nan"), float("inf"), 7.0],
            "july": [3.0, 4.0, -1e300, 1e-9, 2.0, 8.0, -float("inf")],
        }
    )
    frame = pl.concat([balances(200, 1), odd])
    lookup, expected = FeatureLookup(state), apply_features(state, frame)
    assert np.isfinite(expected).all()
    assert len(set(feature_names(state))) == count_features(state) == expected.shape[1]
    assert pair_blocks(state)[0].stop == expected.shape[1]
    rows = lookup.table(np.eye(count_features(state), dtype=np.float32))
    places, weights = lookup.pick(frame)
    assert_allclose(np.einsum("rp,rpf->rf", weights, rows[places]), expected, atol=1e-6)
    for row, features in zip(frame.iter_rows(named=True), expected, strict=True):
        some, much = lookup.pick_one(row)
        assert_allclose(np.asarray(much, np.float32) @ rows[some], features, atol=1e-6)


def test_rows_without_a_value_are_alike() -> None:
    found = learned(PLACE)
    sides = [read_side(found, side, pl.Series("june", [None, -1.0, 3.0])) for side in (0, 1)]
    assert_array_equal(sides[0][:2], [ABSENT, ABSENT])
    assert np.isfinite(sides[1][1])  # -1 is a code of June's balance alone
    assert_array_equal(change_steps(found, ABSENT, np.array([1.0, ABSENT])), [0, 0])


def test_rows_of_one_customer_count_as_one() -> None:
    frame = pl.concat([balances(200), *[pl.DataFrame({"june": [1.0], "july": [77_777.25]})] * 200])
    whose = np.r_[np.arange(200), np.full(200, 200)]
    found = learn_change(frame, AMOUNT, ([-1.0], []), 10, whose)
    assert max(found["edges"]) < 70_000
    assert max(learn_change(frame, AMOUNT, ([-1.0], []), 10)["edges"]) > 70_000


def test_of_a_handful_there_is_one_step() -> None:
    for change in MEASURES:
        found = learned(change, rows=85)
        check_change(json.loads(json.dumps(found)), ["june", "july"])
        assert found["edges"] == []
        assert found["sizes"] == [0.0, 0.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ["june", "job"]},
        {"names": ["june"]},
        {"names": ["june", "june"]},
        {"codes": [[]]},
        {"codes": [["x"], []]},
        {"edges": [3.0]},
        {"edges": [2.0, 1.0], "sizes": [0.0] * 4},
        {"sizes": [float("inf"), 0.0]},
        {"scales": []},
        {"scales": [[[0.0], [0.0]]]},
        {"scales": [[[0.0, 1.0], [0.0]], [[0.0], [0.0]]]},
        {"scales": [[[1.0, 0.0], [0.0, 1.0]], [[0.0], [0.0]]]},
        {"scales": [[[], []], [[], []]]},
    ],
)
@pytest.mark.parametrize("change", MEASURES)
def test_a_change_that_no_fit_has_learned_is_refused(wrong: dict[str, object], change: Change) -> None:
    found = json.loads(json.dumps(learned(change)))
    check_change(found, ["june", "july"])
    with pytest.raises(ValueError, match="no fit has learned"):
        check_change({**found, **wrong}, ["june", "july"])


@pytest.mark.parametrize(
    "wrong", [[("june",)], [("june", "july")], [("june", "june", "amount")], [("june", "july", "ratio")], "june"]
)
def test_parameters_that_are_no_changes_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="changes"):
        CustomerFeatures([JUNE, JULY], changes=wrong).fit(balances())  # type: ignore[arg-type]


def test_only_numbers_change() -> None:
    job = Column(name="job", kind="category", role="characteristic", label="job")
    frame = balances().with_columns(job=pl.lit("clerk"))
    with pytest.raises(ValueError, match="not learned from"):
        CustomerFeatures([JUNE, JULY, job], changes=[("june", "job", "amount")]).fit(frame)
