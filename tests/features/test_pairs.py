import json

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segmint.contract.column import Column
from segmint.features.apply import apply_features, count_features, feature_blocks, feature_names, pair_blocks
from segmint.features.customer_features import CustomerFeatures
from segmint.features.lookup import FeatureLookup
from segmint.features.pairs import check_pair, columns_to_pair, learn_pair, pair_steps

DAY = Column(name="day", kind="number", role="history", label="day")
MONTH = Column(name="month", kind="category", role="history", label="month")
PAIR = ("day", "month")


def calls(rows: int = 3_000, seed: int = 0) -> pl.DataFrame:
    """Some days of some months are busy; a few values are missing, and one name is rare."""
    draw = np.random.default_rng(seed)
    day, month = draw.integers(1, 29, rows), draw.integers(0, 4, rows)
    busy = draw.random(rows) < 0.4
    day, month = np.where(busy, 15, day), np.where(busy, 2, month)
    names = np.array(["jan", "feb", "mar", "apr"])[month].astype(object)
    names[:40], names[40:43] = None, "once"
    return pl.DataFrame(
        {"day": day.astype(float), "month": names.tolist()}, schema={"day": pl.Float64, "month": pl.String}
    )


def test_steps_rise_with_the_customers_who_share_both_values() -> None:
    frame = calls()
    learned = learn_pair(frame, PAIR, rare=10)
    steps = pair_steps(learned, frame["day"], frame["month"])
    shared = frame.join(frame.group_by(PAIR).len(), on=PAIR, nulls_equal=True, maintain_order="left")["len"].to_numpy()
    listed = frame["month"].is_null() | (frame["month"] != "once")
    counted = np.maximum(shared, 10)[listed.to_numpy()]
    order = np.argsort(counted)
    assert (np.diff(steps[listed.to_numpy()][order]) >= 0).all()
    assert steps.max() > 2
    assert (
        steps[(frame["day"] == 15).to_numpy() & (frame["month"] == "mar").fill_null(False).to_numpy()].min()
        == steps.max()
    )


def test_a_handful_and_nobody_are_told_apart_nowhere() -> None:
    frame = calls()
    learned = learn_pair(frame, PAIR, rare=10)
    assert "once" not in learned["levels"][1]
    unseen = pl.DataFrame({"day": [77.0, 3.0, None], "month": ["jan", "dec", "apr"]})
    assert_array_equal(pair_steps(learned, unseen["day"], unseen["month"]), [0, 0, 0])
    counts = frame.group_by(PAIR).len().filter(pl.col("len") < 10)
    assert len(counts)
    assert (pair_steps(learned, counts["day"], counts["month"]) == 0).all()


def test_a_value_and_a_pair_of_one_customer_in_many_rows_are_told_nowhere() -> None:
    more = pl.DataFrame({"day": [77.25] * 30 + [15.0] * 30, "month": ["mar"] * 30 + ["once"] * 30})
    frame = pl.concat([calls(), more])
    whose = np.r_[np.arange(3_000), np.full(60, 3_000)]
    by_rows, learned = learn_pair(frame, PAIR, rare=10), learn_pair(frame, PAIR, 10, whose)
    assert (77.25 in by_rows["levels"][0], "once" in by_rows["levels"][1]) == (True, True)
    assert (77.25 in learned["levels"][0], "once" in learned["levels"][1]) == (False, False)
    rare = pl.DataFrame({"day": [27.0] * 40, "month": ["apr"] * 40})
    some = frame.head(3_000).filter((pl.col("day") != 27) | (pl.col("month") != "apr"))
    alone = learn_pair(pl.concat([some, rare]), PAIR, 10, np.r_[np.arange(len(some)), np.full(40, 3_000)])
    assert pair_steps(alone, rare["day"], rare["month"]).max() == 0


def test_features_of_a_pair_follow_those_of_the_columns_and_survive_json() -> None:
    frame = calls()
    fitted = CustomerFeatures([DAY, MONTH], pairs=[PAIR]).fit(frame)
    state = json.loads(json.dumps(fitted.state_))
    matrix = apply_features(state, frame)
    assert matrix.shape == (frame.height, count_features(state))
    assert len(feature_names(state)) == len(set(feature_names(state))) == matrix.shape[1]
    assert pair_blocks(state)[0].start == feature_blocks(state)[-1].stop
    plain = apply_features(CustomerFeatures([DAY, MONTH]).fit(frame).state_, frame)
    assert_array_equal(matrix[:, : plain.shape[1]], plain)
    assert np.isfinite(matrix).all()


def test_the_table_of_rows_gives_the_same_features_of_many_and_of_one() -> None:
    state = CustomerFeatures([DAY, MONTH], pairs=[PAIR]).fit(calls()).state_
    frame = pl.concat(
        [calls(200, 1), pl.DataFrame({"day": [None, 99.0], "month": [None, "never"]}, schema=calls(2).schema)]
    )
    lookup, expected = FeatureLookup(state), apply_features(state, frame)
    rows = lookup.table(np.eye(count_features(state), dtype=np.float32))
    places, weights = lookup.pick(frame)
    summed = np.einsum("rp,rpf->rf", weights, rows[places])
    assert_allclose(summed, expected, atol=1e-6)
    for row, features in zip(frame.iter_rows(named=True), expected, strict=True):
        some, much = lookup.pick_one(row)
        assert_allclose(np.asarray(much, np.float32) @ rows[some], features, atol=1e-6)


@pytest.mark.parametrize("values", [[1.0] * 50, [None] * 50])
def test_a_column_without_values_to_choose_from_has_no_pairs(values: list[float | None]) -> None:
    frame = calls(50).with_columns(still=pl.Series(values, dtype=pl.Float64), id=pl.Series(range(50)).cast(pl.Float64))
    assert columns_to_pair(frame, ["day", "month", "still"]) == [*PAIR]


def test_a_column_of_ids_has_no_pairs() -> None:
    frame = calls(300).with_columns(id=pl.Series(range(300)).cast(pl.Float64))
    assert columns_to_pair(frame, ["id", "day", "month"]) == [*PAIR]


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ["day", "wage"]},
        {"names": ["day"]},
        {"levels": [[1.0], ["jan"]]},
        {"levels": [[1.0, "x"], ["jan"]], "steps": [[0, 0], [0, 0], [0, 0]]},
        {"levels": [[[1]], ["jan"]], "steps": [[0, 0], [0, 0]]},
        {"steps": [[99]]},
        {"steps": [["0"]]},
        {"sizes": [float("inf")]},
        {"sizes": ["1"]},
    ],
)
def test_a_pair_that_no_fit_has_learned_is_refused(wrong: dict[str, object]) -> None:
    learned = json.loads(json.dumps(learn_pair(calls(), PAIR, rare=10)))
    check_pair(learned, ["day", "month"])
    with pytest.raises(ValueError, match="no fit has learned"):
        check_pair({**learned, **wrong}, ["day", "month"])
