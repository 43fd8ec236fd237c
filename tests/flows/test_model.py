"""A bundle in memory: the same answers as the command's, one row for each record, nothing written."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.errors import ContractError, SegmintError
from segmint.flows.model import OpenModel, open_model
from segmint.flows.predict import predict
from segmint.store.bundle import write_bundle
from tests.service.small import small_parts

AGES = pl.DataFrame({"age": ["20", "old", "70"], "job": ["student", "student", "retired"], "note": ["a", "b", "c"]})


@pytest.fixture
def model(tmp_path: Path) -> OpenModel:
    write_bundle(tmp_path / "bundle", **small_parts())
    return open_model(str(tmp_path / "bundle"))


@pytest.mark.parametrize("make", [lambda frame: frame, lambda frame: frame.to_pandas(), lambda frame: frame.to_arrow()])
def test_a_frame_of_any_kind_gets_a_row_for_each_record(model: OpenModel, make: object, tmp_path: Path) -> None:
    said = model.predict(make(AGES))  # type: ignore[operator]
    assert said.select("age", "job", "note").equals(AGES)
    assert said["record"].to_list() == [1, 2, 3]
    assert said["propensity"].is_null().to_list() == [False, True, False]
    assert said["error"].to_list() == [None, "not_a_number: 'age' is not a number.", None]
    assert [place.name for place in tmp_path.iterdir()] == ["bundle"]


def test_it_says_what_the_command_says(model: OpenModel, tmp_path: Path) -> None:
    good = AGES.filter(pl.col("age") != "old")
    told = predict(good, tmp_path / "bundle", runs=str(tmp_path / "runs"), out=str(tmp_path / "out.csv"))
    assert model.predict(good).drop("record", "error").equals(told.frame())
    assert (tmp_path / "out.csv").is_file()


@pytest.mark.parametrize("job", [["student", None, "retired"], [1, None, 2]])
def test_a_row_without_any_value_is_rejected_in_a_typed_frame_too(model: OpenModel, job: list[object]) -> None:
    ages = {"age": pl.Series([20, None, 70], dtype=pl.Int64), "share": pl.Series([0.5, None, 1.0], dtype=pl.Float32)}
    frame = pl.DataFrame({**ages, "job": job})
    said = model.predict(frame)
    assert said.select(frame.columns).equals(frame)
    assert said["error"].to_list() == [None, "empty_row: The row holds no value.", None]
    assert model.predict(frame.to_pandas())["propensity"].is_null().to_list() == [False, True, False]


def test_a_column_that_the_network_cannot_read_is_warned_of_and_few_rows_are_not(model: OpenModel) -> None:
    ages = pl.DataFrame({"age": ["20"] * 40, "job": ["astronaut"] * 40})
    for name in ("predict", "encode", "explain"):
        ask = getattr(replace(model), name)
        with pytest.warns(UserWarning, match="40 of 40 rows have a level of 'job' that training did not know") as told:
            ask(ages)
        assert [Path(each.filename).name for each in told] == ["test_model.py"]
        with warnings.catch_warnings(action="error"):
            ask(ages.head(39))  # said once is enough
    with warnings.catch_warnings(action="error"):
        replace(model).predict(ages.head(5))


@pytest.mark.network
def test_the_keras_model_says_what_the_bundle_says(model: OpenModel) -> None:
    encoded = model.encode(AGES)
    assert encoded.shape == (3, model.bundle.network["inputs"])
    assert np.isnan(encoded).all(axis=1).tolist() == [False, True, False]
    likely = model.probabilities(model.keras_model()(encoded[[0, 2]], training=False))[:, 1]
    assert likely == pytest.approx(model.predict(AGES)["propensity"].drop_nulls().to_list(), abs=1e-6)


@pytest.mark.network
def test_what_the_network_reads_stands_in_the_order_of_the_predictions(model: OpenModel, tmp_path: Path) -> None:
    (tmp_path / "blank.csv").write_text("age,job\n20,student\n,\n70,retired\n\nold,student\n30,student\n")
    encoded, said = model.encode(tmp_path / "blank.csv"), model.predict(tmp_path / "blank.csv")
    assert (
        np.isnan(encoded).all(axis=1).tolist() == said["propensity"].is_null().to_list() == [False, False, True, False]
    )
    alone = model.encode(pl.DataFrame({"age": ["20", "70", "30"], "job": ["student", "retired", "student"]}))
    np.testing.assert_array_equal(encoded[[0, 1, 3]], alone)


def test_reasons_have_a_row_for_each_record_too(model: OpenModel) -> None:
    said = model.explain(AGES)
    assert said["record"].to_list() == [1, 2, 3]
    assert said["prediction"].is_null().to_list() == said["error"].is_not_null().to_list() == [False, True, False]
    nobody = model.explain(AGES[1:2])
    assert nobody["error"].to_list() == ["not_a_number: 'age' is not a number."]
    assert nobody.schema == said.schema
    assert nobody.drop("record", "error").null_count().row(0) == (1,) * (said.width - 2)


def test_logits_of_another_shape_are_refused_and_one_logit_may_be_flat(model: OpenModel) -> None:
    logits = np.array([[-1.0], [0.5], [np.nan]])
    likely = model.probabilities(logits)
    np.testing.assert_array_equal(model.probabilities(logits[:, 0]), likely)
    assert np.isnan(likely).all(axis=1).tolist() == [False, False, True]
    for wrong in (np.zeros((3, 2)), np.zeros((2, 7)), np.zeros((1, 1, 1)), 0.5):
        with pytest.raises(
            ValueError, match=r"must have 1 column, as keras_model\(\) returns them\. Got an array of shape \("
        ):
            model.probabilities(wrong)


def test_a_kept_result_is_read_from_another_folder_too(
    model: OpenModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    found = predict(AGES[::2], "bundle")
    before = found.frame()
    monkeypatch.chdir("elsewhere")
    assert found.folder.parent == tmp_path / "runs"
    assert found.frame().equals(before)


def test_what_is_no_table_of_the_contract_is_refused(model: OpenModel) -> None:
    with pytest.raises(ContractError, match="missing: age"):
        model.predict(AGES.drop("age"))
    with pytest.raises(SegmintError, match="no rows"):
        model.predict(AGES.head(0))


def test_the_command_writes_a_workbook_too(model: OpenModel, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    good = AGES.filter(pl.col("age") != "old").with_columns(note=pl.lit("=1+1"))
    predict(good, tmp_path / "bundle", runs=tmp_path / "runs", out=tmp_path / "out.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "out.xlsx")["Predictions"].values)
    assert rows[1][2] == "'=1+1"
    assert rows[1][rows[0].index("propensity")] == pytest.approx(model.predict(good)["propensity"][0])


def test_at_the_end_of_a_cell_it_says_in_a_line_what_it_is(model: OpenModel) -> None:
    assert repr(model) == f"<OpenModel of <Bundle {model.bundle.digest[:12]}: small, planning, no or yes>>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_a_forked_worker_is_refused_and_does_not_wait_for_ever(model: OpenModel) -> None:
    model.predict(AGES)
    sent = pickle.dumps(model)
    child = os.fork()
    if not child:
        signal.alarm(20)
        refused = 0
        for mine in (model, pickle.loads(sent)):
            for ask in (mine.predict, mine.explain, mine.encode):
                try:
                    ask(AGES)
                except RuntimeError as error:
                    refused += "is a fork of it" in str(error)
        os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6
    assert model.predict(AGES).height == 3


def test_a_worker_that_was_spawned_answers(model: OpenModel) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(model.predict, (AGES,)).equals(model.predict(AGES))
