"""A test table of the user's own: whom it leaves out, what is judged on it, and what the run keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.errors import ContractError, DataError, RunError
from segmint.flows import run as run_flow
from segmint.flows.predict import predict
from segmint.flows.resume import resume
from segmint.flows.run import RunResult, run
from segmint.flows.runs import list_runs
from segmint.store.runs import runs_in
from tests.flows.waves import CONFIG, QUICK

pytestmark = [pytest.mark.network, pytest.mark.usefixtures("undrawn")]
pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def tables(wave: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """1,000 customers to learn from; to test 500 others, 40 of the former and 4 without an answer."""
    folder = tmp_path_factory.mktemp("tables")
    train, others = wave["train"][:1_000], _with_unusual_values(wave["train"][1_000:1_500])
    without = wave["train"][1_500:1_504].with_columns(subscribed=pl.lit(None, dtype=pl.String))
    train.write_csv(folder / "train.csv")
    pl.concat([train[:40], others, without]).write_csv(folder / "test.csv")
    return {name: folder / f"{name}.csv" for name in ("train", "test")}


def _with_unusual_values(others: pl.DataFrame) -> pl.DataFrame:
    """Give one customer an age out of bounds, and another an unknown profession."""
    place = pl.int_range(pl.len())
    age, job = pl.col("age"), pl.col("job")
    return others.with_columns(
        pl.when(place == 3).then(pl.lit(120)).otherwise(age).alias("age"),
        pl.when(place == 5).then(pl.lit("diver")).otherwise(job).alias("job"),
    )


@pytest.fixture(scope="module")
def tested(tables: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    from tests.flows.conftest import draw_nothing

    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        runs = tmp_path_factory.mktemp("runs")
        return run(tables["train"], "simulated-campaign", CONFIG, test=tables["test"], runs=runs)


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_nobody_who_taught_judges_and_every_row_is_accounted_for(tested: RunResult) -> None:
    kept = read_json(tested.folder / "test.json")
    ledger = kept["ledger"]
    assert ledger["read"] == ledger["accepted"] + ledger["rejected"] == 544
    assert ledger["reasons"] == {"missing_outcome: subscribed": 4}
    assert ledger["flags"] == {"age: out of range": 1, "job: unseen level": 1}
    assert kept["rows"] == sum(kept["classes"].values()) == 500
    assert kept["told"].startswith("40 of 540 test rows are of customers in the training table: ")
    assert pl.read_csv(tested.folder / "test_rejected.csv").height == 4
    assert not (tested.folder / "rejected.csv").exists()
    assert read_json(tested.folder / "ledger.json")["read"] == 1_000
    said = "\n".join(tested.sentences)
    for words in (
        "544 rows (540 accepted, 4 rejected)",
        "test_rejected.csv",
        "flagged 1: age: out of range",
        "warning: 40 of 540",
        "judged on 500 test rows",
    ):
        assert words in said


def test_the_network_judged_is_the_one_delivered_at_its_own_threshold(
    tested: RunResult, tables: dict[str, Path], tmp_path: Path
) -> None:
    said = pl.read_parquet(tested.folder / "test_predictions.parquet").filter(model="dense_network")
    new = predict(tables["test"], tested.folder, CONFIG, runs=tmp_path).frame()[40:540]
    np.testing.assert_allclose(said["probability_yes"], new["propensity"])
    assert said["predicted"].to_list() == new["predicted"].to_list()
    assert said["threshold"][0] == tested.summary["threshold"]
    assert tested.tested is not None
    figures = dict(tested.tested.frame().filter(metric="f1").select("model", "value").iter_rows())
    yes = said["outcome"] == "yes"
    assert figures["base_rate"] == pytest.approx(2 * yes.mean() / (1 + yes.mean()))
    quality = tested.summary["test"]["quality"]["dense_network"]
    assert quality["f1_low"] < quality["f1"] == figures["dense_network"] < quality["f1_high"]


def test_the_test_rows_change_nothing_that_is_delivered(
    tested: RunResult, tables: dict[str, Path], tmp_path: Path
) -> None:
    alone = run(tables["train"], "simulated-campaign", CONFIG, runs=tmp_path)
    assert "test" not in alone.summary
    assert not list(alone.folder.glob("test*"))
    for name in ("network.safetensors", "calibration.json"):
        assert (alone.folder / "bundle" / name).read_bytes() == (tested.folder / "bundle" / name).read_bytes()
    assert pl.read_parquet(alone.folder / "predictions.parquet").equals(
        pl.read_parquet(tested.folder / "predictions.parquet")
    )
    # a table that only judged has taught nobody
    assert run_inputs(tested) == run_inputs(alone)
    assert list(read_json(tested.folder / "run.json")["test"]) == ["test.csv"]
    assert read_json(alone.folder / "run.json")["test"] is None


def run_inputs(result: RunResult) -> dict[str, str]:
    found: dict[str, str] = read_json(result.folder / "run.json")["inputs"]
    return found


def test_without_a_comparison_the_network_is_judged_alone(
    tables: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = [word for text in QUICK for word in ("--set", text)]
    argv = ["run", str(tables["train"]), "--contract", "simulated-campaign", "--test", str(tables["test"])]
    assert main([*argv, "--no-compare", "--json", "--quiet", "--runs", str(tmp_path), *sets]) == 0
    told = json.loads(capsys.readouterr().out)["summary"]["test"]
    (line,) = list_runs(tmp_path).lines
    assert (line.metric, line.value) == ("roc_auc", told["quality"]["dense_network"]["roc_auc"])
    assert list(told["quality"]) == ["dense_network"]
    assert told["rows"] == 500
    assert "no other model was compared" in told["sentences"][-1]


def test_a_stopped_run_judges_on_its_test_table_when_it_goes_on(
    tested: RunResult, tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run_flow, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tables["train"], "simulated-campaign", CONFIG, test=tables["test"], runs=tmp_path)
    (here,) = runs_in(tmp_path)
    whole = tables["test"].read_text("utf-8")
    tables["test"].write_text(whole + whole.splitlines()[-1] + "\n", "utf-8")
    with pytest.raises(RunError, match=r"The test table 'test\.csv' changed since this run began"):
        resume(here.folder, runs=tmp_path)
    tables["test"].write_text(whole, "utf-8")
    again = resume(here.folder, runs=tmp_path)
    for name in ("test.json", "test_predictions.parquet"):
        assert (again.folder / name).read_bytes() == (tested.folder / name).read_bytes()


def test_a_test_table_that_cannot_judge_is_refused_before_any_work(
    tables: dict[str, Path], wave: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object) -> None:
        raise AssertionError("trained first")

    monkeypatch.setattr("segmint.flows.run.compare", never)
    refused: list[tuple[Any, type[Exception], str]] = [
        (tables["train"], DataError, "is the training table"),
        (wave["train"][1_000:].drop("customer_id"), ContractError, r"(.|\n)*deliver the column 'customer_id' too"),
        (wave["wave"], ContractError, r"The test table: (.|\n)*has no outcome"),
        (wave["train"][:100], DataError, "The test table: 100 of 100 test rows are of customers in the training table"),
        (wave["train"][1_000:1_010], DataError, "The test table: Only 10 rows are usable"),
    ]
    for test, error, words in refused:
        with pytest.raises(error, match=words):
            run(tables["train"], "simulated-campaign", CONFIG, test=test, runs=tmp_path)
    assert not any(found.record["source"] for found in runs_in(tmp_path)), "a frame is gone when a run goes on"


def test_a_frame_may_be_the_test_table_and_known_segments_have_f1_each(data_folder: Path, tmp_path: Path) -> None:
    table = pl.read_csv(data_folder / "segments-abcd" / "customer_segmentation.csv", infer_schema=False)
    done = run(table[:1_000], "customer-segments", load_config(None, QUICK), test=table[1_000:1_400], runs=tmp_path)
    assert {f"f1_{name}" for name in "ABCD"} <= set(done.summary["test"]["quality"]["dense_network"])
    said = "\n".join(done.summary["test"]["sentences"])
    assert "Weighted F1" in said
    assert "judged on 400 test rows, 'A' " in said
