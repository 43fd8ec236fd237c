"""`segmint runs`: which run is which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmint.cli import main
from segmint.dashboard import pages
from segmint.dashboard.desk import Desk
from segmint.errors import RunError
from segmint.flows.promote import promote
from segmint.flows.runs import list_runs, newest_monitorings, open_failures
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from segmint.store.runs import runs_in
from tests.service.small import small_parts


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    with Run.create(tmp_path, "run", "", 7, {"bank.csv": "sha256:1"}) as trained:
        write_bundle(trained.folder / "bundle", **small_parts())
        trained.done({"rows": 4521, "recipe": "fast", "quality": {"f1": 0.3, "roc_auc": 0.81}})
    with Run.create(tmp_path, "target", "", None, {"bundle": "sha256:2", "wave.csv": "sha256:3"}) as listed:
        listed.done({"counts": {"listed": 1, "held_out": 0}})
    promote(trained.folder, runs=tmp_path)
    return tmp_path


def test_a_run_is_told_by_table_rows_recipe_quality_and_use(runs: Path) -> None:
    found = {line.command: line for line in list_runs(str(runs)).lines}
    trained, listed = found["run"], found["target"]
    assert (trained.table, trained.rows, trained.recipe) == ("bank.csv", 4521, "fast")
    assert (trained.metric, trained.value, trained.in_use) == ("roc_auc", 0.81, True)
    assert (listed.table, listed.rows, listed.metric, listed.in_use) == ("wave.csv", 1, None, False)
    assert list_runs(runs).frame().height == 2


def test_predictions_that_met_outcomes_tell_how_well(runs: Path) -> None:
    with Run.create(runs, "predict", "", None, {"bundle": "sha256:2", "test.csv": "sha256:4"}) as tested:
        tested.done({"rows": 1_500, "quality": {"weighted_f1": 0.52, "weighted_f1_low": 0.49, "accuracy": 0.53}})
    line = next(line for line in list_runs(runs).lines if line.command == "predict")
    assert (line.metric, line.value, line.in_use) == ("weighted_f1", 0.52, False)


def test_the_command_says_so_too(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("bank.csv" in line and "4,521 rows  fast  ROC AUC 0.8100  in use" in line for line in lines)
    assert any(line.endswith(" 1 row") for line in lines)
    assert main(["runs", "--runs", str(runs), "--json"]) == 0
    assert {"table", "rows", "recipe", "metric", "value", "in_use"} <= set(
        json.loads(capsys.readouterr().out)["runs"][0]
    )


def test_a_folder_that_was_named_must_be_there_the_usual_one_need_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()
    for name in ("nowhere", "a-file"):
        with pytest.raises(RunError, match="There is no folder"):
            list_runs(tmp_path / name)
        assert main(["runs", "--runs", name, "--json"]) == 2
        assert "There is no folder" in json.loads(capsys.readouterr().out)["error"]["came"]
    assert list_runs().frame().height == 0
    assert main(["runs"]) == 0
    assert "no runs in runs" in capsys.readouterr().out


def test_a_run_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run.create(tmp_path, "run", "", 7) as run:
        pass
    record = run.folder / "run.json"
    whole = record.read_text()
    for content, why in (
        ("", "it is no JSON"),
        (whole.replace('"done"', '"dancing"'), "its 'status' is not as a run writes it"),
        (None, "there is no such file"),
    ):
        record.unlink()
        if content is not None:
            record.write_text(content)
        assert [one.id for one in list_runs(tmp_path).unreadable] == [run.id]
        assert main(["runs", "--runs", str(tmp_path)]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith(f"cannot be read: {run.folder} (run.json: {why}")
        assert main(["runs", "--runs", str(tmp_path), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["runs"] == []
        assert told["unreadable"][0]["run"] == str(run.folder)
        assert why in told["unreadable"][0]["why"]
        assert str(run.id) in pages.run_list(Desk(tmp_path))["unreadable"][0].values()
        record.write_text(whole)
    assert list_runs(tmp_path).unreadable == ()


def test_a_champion_that_is_gone_or_that_nobody_can_read_is_told(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used = next(line.run for line in list_runs(runs).lines if line.in_use)

    def told() -> str:
        assert main(["runs", "--runs", str(runs), "--json"]) == 0
        came = str(json.loads(capsys.readouterr().out)["problem"]["came"])
        assert main(["runs", "--runs", str(runs)]) == 0
        assert came in capsys.readouterr().out
        assert pages.run_list(Desk(runs))["problem"].came == came
        return came

    assert list_runs(runs).problem is None
    record = (used / "run.json").read_text()
    (used / "run.json").write_text("")
    assert told() == f"PROMOTED names {used.name}, which cannot be read."
    (used / "run.json").write_text(record)
    used.rename(runs / "elsewhere")
    assert told() == f"PROMOTED names {used.name}, which is not here."
    (runs / "PROMOTED").write_text("garbage")
    assert told().startswith("The file PROMOTED does not name a run")


def test_a_failure_counts_until_the_same_was_done_with_a_table_of_that_name(tmp_path: Path) -> None:
    def ends(command: str, table: str, status: str) -> Run:
        with Run.create(tmp_path, command, "", None, {table: "sha256:1"}) as run:
            run.done({})
        record = json.loads((run.folder / "run.json").read_text()) | {"status": status}
        (run.folder / "run.json").write_text(json.dumps(record))
        return Run.open(run.folder)

    mended, done = ends("run", "march.csv", "failed"), ends("run", "march.csv", "done")
    other, again = ends("monitor", "march.csv", "failed"), ends("run", "march.csv", "interrupted")
    unasked = ends("target", "march.csv", "failed")
    newest_first = [unasked, again, other, done, mended]
    assert open_failures(newest_first) == [again, other]
    assert open_failures([]) == []
    many = [ends("update", f"{n}.csv", "failed") for n in range(20)]
    assert open_failures([*many, *newest_first]) == many, "what was long ago is no news"


def test_the_newest_monitoring_of_each_bundle_and_table_counts(tmp_path: Path) -> None:
    for bundle, table, kept in (
        ("1", "a", "{"),
        ("1", "a", '{"n": 2}'),
        ("1", "b", '{"n": 3}'),
        ("2", "a", '{"n": 4}'),
    ):
        with Run.create(tmp_path, "monitor", "", None, {"bundle": bundle, table: "0"}) as here:
            (here.folder / "monitor.json").write_text(kept)
            here.done({})
    runs = runs_in(tmp_path)
    assert sorted(found["n"] for _, found in newest_monitorings(runs, "1")) == [2, 3]
    assert sorted(found["n"] for _, found in newest_monitorings(runs, None)) == [2, 3, 4]
