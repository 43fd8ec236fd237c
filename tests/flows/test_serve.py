"""What a service asks of a bundle: the same answer whichever way a customer comes."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.flows import serve
from segmint.flows.customer import try_out
from segmint.flows.serve import (
    NobodyWaits,
    answer_rows,
    explain_rows,
    predict_file,
    predicted_batches,
    refused_rows,
)
from segmint.flows.steps.bundle import predictor_of, single_predictor_of
from segmint.models.single import SinglePredictor
from segmint.store.bundle import Bundle, open_bundle, write_bundle
from segmint.tables.source import BATCH, open_table
from tests.service.small import GOOD, SEGMENTS, small_parts

FEW = 20  # rows of two values


@pytest.fixture(autouse=True)
def few_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "FEW_VALUES", FEW * len(GOOD))


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A small bundle in whose tables 99 means no value, and an age may have its unit."""
    parts = small_parts()
    columns = [c.model_copy(update={"unit": "years" * (c.name == "age")}) for c in parts["contract"].columns]
    contract = parts["contract"].model_copy(update={"missing": ("", "99"), "columns": tuple(columns)})
    write_bundle(tmp_path / "bundle", **parts | {"contract": contract})
    return open_bundle(tmp_path / "bundle")


@pytest.mark.parametrize("age", [99, 99.0, "99", "99.0", None, 98, 98.0, "98", True])
def test_few_customers_and_many_get_the_same_answer(bundle: Bundle, age: object) -> None:
    predictor = predictor_of(bundle)
    single = SinglePredictor(predictor, bundle.contract, bundle.at)
    row = {"age": age, "job": "student"}
    few, many = (answer_rows(bundle, predictor, single, [row] * count)["answers"][0] for count in (FEW, FEW + 1))
    assert few.keys() == many.keys()
    assert few.get("propensity") == pytest.approx(many.get("propensity"), abs=1e-6)
    assert few.get("flags") == many.get("flags")


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_an_id_which_no_prediction_reads_may_lack_and_a_list_needs_it(count: int, tmp_path: Path) -> None:
    parts = small_parts()
    identity = Column(name="client", kind="text", role="id", label="customer")
    contract = parts["contract"].model_copy(update={"columns": (identity, *parts["contract"].columns)})
    write_bundle(tmp_path / "named", **parts | {"contract": contract})
    bundle = open_bundle(tmp_path / "named")
    predictor, single = predictor_of(bundle), single_predictor_of(bundle)
    for answer in (answer_rows, explain_rows):
        nameless, named = (
            answer(bundle, predictor, single, [row] * count)["answers"] for row in (GOOD, GOOD | {"client": "C1"})
        )
        assert "propensity" in nameless[0]
        assert nameless == named
    pl.DataFrame([GOOD] * count).write_csv(tmp_path / "table.csv")
    assert predict_file(bundle, predictor, tmp_path / "table.csv", tmp_path / "out.csv").accepted == count
    assert refused_rows(bundle, [GOOD | {"client": "C1"}, GOOD]) == {1: "Not sent: client."}


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize("age", ["1,234", "1.234", " -41.500 ", "(1.234)", "1.234 years", "1,234 Year"])
def test_a_number_as_text_that_can_be_read_in_two_ways_is_refused(bundle: Bundle, age: str, count: int) -> None:
    predictor, row = predictor_of(bundle), {"age": age, "job": "student"}
    single = single_predictor_of(bundle)
    for told in (answer_rows(bundle, predictor, single, [row] * count), explain_rows(bundle, predictor, single, [row])):
        said = told["answers"][0]["error"]
        assert said["code"] == "value_unreadable"
        assert said["detail"] == "'age' is a text that can be read in two ways, like 1.234: send a JSON number."
    assert list(refused_rows(bundle, [row | {"age": 41}, row])) == [1]


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize("age", ["41.5", "1234", "0.125", "1,234,567", "1,234.5", 1.234])
def test_a_number_as_text_that_can_be_read_in_one_way_is_read(bundle: Bundle, age: object, count: int) -> None:
    rows = [{"age": age, "job": "student"}] * count
    assert answer_rows(bundle, predictor_of(bundle), single_predictor_of(bundle), rows)["rejected"] == 0


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize("told", [{"known": "after_call"}, {"role": "ignore"}])
def test_a_text_where_nobody_reads_a_number_refuses_no_row(told: dict[str, str], count: int, tmp_path: Path) -> None:
    parts = small_parts()
    other = {"name": "seconds", "kind": "number", "role": "history", "label": "seconds", **told}
    contract = parts["contract"].model_copy(update={"columns": (*parts["contract"].columns, Column(**other))})
    write_bundle(tmp_path / "later", **parts | {"contract": contract})
    bundle, row = open_bundle(tmp_path / "later"), {"age": 41, "job": "student", "seconds": "1.234"}
    made = predictor_of(bundle), single_predictor_of(bundle)
    said = answer_rows(bundle, *made, [row, row | {"seconds": True}] * count)
    assert said["rejected"] == explain_rows(bundle, *made, [row])["rejected"] == 0
    assert refused_rows(bundle, [row]) == {}
    assert list(refused_rows(bundle, [row], ["seconds"])) == [0]
    assert list(refused_rows(bundle, [row | {"price": "1.234"}], ["price"])) == [0]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_word_for_no_value_is_never_a_number_that_can_be_read_in_two_ways(count: int, tmp_path: Path) -> None:
    parts = small_parts()
    contract = parts["contract"].model_copy(update={"missing": ("", "9.999")})
    write_bundle(tmp_path / "coded", **parts | {"contract": contract})
    bundle, rows = open_bundle(tmp_path / "coded"), [{"age": age, "job": "student"} for age in (" 9.999 ", None)]
    told = answer_rows(bundle, predictor_of(bundle), single_predictor_of(bundle), rows * count)
    assert told["rejected"] == 0
    assert told["answers"][0]["propensity"] == pytest.approx(told["answers"][1]["propensity"], abs=1e-6)
    assert list(refused_rows(bundle, [*rows, {"age": "9.998", "job": "student"}])) == [2]


def test_a_bundle_that_knows_segments_names_the_customer_s(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts() | {"segments": SEGMENTS})
    bundle = open_bundle(tmp_path / "bundle")
    predictor, single = predictor_of(bundle), single_predictor_of(bundle)
    rows = [GOOD, {"age": 25, "job": "admin."}, {"age": None, "job": "nobody"}, {"age": "x", "job": "student"}]
    told = answer_rows(bundle, predictor, single, rows)["answers"]
    named = [answer.get("segment") for answer in told]
    assert named == ["Students", "Others", "Students", None]
    many = answer_rows(bundle, predictor, single, rows * FEW)["answers"]
    assert [answer.get("segment") for answer in many] == named * FEW
    pl.DataFrame(rows, strict=False).with_columns(segment=pl.lit("retail")).write_csv(tmp_path / "table.csv")
    predict_file(bundle, predictor, tmp_path / "table.csv", tmp_path / "out.parquet")
    came = pl.read_parquet(tmp_path / "out.parquet")
    assert came["segment"].to_list() == named
    assert came["segment_input"].to_list() == ["retail"] * 4


def test_whose_segment_was_chosen_without_knowing_them_is_flagged_whichever_way_they_come(tmp_path: Path) -> None:
    nodes = [
        {"column": 0, "left_levels": [0], "left": 1, "right": 2},
        {"leaf": 0, "counts": [9]},
        {"leaf": 1, "counts": [9]},
    ]
    by_job = SEGMENTS["state"] | {"method": "tree", "tree": {"nodes": nodes}, "segment_of_leaf": [1, 0]}
    write_bundle(tmp_path / "bundle", **small_parts() | {"segments": SEGMENTS | {"state": by_job}})
    bundle = open_bundle(tmp_path / "bundle")
    made = predictor_of(bundle), single_predictor_of(bundle)
    rows = [GOOD, {"age": 25, "job": None}, {"age": 25, "job": "nobody"}]
    without = "job: segment chosen without it"
    flags = ["", without, f"job: unseen level; {without}"]
    for count in (1, FEW):
        for told in (answer_rows(bundle, *made, rows * count), explain_rows(bundle, *made, rows * count)):
            assert [answer.get("flags", "") for answer in told["answers"]] == flags * count
            assert [answer["segment"] for answer in told["answers"]] == ["Students"] * 3 * count
    pl.DataFrame(rows, strict=False).write_csv(tmp_path / "table.csv")
    ledger = predict_file(bundle, made[0], tmp_path / "table.csv", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["flags"].to_list() == flags
    assert ledger.flags[without] == 2
    assert try_out({"age": "41"}, bundle)["segment_without"] == ["job"]
    assert try_out({"age": "41", "job": "student"}, bundle)["segment_without"] == []


def test_reasons_come_with_all_that_a_prediction_says(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts() | {"segments": SEGMENTS})
    bundle = open_bundle(tmp_path / "bundle")
    made = predictor_of(bundle), single_predictor_of(bundle)
    for count in (1, FEW, FEW + 1):
        said = explain_rows(bundle, *made, [GOOD] * count)["answers"][0]
        known = answer_rows(bundle, *made, [GOOD] * count)["answers"][0]
        assert said.keys() - known.keys() == {"probabilities", "reasons"}
        assert said["propensity"] == known["propensity"]
        assert said["segment"] == known["segment"] == "Students"


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize(
    ("age", "code"), [("x", "not_a_number"), (True, "not_a_number"), ("1e999", "not_finite"), ("1e300", "too_large")]
)
def test_a_row_of_json_is_refused_with_the_code_of_a_record_of_a_file(
    bundle: Bundle, age: object, code: str, count: int, tmp_path: Path
) -> None:
    made, row = (predictor_of(bundle), single_predictor_of(bundle)), {"age": age, "job": "student"}
    for told in (answer_rows(bundle, *made, [row] * count), explain_rows(bundle, *made, [row] * count)):
        assert {answer["error"]["code"] for answer in told["answers"]} == {code}
    pl.DataFrame([row | {"age": str(age)}]).write_csv(tmp_path / "table.csv")
    predict_file(bundle, made[0], tmp_path / "table.csv", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["error"].item().startswith(f"{code}: ")


TYPED = pl.DataFrame(
    {
        "age": ["41", "x", "30", "old", "22"],
        "job": ["student", None, "student", "admin.", "student"],
        "retired": [True, False, None, True, False],
        "since": pl.Series([1, 2, None, 20_000_000, 5], dtype=pl.Int32).cast(pl.Date),
        "seen": pl.Series([1, 2, None, 4, 5]).cast(pl.Datetime("ns", "Europe/Berlin")),
        "hour": pl.Series([1, 2, None, 4, 5]).cast(pl.Time),
        "talked": pl.Series([1, 2, None, 4, 5]).cast(pl.Duration("ms")),
        "paid": pl.Series(["1.5", "2.5", None, "4.5", "5.5"]).cast(pl.Decimal(9, 2)),
        "empty": pl.Series([None] * 5),
    }
)


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_a_rejected_record_of_a_typed_table_keeps_its_values(bundle: Bundle, tmp_path: Path, out: str) -> None:
    TYPED.write_parquet(tmp_path / "table.parquet")
    ledger = predict_file(bundle, predictor_of(bundle), tmp_path / "table.parquet", tmp_path / out)
    assert (ledger.read, ledger.rejected) == (5, 2)
    if out.endswith("parquet"):
        came = pl.read_parquet(tmp_path / out)
        assert came.select(TYPED.columns).equals(TYPED)
    else:
        came = pl.read_csv(tmp_path / out)
        assert came["retired"].to_list() == TYPED["retired"].to_list()
    assert came["propensity"].is_null().to_list() == [False, True, False, True, False]
    assert came["error"].is_null().to_list() == [True, False, True, False, True]


def test_a_table_nobody_waits_for_is_left_between_batches(bundle: Bundle, tmp_path: Path) -> None:
    frame = pl.DataFrame({"age": ["41"], "job": ["student"]})
    predictor, given_up = predictor_of(bundle), Event()
    many = open_table(pl.concat([frame] * 2 * BATCH))
    batches = predicted_batches(bundle, predictor, many, [], given_up)
    assert len(next(batches)) == BATCH
    given_up.set()
    with pytest.raises(NobodyWaits):
        next(batches)
    frame.write_csv(tmp_path / "table.csv")
    with pytest.raises(NobodyWaits):
        predict_file(bundle, predictor, tmp_path / "table.csv", tmp_path / "out.csv", given_up=given_up)
