"""A record that somebody changed or lost by halves is no run's, and the reason is said in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segmint.cli import main
from segmint.errors import RunError
from segmint.store.command_line import command_line
from segmint.store.run import Run
from segmint.store.runs import find_run, runs_in


def finished(runs: Path) -> Run:
    with command_line(["run", "k\udc80.csv"]):
        run = Run.create(runs, "run", "seed = 7\n", 7, {"k\udc80.csv": "sha256:00"})
    run.done({"rows": 10, "quality": {"f1": 0.5}, "counts": {"listed": 1}})
    return run


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": 9, "versions": {"segmint": "9.1"}}, r"segmint 9\.1 wrote it with a newer format; update segmint"),
        ({"format": 0}, "its format is unknown to this version, which reads format 1"),
        ({"format": "1"}, "its format is unknown"),
        ({"summary": "done"}, "its 'summary' is not as a run writes it"),
        ({"inputs": ["bank.csv"]}, "its 'inputs' is not"),
        ({"test": ["test.csv"]}, "its 'test' is not"),
        ({"summary": {"test": {"quality": {"dense_network": 1}}}}, "in its 'summary' 'test' is not"),
        ({"inputs": {"bank.csv": ["sha256:00"]}}, "its 'inputs' is not"),
        ({"command": ["run"]}, "its 'command' is not"),
        ({"status": ["done"]}, "its 'status' is not"),
        ({"made": "yesterday"}, "its 'made' is not"),
        ({"made": None}, "its 'made' is not"),
        ({"process": 7}, "its 'process' is not"),
        ({"error": "Too few rows."}, "its 'error' is not"),
        ({"source": {}}, "its 'source' is not"),
        ({"summary": {"counts": [1, 2]}}, "in its 'summary' 'counts' is not"),
        ({"summary": {"quality": {"roc_auc": "high"}}}, "in its 'summary' 'quality' is not"),
        ({"summary": {"rows": 10**400}}, "in its 'summary' 'rows' is not"),
        ({"summary": {"rows": "many"}}, "in its 'summary' 'rows' is not"),
    ],
)
def test_a_record_of_another_shape_is_passed_over_and_named_in_words(
    changed: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, spoiled = finished(tmp_path), finished(tmp_path)
    (spoiled.folder / "run.json").write_text(json.dumps(spoiled.record | changed))
    assert [run.id for run in runs_in(tmp_path)] == [good.id]
    with pytest.raises(RunError, match=said):
        find_run(spoiled.id, tmp_path)
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert good.id in capsys.readouterr().out


@pytest.mark.parametrize("name", ["command", "status", "made", "versions", "inputs", "sealed"])
def test_what_a_record_lacks_is_named(name: str, tmp_path: Path) -> None:
    run = finished(tmp_path)
    del run.record[name]
    (run.folder / "run.json").write_text(json.dumps(run.record))
    with pytest.raises(RunError, match=f"cannot be read: it has no '{name}'"):
        find_run(run.id, tmp_path)


def test_a_summary_may_lack_whatever_its_command_did_not_find(tmp_path: Path) -> None:
    run = finished(tmp_path)
    for summary in ({}, {"rows": None, "counts": None, "quality": None}, None):
        (run.folder / "run.json").write_text(json.dumps(run.record | {"summary": summary}))
        assert Run.open(run.folder).record["summary"] == summary
