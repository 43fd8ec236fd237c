"""`kill -9` at any moment leaves nothing half made, and `resume` or running again finishes (CRA-06)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from segmint.flows.demo import sample_path
from segmint.store.bundle import open_bundle
from segmint.store.runs import runs_in

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

QUICK = [
    "model.recipe=plain", "model.hidden=[8]", "model.epochs=2", "split.folds=2", "compare.repeats=100",
    "segments.enabled=false", "compare.models=['dense_network', 'base_rate']",
]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("killed") / "calls.csv"
    path.write_text("\n".join(sample_path().read_text("utf-8").splitlines()[:801]) + "\n", "utf-8")
    return path


def start(*argv: str) -> subprocess.Popen[str]:
    """Start segmint in a process group of its own, so that the kill takes its children too."""
    return subprocess.Popen(
        [sys.executable, "-m", "segmint", *argv],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(*argv: str) -> float:
    """Run to the end; return seconds."""
    begun = time.monotonic()
    with start(*argv) as work:
        _, err = work.communicate(timeout=280)
    assert work.returncode == 0, err
    return time.monotonic() - begun


def killed(after: float, *argv: str, begun: Path | None = None) -> bool:
    """Kill -9 after so many seconds, of a run in the folder `begun` if it is named; say whether it was still at work."""
    with start(*argv) as work:
        while begun is not None and work.poll() is None and not runs_in(begun):
            time.sleep(0.02)
        try:
            work.wait(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(work.pid, signal.SIGKILL)
            return True
    return False


def whole(runs: Path) -> None:
    """Every bundle that is there opens, every published table reads to its end, every run can be told."""
    for run in runs_in(runs):
        assert run.status in ("interrupted", "done"), run.status
        if (run.folder / "bundle").exists():
            open_bundle(run.folder)
        for path in run.folder.glob("*.parquet"):
            assert pl.read_parquet(path).height > 0


def check_run(table: Path, runs: Path, moments: list[float]) -> int:
    settings = [word for setting in QUICK for word in ("--set", setting)]
    asked = ("run", str(table), "--contract", "bank-marketing", "--runs", str(runs), *settings)
    hit = 0
    for moment in moments:
        hit += killed(moment, *asked, begun=None if runs_in(runs) else runs)
        whole(runs)
        for run in runs_in(runs):
            if run.status == "interrupted":
                finished("resume", run.id, "--runs", str(runs))
                open_bundle(run.folder)
    return hit


def check_predict(table: Path, bundle: Path, runs: Path, moments: list[float]) -> int:
    asked = ("predict", str(table), "--bundle", str(bundle), "--runs", str(runs))
    hit = 0
    for moment in moments:
        hit += killed(moment, *asked, begun=None if runs_in(runs) else runs)
        whole(runs)
    finished(*asked)
    (done,) = [run for run in runs_in(runs) if run.status == "done"][:1]
    assert pl.read_parquet(done.folder / "predictions.parquet").height == 800
    return hit


def test_a_killed_run_is_finished_by_resume_and_a_killed_predict_by_another(table: Path, tmp_path: Path) -> None:
    assert check_run(table, tmp_path / "runs", [1.0]) == 1
    (trained,) = runs_in(tmp_path / "runs")
    assert check_predict(table, trained.folder, tmp_path / "predicted", [0.05]) == 1


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_random_moments(table: Path, tmp_path: Path) -> None:
    draw = random.Random(7)
    settings = [word for setting in QUICK for word in ("--set", setting)]
    first = tmp_path / "first"
    seconds = finished("run", str(table), "--contract", "bank-marketing", "--runs", str(first), *settings)
    hit = check_run(table, tmp_path / "runs", [draw.uniform(0.3, seconds) for _ in range(25)])
    bundle = runs_in(first)[0].folder
    seconds = finished("predict", str(table), "--bundle", str(bundle), "--runs", str(tmp_path / "once"))
    hit += check_predict(table, bundle, tmp_path / "predicted", [draw.uniform(0.1, seconds) for _ in range(25)])
    assert hit >= 40
