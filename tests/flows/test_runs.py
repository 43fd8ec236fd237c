"""`segmint runs`: which run is which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmint.cli import main
from segmint.flows.promote import promote
from segmint.flows.runs import list_runs, open_failures
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.service.small import small_parts


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    with Run.create(tmp_path, "run", (), "", 7, {"bank.csv": "sha256:1"}) as trained:
        write_bundle(trained.folder / "bundle", **small_parts())
        trained.done({"rows": 4521, "recipe": "fast", "quality": {"f1": 0.3, "roc_auc": 0.81}})
    with Run.create(tmp_path, "target", (), "", None, {"bundle": "sha256:2", "wave.csv": "sha256:3"}) as listed:
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


def test_the_command_says_so_too(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("bank.csv" in line and "4,521 rows  fast  ROC AUC 0.8100  in use" in line for line in lines)
    assert any(line.endswith(" 1 row") for line in lines)
    assert main(["runs", "--runs", str(runs), "--json"]) == 0
    assert {"table", "rows", "recipe", "metric", "value", "in_use"} <= set(
        json.loads(capsys.readouterr().out)["runs"][0]
    )


def test_without_runs_the_list_is_empty(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere").frame().height == 0


def test_a_failure_counts_until_the_same_was_done_with_a_table_of_that_name(tmp_path: Path) -> None:
    def ends(command: str, table: str, status: str) -> Run:
        with Run.create(tmp_path, command, (), "", None, {table: "sha256:1"}) as run:
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
