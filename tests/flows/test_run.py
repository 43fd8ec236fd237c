"""The whole story on the embedded sample: one real run, looked at from every side."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.cli import main, results
from segmint.cli.screen import Screen
from segmint.config import load_config
from segmint.errors import ConfigError, InputError
from segmint.flows.check import verify
from segmint.flows.demo import sample_path
from segmint.flows.predict import predict
from segmint.flows.run import RunResult, run
from segmint.flows.segment import segment
from segmint.metrics.ranking import lift_at
from segmint.models.network_model import RECIPES
from segmint.models.teachers import one_teacher
from segmint.store.runs import runs_in
from tests.json_keys import require_documented

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

QUICK = ["model.recipe=plain", "model.hidden=[16, 8]", "model.epochs=4", "split.folds=2", "compare.repeats=100"]
QUICK += ["segments.enabled=false"]


def read_json(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text())
    return found


def test_a_run_leaves_what_it_promises(done: RunResult) -> None:
    names = {path.relative_to(done.folder).as_posix() for path in done.folder.rglob("*") if path.is_file()}
    promised = {
        "run.json", "config.toml", "contract.toml", "ledger.json", "comparison.json", "predictions.parquet",
        "summary.json", "report.html", "tables/history.parquet", "tables/columns.parquet", "bundle/manifest.json",
        "bundle/network.safetensors", "bundle/golden.json", "bundle/model_card.md", "quality_by_group.json",
    }  # fmt: skip
    assert promised <= names
    assert read_json(done.folder / "run.json")["status"] == "done"


def test_a_result_says_in_sentences_what_the_command_prints(done: RunResult) -> None:
    assert done.sentences == (done.receipt, *done.conclusion)


def test_the_answer_as_json_has_the_keys_of_the_reference(done: RunResult, capsys: pytest.CaptureFixture[str]) -> None:
    results.run_result(Screen(json=True), done)
    require_documented("run", json.loads(capsys.readouterr().out))


def test_everybody_read_is_predicted_once_by_every_model(done: RunResult) -> None:
    frame = pl.read_parquet(done.folder / "predictions.parquet")
    for _, mine in frame.group_by("model"):
        assert sorted(mine["record"].to_list()) == list(range(1, 4522))


def test_the_model_card_has_what_an_auditor_asks(done: RunResult) -> None:
    card = (done.folder / "bundle" / "model_card.md").read_text("utf-8")
    frame = pl.read_parquet(done.folder / "predictions.parquet").filter(model="dense_network")
    assert "no 4,000 (88.5 %), yes 521 (11.5 %)" in card
    assert "4,521 rows in 2 folds" in card
    assert "| duration | known only after the call |" in card
    assert "No row was rejected." in card
    assert "- **Taught by the recipe** `" in card
    assert "fingerprint is `sha256:" in card
    ages = pl.read_csv(sample_path(), separator=";")["age"].gather(frame["record"].to_numpy() - 1)
    (line,) = (line for line in card.splitlines() if line.endswith("|") and " and above |" in line)
    edge = int(line.split(" ")[1])
    old = frame.filter((ages >= edge) & (pl.col("outcome") == "yes"))
    missed = 100 * (old["predicted"] == "no").mean()  # type: ignore[operator]
    assert f"| {(ages >= edge).sum()} |" in line
    assert f"| {missed:.1f} % (" in line
    assert line.split("|")[-2].strip() in done.report.read_text("utf-8").replace("\u00a0", " ")


def test_the_network_finds_people_who_say_yes(done: RunResult) -> None:
    mine = pl.read_parquet(done.folder / "predictions.parquet").filter(model="dense_network")
    assert lift_at(mine["outcome"].to_numpy() == "yes", mine["probability_yes"].to_numpy(), fraction=0.1) > 2


def test_duration_is_set_aside_and_named(done: RunResult) -> None:
    assert "not used" in done.receipt
    assert "duration, known only after the call" in done.receipt
    assert "duration" not in done.summary["columns"]


def test_the_conclusion_stands_in_the_report_and_on_tensorboard(done: RunResult) -> None:
    assert done.conclusion
    assert done.report.stat().st_size < 3_000_000


def test_tensorboard_has_one_finite_value_per_epoch_equal_to_the_history(done: RunResult) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    history = pl.read_parquet(done.folder / "tables" / "history.parquet")
    for part in ("training", "validation"):
        events = EventAccumulator(str(done.folder / "tensorboard" / "final" / part)).Reload()
        for what in ("loss", "accuracy"):
            seen = [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors(what)]
            np.testing.assert_allclose(seen, history[f"{part}_{what}"].to_numpy(), rtol=1e-6)
            assert all(math.isfinite(value) for value in seen)
    pictures = EventAccumulator(str(done.folder / "tensorboard"), size_guidance={"tensors": 0}).Reload()
    assert {"results/f1", "results/confusion", "results/conclusion/text_summary"} & set(pictures.Tags()["tensors"])


def test_the_bundle_verifies_and_a_changed_one_does_not(
    done: RunResult, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    assert main(["verify", str(done.folder), "--runs", str(runs)]) == 0
    assert main(["report", str(done.folder), "--runs", str(runs)]) == 0  # a page may be written again
    assert main(["verify", str(done.folder), "--runs", str(runs)]) == 0
    copy = tmp_path / "bundle"
    shutil.copytree(done.folder / "bundle", copy)
    weights = bytearray((copy / "network.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "network.safetensors").write_bytes(weights)
    assert main(["verify", str(copy), "--runs", str(runs)]) == 2


def test_predict_keeps_every_column_and_says_how_well(done: RunResult, runs: Path, tmp_path: Path) -> None:
    result = predict(sample_path(), done.folder, load_config(), runs=runs, out=tmp_path / "predicted.parquet")
    frame = pl.read_parquet(tmp_path / "predicted.parquet")
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    assert frame.columns == [*given.columns, "propensity", "propensity_low", "propensity_high", "predicted", "flags"]
    assert frame.select(given.columns).equals(given)
    assert frame["propensity"].is_between(0, 1).all()
    assert frame["propensity"].is_between(frame["propensity_low"], frame["propensity_high"]).all()
    assert result.ledger.read == result.ledger.accepted + result.ledger.rejected == 4521
    assert {"f1", "accuracy", "roc_auc", "average_precision", "log_loss", "base_log_loss", "f1_low", "f1_high"} <= set(
        result.quality
    )


def test_predict_needs_no_outcome_and_flags_what_is_strange(done: RunResult, runs: Path, tmp_path: Path) -> None:
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False).head(100).drop("y")
    strange = given.with_columns(job=pl.lit("astronaut"), age=pl.lit("150"), propensity=pl.lit("mine"))
    strange.write_csv(tmp_path / "new.csv")
    out = tmp_path / "predicted.csv"
    result = predict(tmp_path / "new.csv", done.folder, load_config(), runs=runs, out=out)
    frame = pl.read_csv(out)
    assert frame["flags"].str.contains("job: unseen level").all()
    assert frame["flags"].str.contains("age: out of range").all()
    assert "propensity_input" in frame.columns
    assert result.quality == {}
    assert result.ledger.flagged == 100


def test_predict_writes_nothing_into_the_sealed_folder_of_its_bundle(done: RunResult, runs: Path) -> None:
    before = {path: path.read_bytes() for path in (done.folder / "bundle").iterdir()}
    for bundle in (done.folder, done.folder / "bundle", done.folder.name):
        with pytest.raises(InputError, match=f"lies in the run {done.folder.name}"):
            predict(sample_path(), bundle, load_config(), runs=runs, out=done.folder / "bundle" / "new.csv")
    assert {path: path.read_bytes() for path in (done.folder / "bundle").iterdir()} == before


def test_after_call_uses_the_duration_and_says_so(runs: Path) -> None:
    config = load_config(None, QUICK, {"data.at": "after_call", "compare.enabled": False})
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:1_000]
    result = run(table, "bank-marketing", config, runs=runs)
    assert "duration" in result.summary["columns"]
    assert result.conclusion == ()
    assert "after the call" in result.report.read_text("utf-8")
    assert (result.folder / "bundle" / "model_card.md").read_text("utf-8").count("Not measured") == 2
    assert not (result.folder / "quality_by_group.json").exists()


@pytest.mark.usefixtures("undrawn")
def test_four_segments_get_four_probabilities(data_folder: Path, runs: Path, tmp_path: Path) -> None:
    tables = data_folder / "segments-abcd"
    config = load_config(None, QUICK, {"compare.enabled": False})
    result = run(tables / "customer_segmentation.csv", "customer-segments", config, runs=runs)
    new = predict(tables / "new_customers.csv", result.folder, load_config(), runs=runs, out=tmp_path / "p.parquet")
    frame = pl.read_parquet(tmp_path / "p.parquet")
    likely = frame.select([f"probability_{name}" for name in "ABCD"]).to_numpy()
    np.testing.assert_allclose(likely.sum(axis=1), 1.0, atol=1e-9)
    assert (new.rows, new.trained_on) == (2627, 2332)


def test_run_prints_one_json_object(runs: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    sets = [word for text in QUICK for word in ("--set", text)]
    code, out, _ = said("demo", "--runs", runs, "--no-compare", "--json", "--quiet", *sets)
    assert code == 0
    assert Path(json.loads(out)["report"]).is_file()


def test_the_example_runs_and_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it is written, but on fewer customers, and without the small network that would be trained in every fold."""
    import runpy
    import sys

    import segmint

    few = tmp_path / "few.csv"
    few.write_text("\n".join(sample_path().read_text("utf-8").splitlines()[:1_001]), "utf-8")
    monkeypatch.setattr(segmint, "sample_path", lambda: few)
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train_and_test.py", str(tmp_path)])
    example = Path(__file__).parents[2] / "examples" / "train_and_test.py"
    assert len(example.read_text("utf-8").splitlines()) <= 30
    runpy.run_path(str(example))
    said = capsys.readouterr().out
    assert "accuracy on rows kept apart" in said
    assert "base_rate" in said
    assert list(tmp_path.rglob("*tfevents*"))


def test_predicting_loads_no_training_library(done: RunResult, runs: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    argv = ["predict", str(sample_path()), "--bundle", str(done.folder), "--runs", str(runs), "--quiet"]
    code = (
        "import sys; from segmint.cli import main; "
        f"code = main({argv!r}); "
        "heavy = ('tensorflow', 'keras', 'sklearn', 'lightgbm', 'altair', 'vl_convert', 'pandas'); "
        "sys.exit(', '.join(name for name in heavy if name in sys.modules) or code)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_ctrl_c_is_code_130_and_the_run_is_remembered_as_interrupted(tmp_path: Path) -> None:
    import signal
    import subprocess
    import sys
    import time

    argv = [sys.executable, "-m", "segmint", "demo", "--runs", str(tmp_path)]

    def hears_ctrl_c() -> None:  # a suite started in the background would hand its deafness on
        signal.signal(signal.SIGINT, signal.default_int_handler)

    work = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("*/ledger.json")) and time.monotonic() < deadline:
        time.sleep(0.2)
    work.send_signal(signal.SIGINT)
    _, err = work.communicate(timeout=120)
    assert work.returncode == 130
    assert "stopped" in err
    assert "Traceback" not in err
    assert [found.status for found in runs_in(tmp_path)] == ["interrupted"]
    assert not list(tmp_path.glob("*/bundle"))


@pytest.mark.usefixtures("undrawn")
def test_segments_keep_as_much_of_an_individual_models_profit_in_every_command(tmp_path: Path) -> None:
    settings = [*QUICK, "segments.enabled=true", "segments.count=2", 'compare.models=["dense_network","lightgbm"]']
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:1_500]
    done = run(table, "bank-marketing", load_config(None, settings), runs=tmp_path)
    alone = segment(table, "bank-marketing", load_config(None, settings), runs=tmp_path)
    proof = read_json(done.folder / "segments.json")["proof"]
    assert proof["profit_kept"] is not None
    assert proof == json.loads(json.dumps(alone.summary["proof"]))
    assert "2 segments, found by the method" in (done.folder / "bundle" / "model_card.md").read_text("utf-8")
    checks = verify(done.folder, runs=tmp_path)
    assert checks[-1].detail.endswith("; none in another segment")
    assert all(check.ok for check in checks)


@pytest.mark.parametrize(
    "settings", [["economics.cost_per_call=fee", "economics.value_per_success=9"], ["segments.count=9"]]
)
def test_settings_that_the_table_cannot_meet_are_refused_before_anything_is_trained(
    settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object) -> None:
        raise AssertionError("trained first")

    monkeypatch.setattr("segmint.flows.run.compare", never)
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:260]
    with pytest.raises(ConfigError):
        run(table, "bank-marketing", load_config(None, [*QUICK, "segments.enabled=true", *settings]), runs=tmp_path)


def test_a_table_without_segments_has_a_network_all_the_same(tmp_path: Path) -> None:
    told: list[str] = []
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:190]
    settings = [*QUICK, "segments.enabled=true", 'compare.models=["dense_network","base_rate"]']
    done = run(table, "bank-marketing", load_config(None, settings), runs=tmp_path, say=told.append)
    assert (done.folder / "bundle" / "manifest.json").is_file()
    assert not (done.folder / "segments.json").exists()
    assert "190 customers have any describing value" in " ".join(told)
    assert "No segments were found" in done.report.read_text()


@pytest.mark.usefixtures("undrawn")
def test_a_segment_that_nobody_was_in_at_training_counts_as_wrong(tmp_path: Path, data_folder: Path) -> None:
    table = pl.read_csv(data_folder / "segments-abcd" / "customer_segmentation.csv", infer_schema=False)[:1_000]
    without = table.filter(pl.col("Segmentation") != "D")
    config = load_config(None, QUICK, {"compare.enabled": False})
    done = run(without, "customer-segments", config, runs=tmp_path)
    told = predict(table, str(done.folder), load_config(None, []), runs=tmp_path)
    assert told.rows == len(table)
    assert 0 < told.quality["accuracy"] <= len(without) / len(table)
