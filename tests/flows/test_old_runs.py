"""`segmint runs --older-than`: what is kept too long is told and removed; what is needed stays."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmint import remove_runs
from segmint.cli import main
from segmint.errors import BundleError, ConfigError, RunError
from segmint.flows.promote import promote, rollback
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.service.small import small_parts


def made(runs: Path, days: int, *, command: str = "predict", ends: bool = True, bundle: bool = False) -> Path:
    """Make a run of so many days ago."""
    run = Run.create(runs, command, "", None)
    (run.folder / "predictions.parquet").write_text("Canary")
    if bundle:
        write_bundle(run.folder / "bundle", **small_parts())
    if ends:
        run.done()
    then = datetime.now(UTC) - timedelta(days=days, minutes=1)
    place = runs / f"{then:%Y-%m-%dT%H-%M-%SZ}-{run.id[-4:]}"
    record = json.loads((run.folder / "run.json").read_text()) | {"id": place.name, "made": then.isoformat()}
    (run.folder / "run.json").write_text(json.dumps(record))
    run.folder.rename(place)
    if ends:
        Run.open(place).done()
    return place


def test_old_runs_go_and_younger_ones_stay_and_without_a_word_nothing_goes(tmp_path: Path) -> None:
    young, old, damaged = made(tmp_path, 179), made(tmp_path, 180), made(tmp_path, 200)
    (damaged / "run.json").write_text("")
    (tmp_path / "notes").mkdir()
    killed = young / ".predictions.parquet.staging-0123456789abcdef"
    killed.mkdir()
    dry = remove_runs("180d", tmp_path, dry=True)
    assert ([one.run for one in dry.gone], dry.kept, dry.failed) == ([old, damaged], (), ())
    assert old.is_dir()
    assert dry.sentences[0] == f"would be removed: {old} (predict, {old.name[:10]})"
    assert dry.sentences[-1] == "2 runs older than 180 days would be removed; remove: --remove"
    done = remove_runs(180, str(tmp_path))
    assert done.gone == dry.gone
    assert done.sentences[1].startswith(f"removed: {damaged} (cannot be read, {damaged.name[:10]}")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([young.name, "notes"])
    assert not killed.exists()
    assert remove_runs(180, tmp_path).sentences == (f"no runs older than 180 days in {tmp_path}",)


def test_tables_brought_to_the_dashboard_go_with_the_runs_but_not_while_one_may_be_read(tmp_path: Path) -> None:
    brought, new = (tmp_path / "tables" / name for name in ("0123456789abcdef", "fedcba9876543210"))
    for place in (brought, new):
        place.mkdir(parents=True)
        (place / "new.csv").write_text("Canary")
        (place / "about.json").write_text("{}")
    then = (datetime.now(UTC) - timedelta(days=200)).timestamp()
    os.utime(brought / "about.json", (then, then))
    working = made(tmp_path, 1, ends=False)
    assert {one.run: one.why for one in remove_runs(180, tmp_path).kept} == {
        brought: "a run is at work, and may read it"
    }
    Run.open(working).done()
    made(tmp_path, 190)
    dry = remove_runs(180, tmp_path, dry=True)
    assert dry.sentences[1].startswith(f"would be removed: {brought} (table, ")
    assert dry.sentences[-1] == "1 run and 1 table older than 180 days would be removed; remove: --remove"
    assert repr(dry).endswith(": 1 run and 1 table would be removed>")
    assert remove_runs(180, tmp_path).gone == dry.gone
    assert (brought.exists(), (new / "new.csv").exists()) == (False, True)


def test_a_link_to_a_table_stays_and_what_is_left_of_a_forgotten_one_is_named(tmp_path: Path) -> None:
    tables, elsewhere = tmp_path / "runs" / "tables", tmp_path / "elsewhere"
    for place in (elsewhere, tables / "0123456789abcdef"):
        place.mkdir(parents=True)
        (place / "new.csv").write_text("Canary")
    (elsewhere / "about.json").write_text("{}")
    os.utime(elsewhere / "about.json", (0, 0))
    (tables / "fedcba9876543210").symlink_to(elsewhere)
    dry = remove_runs(180, tmp_path / "runs", dry=True)
    done = remove_runs(180, tmp_path / "runs")
    assert dry.gone == done.gone
    assert done.failed == done.kept == ()
    rest = tables / "0123456789abcdef"
    assert done.sentences[0].startswith(f"removed: {rest} (what is left of a forgotten table, ")
    assert done.sentences[1] == f"no runs older than 180 days removed in {tmp_path / 'runs'}"
    assert [place.name for place in tables.iterdir()] == ["fedcba9876543210"]
    assert (elsewhere / "new.csv").exists()


def test_what_is_in_use_what_a_rollback_needs_and_what_is_at_work_stay(tmp_path: Path) -> None:
    first, second, third = (made(tmp_path, days, command="run", bundle=True) for days in (300, 299, 298))
    for run in (first, second, third):
        promote(run, runs=tmp_path, despite="test")
    rollback(runs=tmp_path)
    working = made(tmp_path, 250, ends=False)
    done = remove_runs(180, tmp_path)
    assert [one.run for one in done.gone] == [third], "no rollback leads there any more"
    assert {one.run: one.why for one in done.kept} == {
        first: "a rollback would need it",
        second: "it is in use",
        working: "it is at work",
    }
    assert rollback(runs=tmp_path).entry.run == first.name


def test_where_nobody_can_tell_what_is_in_use_nothing_goes(tmp_path: Path) -> None:
    old = made(tmp_path, 200)
    (tmp_path / "PROMOTED").write_text("garbage")
    with pytest.raises(BundleError, match="PROMOTED"):
        remove_runs(180, tmp_path)
    assert old.is_dir()


def test_a_run_that_another_process_holds_is_not_taken_away(tmp_path: Path) -> None:
    old = made(tmp_path, 200, ends=False)
    record = json.loads((old / "run.json").read_text())
    (old / "run.json").write_text(json.dumps(record | {"status": "interrupted"}))  # as it looked a moment before
    done = remove_runs(180, tmp_path)
    assert (done.gone, [one.run for one in done.failed]) == ((), [old])
    assert "at work in another process" in done.sentences[0]
    assert (old / "predictions.parquet").is_file()


def test_the_command_removes_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = made(tmp_path, 200)
    asked = ["runs", "--runs", str(tmp_path), "--older-than", "180d"]
    assert main(asked) == 0
    assert "would be removed" in capsys.readouterr().out
    assert old.is_dir()
    assert main([*asked, "--remove", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert ([one["run"] for one in told["gone"]], told["dry"], told["kept"]) == ([str(old)], False, [])
    assert not old.exists()
    assert main(["runs", "--runs", str(tmp_path), "--remove"]) == 2
    assert main(["runs", "--runs", str(tmp_path), "--older-than", "soon"]) == 2


@pytest.mark.parametrize("days", ["soon", "-1d", "1.5", "180w", "9999999", "", True])
def test_a_number_of_days_is_asked_for(tmp_path: Path, days: str | bool) -> None:
    with pytest.raises(ConfigError, match="no number of days"):
        remove_runs(days, tmp_path)
    with pytest.raises(RunError, match="There is no folder"):
        remove_runs("1d", tmp_path / "nowhere")
