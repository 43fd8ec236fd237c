"""Codes lose nothing that a segment needs and tell nothing of a handful of customers."""

import json

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.errors import DataError
from segmint.features.levels import NO_VALUE, OTHER
from segmint.segments.coding import band_labels, encode, encode_column, learn_coding, no_value_of
from segmint.segments.inputs import SegmentInputs, as_inputs
from segmint.segments.rules import range_in_words


def of(frame, **more):
    inputs = as_inputs(frame)
    columns = tuple(column.model_copy(update=more) if column.kind == "number" else column for column in inputs.columns)
    return SegmentInputs(inputs.frame, columns)


FRAME = pl.DataFrame(
    {"job": ["a"] * 60 + ["b"] * 35 + ["rare"] * 3 + ["rarer"] * 7, "n": np.arange(105.0), "m": ["x", "y", "z"] * 35}
)


def test_levels_with_fewer_than_ten_customers_are_pooled():
    state = learn_coding(as_inputs(FRAME))[0]
    assert state["labels"] == ["a", "b", OTHER]
    assert "rare" not in json.dumps(state)


@pytest.mark.parametrize("bands", [True, False])
def test_a_number_that_one_customer_has_in_many_rows_is_no_edge(bands):
    numbers = np.r_[np.random.default_rng(3).lognormal(7, 1, 300).round(2), np.full(90, 87_654.32)]
    inputs = as_inputs(pl.DataFrame({"balance": numbers, "age": np.arange(390.0) % 60}))
    whose = np.r_[np.arange(300), np.full(90, 300)]
    assert "87654.3" in json.dumps(learn_coding(inputs, bands=bands))
    own = SegmentInputs(inputs.frame, inputs.columns, whose)
    assert "87654.3" not in json.dumps(learn_coding(own, bands=bands))
    alone = SegmentInputs(inputs.frame, inputs.columns, np.arange(390))
    assert json.dumps(learn_coding(alone, bands=bands)) == json.dumps(learn_coding(inputs, bands=bands))


def test_a_new_level_counts_as_other_or_as_no_value():
    coding = learn_coding(as_inputs(FRAME))
    codes = encode(coding, pl.DataFrame({"job": ["new", None], "n": [1.0, None], "m": ["new", "x"]})).codes
    assert codes[0, 0] == 2
    assert codes[1, 0] == -1
    assert codes[0, 2] == -1
    assert codes[1, 1] == -1


def test_unknown_is_no_answer_and_no_trait():
    frame = FRAME.with_columns(job=pl.when(pl.col("n") < 20).then(pl.lit("unknown")).otherwise("job"))
    state, *_ = coding = learn_coding(as_inputs(frame))
    assert "unknown" not in state["labels"]
    assert encode(coding, frame).codes[0, 0] == -1


def test_no_value_in_most_rows_is_a_level_of_its_own():
    frame = FRAME.with_columns(n=pl.when(pl.col("n") < 40).then("n"))
    coding = learn_coding(as_inputs(frame))
    assert coding[1]["labels"][-1] == NO_VALUE
    assert encode(coding, frame).codes[-1, 1] == len(coding[1]["labels"]) - 1


def test_no_value_is_said_as_the_contract_does():
    number = Column(name="n", kind="number", role="history", label="n", missing_means="never")
    category = number.model_copy(update={"kind": "category"})
    numbers = FRAME.select(n=pl.when(pl.col("n") < 40).then("n"), m="m")
    texts = numbers.with_columns(n=pl.when(pl.col("n").is_not_null()).then(pl.lit("once")))
    asked = texts.with_columns(n=pl.when(pl.col("m") == "x").then(pl.lit("unknown")).otherwise("n"))

    def said(column, frame):
        state, _ = learn_coding(SegmentInputs(frame, (column, as_inputs(frame).columns[1])))
        assert encode_column(state, frame["n"])[-1] == len(state["labels"]) - 1
        return state["labels"][-1], no_value_of(state)

    assert said(number, numbers) == said(category, texts) == ("never", "never")
    assert said(category, asked) == (NO_VALUE, NO_VALUE)  # who did not answer may have been contacted
    once = category.model_copy(update={"missing_means": "once"})
    assert said(once, texts) == (NO_VALUE, NO_VALUE)  # a level goes by these words
    assert no_value_of({"labels": []}) == NO_VALUE  # as kept by older runs


def test_state_codes_are_levels_beside_the_bands():
    frame = FRAME.with_columns(n=pl.when(pl.col("n") < 50).then(-1.0).otherwise("n"))
    coding = learn_coding(of(frame, states=(State(value=-1, name="never contacted"),)))
    assert coding[1]["labels"][0] == "never contacted"
    assert encode(coding, frame).codes[0, 1] == 0
    assert encode(coding, frame).codes[50, 1] == 1


def test_bands_of_whole_numbers_are_said_without_gaps():
    assert band_labels([1.0, 2.0, 30.0], whole=True) == ["under 1", "1", "2 to 29", "30 or more"]


def test_a_first_band_of_one_whole_number_is_said_as_that_number():
    assert band_labels([1.0, 2.0], whole=True, lowest=0.0) == ["0", "1", "2 or more"]
    assert band_labels([20.0, 30.0], whole=True, lowest=18.0)[0] == "under 20"
    assert band_labels([1.0, 2.0], whole=False, lowest=0.5)[0] == "under 1"
    calls = pl.DataFrame({"calls": [0.0] * 80 + [1.0, 2.0] * 20, "job": ["a", "b"] * 60})
    assert learn_coding(as_inputs(calls))[0]["labels"][0] == "0"


def test_normal_scores_keep_the_order_and_are_about_standard():
    scores = encode(learn_coding(as_inputs(FRAME), bands=False), FRAME).scores[:, 0]
    assert (np.diff(scores) >= 0).all()
    assert abs(scores.mean()) < 0.05
    assert 0.85 < scores.std() < 1.1


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"a": [str(n) for n in range(10_000)], "b": [0, 1] * 5_000}), "10,000 different levels"),
        (pl.DataFrame({"a": ["x"] * 300, "b": [1.0] * 300}), "Fewer than two describing columns vary"),
        (pl.DataFrame({"a": ["x", "y"] * 150}), "Fewer than two describing columns vary"),
    ],
)
def test_columns_that_cannot_make_segments_are_refused_in_words(frame, said):
    with pytest.raises(DataError, match=said) as refused:
        learn_coding(as_inputs(frame))
    assert refused.value.fix


def test_an_error_never_shows_a_customers_value():
    frame = pl.DataFrame({"a": [f"secret{n}" for n in range(2_000)], "b": [0, 1] * 1_000})
    with pytest.raises(DataError) as refused:
        learn_coding(as_inputs(frame))
    assert "secret" not in str(refused.value)


def test_an_ordered_category_keeps_its_ladder():
    column = Column(name="m", kind="category", role="interest", label="m", allowed=("z", "y", "x"), ordered=True)
    state = learn_coding(SegmentInputs(FRAME.select("m", "n"), (column, of(FRAME).columns[1])))[0]
    assert state["levels"] == ["z", "y", "x"]


def test_numbers_too_few_for_a_band_count_as_no_value():
    days = [999.0] * 60 + [-999.0] * 40 + [3.0, 6.0, 9.0, 12.0, 15.0]
    frame = FRAME.with_columns(pl.Series("days", days)).select("job", "m", "days")
    states = (State(value=999, name="never"), State(value=-999, name="long ago"))
    coding = learn_coding(of(frame, states=states))
    design = encode(coding, frame)
    place = [state["column"] for state in coding].index("days")
    assert coding[place]["labels"] == ["never", "long ago"]
    assert (design.codes[-5:, place] == -1).all()
    assert (design.codes < np.asarray(design.sizes)).all()


def test_a_code_that_fewer_than_ten_customers_had_is_no_number_later():
    coding = learn_coding(of(FRAME, states=(State(value=-1, name="closed"),)))
    assert coding[1]["labels"][0].startswith("under")
    assert encode(coding, FRAME[:1].with_columns(n=pl.lit(-1.0))).codes[0, 1] == -1


def test_a_number_written_with_noughts_before_it_is_a_word_and_no_nought():
    frame = FRAME.with_columns(n=pl.Series([0.0] * 50 + [float(n) for n in range(1, 56)]))
    inputs = of(frame, missing=("00", "999"))
    coding = learn_coding(inputs)
    assert coding[1]["codes"] == [999.0]
    assert encode(coding, frame).codes[0, 1] == 0


def test_a_column_of_which_nearly_everybody_has_none_still_tells_who_has_some():
    some = np.zeros(400)
    some[:20] = np.arange(20) % 4 + 2
    frame = pl.DataFrame({"some": some, "m": ["x", "y"] * 200})
    state = learn_coding(as_inputs(frame))[0]
    assert state["column"] == "some"
    assert state["labels"] == ["under 2", "2 or more"]


def test_bands_that_differ_look_different():
    assert band_labels([191.7, 192.1, 192.4], whole=False) == [
        "under 191.7", "191.7 to under 192.1", "192.1 to under 192.4", "192.4 or more",
    ]  # fmt: skip
    assert band_labels([0.125, 12.5, 1_250.4], whole=False)[-1] == "1,250.4 or more"


def test_bands_and_ranges_of_a_column_are_said_with_one_sign_and_one_rounding():
    cuts = [-1_461.22, -724.3, 358.57]
    state = {"type": "bands", "states": [], "cuts": cuts, "labels": band_labels(cuts, whole=False)}
    assert state["labels"][1:3] == ["−1,461.22 to under −724.3", "−724.3 to under 358.57"]
    assert range_in_words(state, {1, 2}) == "from −1,461.22 to under 358.57"
    assert band_labels([-200.0, -100.0], whole=True) == ["under −200", "−200 to −101", "−100 or more"]
