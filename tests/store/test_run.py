"""A run's folder tells the truth about its command, whatever became of it."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

import pytest

from segmint.errors import DataError, RunError, told_of
from segmint.store.command_line import command_line
from segmint.store.process import is_alive, this_process
from segmint.store.run import Run, installed_versions
from segmint.store.runs import runs_in
from segmint.store.staging import passing_folder
from segmint.targeting.optimise import UnfilledQuotaError


def create(runs: Path) -> Run:
    with command_line(["run", "bank.csv"]):
        return Run.create(runs, "run", "seed = 7\n", 7, {"bank.csv": "sha256:00"})


def on_disk(run: Run) -> dict[str, object]:
    return dict(json.loads((run.folder / "run.json").read_text()))


def test_the_folder_exists_whole_from_the_first_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMINT_BY", "Ann Example")
    run = create(tmp_path / "runs")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{4}", run.id)
    told = on_disk(run)
    assert (told["command"], told["argv"], told["status"]) == ("run", ["run", "bank.csv"], "running")
    assert (told["seed"], told["inputs"]) == (7, {"bank.csv": "sha256:00"})
    assert told["versions"] == installed_versions()
    assert str(told["by"]).startswith("Ann Example (account ")
    assert (run.folder / "config.toml").read_text() == "seed = 7\n"
    assert Run.open(run.folder).settings == {"seed": 7}
    assert stat.S_IMODE(run.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "module", ["numpy", "scipy", "sklearn", "lightgbm", "xgboost", "catboost", "keras", "tensorflow", "optuna"]
)
def test_a_run_names_the_version_of_every_library_that_learns_or_reckons(module: str) -> None:
    """By the name under which it is installed here: on some machines XGBoost is xgboost-cpu."""
    names = {name.replace("_", "-") for name in metadata.packages_distributions().get(module, [])}
    assert names, f"{module} is not installed: nothing was tested"
    assert names & set(installed_versions())


@pytest.mark.parametrize("inputs", [{"bank.csv": "sha256:0", "bundle": "sha256:1"}, {"bank.csv": "sha256:0"}])
def test_where_nothing_may_be_written_another_folder_is_named_that_still_finds_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: dict[str, str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(RunError, match="Nothing may be written into the folder") as caught:
        Run.create(tmp_path, "predict", "", None, inputs)
    assert ("name the bundle by the folder of its run" in caught.value.fix) is ("bundle" in inputs)
    assert "--runs" in caught.value.fix


def test_what_came_of_it_is_written_down(tmp_path: Path) -> None:
    run = create(tmp_path)
    run.progress("folds", 1, 5)
    run.done({"rows": 4521})
    again = Run.open(run.folder)
    assert (again.status, again.record["summary"]) == ("done", {"rows": 4521})
    assert again.record["progress"] == {"task": "folds", "done": 1, "total": 5}
    assert again.record["ended"] is not None


def test_leaving_the_block_ends_the_run_as_it_went(tmp_path: Path) -> None:
    with create(tmp_path) as good:
        pass
    with pytest.raises(DataError), create(tmp_path) as ours:
        raise DataError("One outcome only.", fix="add rows")
    with pytest.raises(ZeroDivisionError), create(tmp_path) as unexpected:
        _ = 1 / 0
    with pytest.raises(KeyboardInterrupt) as caught, create(tmp_path) as stopped:
        raise KeyboardInterrupt
    assert "cannot be continued: begin it again" in caught.value.__notes__[0]
    runs = [good, ours, unexpected, stopped]
    assert [on_disk(run)["status"] for run in runs] == ["done", "failed", "failed", "interrupted"]
    assert on_disk(ours)["error"]["came"] == "One outcome only."  # type: ignore[index]


def test_the_record_tells_an_error_as_the_command_line_tells_it_to_programs(tmp_path: Path) -> None:
    error = UnfilledQuotaError("students", "It cannot be filled.")
    with pytest.raises(UnfilledQuotaError), create(tmp_path) as run:
        raise error
    assert on_disk(run)["error"] == told_of(error)


def test_an_unexpected_error_is_not_quoted_because_it_may_hold_a_customers_value(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Jane"), create(tmp_path) as run:
        raise ValueError("could not convert 'Jane Canary' to a number")
    text = (run.folder / "run.json").read_text()
    assert "Canary" not in text
    assert "ValueError" in text


def test_a_run_whose_process_is_gone_shows_as_interrupted(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import os, sys, signal
        from pathlib import Path
        from segmint.store.run import Run
        run = Run.create(Path(sys.argv[1]), "run", "", 1)
        print(run.folder, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    run = Run.open(Path(done.stdout.strip()))
    assert run.record["status"] == "running"
    assert run.status == "interrupted"
    taken = run.take_over()
    assert taken.status == "running"
    taken.done()
    assert Run.open(run.folder).status == "done"


def test_a_process_id_used_again_is_noticed() -> None:
    """CRA-08."""
    me = this_process()
    assert is_alive(me)
    assert not is_alive({**me, "started": "another-boot:1"})
    assert not is_alive({**me, "pid": 2**22 + 5})
    for pid in (None, -1, 0, "1", 2**80):
        assert not is_alive({**me, "pid": pid})


def test_a_dead_process_that_nobody_buried_counts_as_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    stat_text = Path(f"/proc/{child.pid}/stat").read_text()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    record = {**this_process(), "pid": child.pid, "started": f"{boot}:{stat_text.rpartition(')')[2].split()[19]}"}
    assert is_alive(record)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(record)
    child.wait()


def test_a_run_elsewhere_is_judged_by_its_heartbeat(tmp_path: Path) -> None:
    run = create(tmp_path)
    run.record["process"] = {**run.record["process"], "host": "another-machine"}
    assert run.status == "running"
    run.record["heartbeat"] = "2020-01-01T00:00:00+00:00"
    assert run.status == "interrupted"
    run.record["heartbeat"] = (datetime.now(UTC) + timedelta(days=365)).isoformat()
    assert run.status == "interrupted"
    run.record["heartbeat"] = "nonsense"
    assert run.status == "interrupted"


def test_never_two_writers(tmp_path: Path) -> None:
    """CRA-08."""
    run = create(tmp_path)
    with pytest.raises(RunError, match="at work in another process"):
        Run.open(run.folder).take_over()
    run.interrupted()
    first = Run.open(run.folder).take_over()
    second = Run.open(run.folder)
    second.record["status"] = "interrupted"  # as it looked a moment before
    with pytest.raises(RunError, match="at work in another process"):
        second.take_over()
    first.done()


def test_what_killed_commands_left_goes_with_the_next_run_and_what_lives_stays(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import os, sys, signal
        from pathlib import Path
        from segmint.store.run import Run
        from segmint.store.staging import publish_file, staging
        def die(path):
            path.write_text("Canary")
            os.kill(os.getpid(), signal.SIGKILL)
        runs, where = Path(sys.argv[1]), sys.argv[2]
        run = Run.create(runs, "predict", "", 1)
        if where == "beside":
            with staging(runs / "2026-03-14T10-15-02Z-ffff") as folder:
                die(folder / "run.json")
        publish_file(run.folder / where, die)
    """)
    for where in ("predictions.parquet", "tables/effects.parquet", "beside"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path), where], check=False)
    elsewhere = tmp_path / "elsewhere" / ".predictions.parquet.staging-0123456789abcdef"
    elsewhere.mkdir(parents=True)
    (tmp_path / "2026-03-15T10-15-02Z-0000").symlink_to(elsewhere.parent)
    living = runs_in(tmp_path)[0].folder
    with passing_folder(living / "predictions.parquet") as held, passing_folder(tmp_path / "run") as beside:
        (held / "predictions.parquet").write_text("at work")
        assert len(list(tmp_path.rglob("*.staging-*"))) == 4, "each run removed what the one before left"
        create(tmp_path).done()
        assert set(tmp_path.rglob("*.staging-*")) == {held, beside, elsewhere}
        assert (held / "predictions.parquet").read_text() == "at work"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "Canary" in path.read_text()]


def test_what_a_run_kept_is_read_again_and_what_is_damaged_is_said(tmp_path: Path) -> None:
    run = create(tmp_path)
    assert run.kept("found.json") is None
    run.keep("found.json", {"name": "Grüße", "count": 3})
    assert Run.open(run.folder).kept("found.json") == {"name": "Grüße", "count": 3}
    for damage in (b"{", b"\xff{}"):
        (run.folder / "found.json").write_bytes(damage)
        with pytest.raises(RunError, match=r"'found\.json' of the run cannot be read"):
            run.kept("found.json")
