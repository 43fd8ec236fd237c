"""Continuing a stopped run: the same results as without the stop, and a refusal that names what changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import Config, load_config
from segmint.errors import RunError
from segmint.flows import run as run_flow
from segmint.flows.demo import sample_path
from segmint.flows.resume import resume
from segmint.flows.run import run
from segmint.models.network_model import NetworkModel
from segmint.store.bundle import open_bundle
from segmint.store.run import Run
from segmint.store.runs import runs_in

pytestmark = [pytest.mark.network, pytest.mark.usefixtures("undrawn")]
pytest.importorskip("tensorflow")

QUICK = ["model.recipe=plain", "model.hidden=[8]", "model.epochs=2", "split.folds=2", "compare.repeats=100"]
QUICK += ["segments.enabled=false", "compare.models=['dense_network', 'base_rate']"]


@pytest.fixture
def settings() -> Config:
    return load_config(None, QUICK)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    lines = sample_path().read_text("utf-8").splitlines()[:1201]
    path = tmp_path / "calls.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def stopped(table: Path, settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run stopped by Ctrl-C after its comparison, while the bundle's network was to be trained."""
    with monkeypatch.context() as patched:
        patched.setattr(run_flow, "train", _interrupted)
        with pytest.raises(KeyboardInterrupt) as caught:
            run(table, "bank-marketing", settings, runs=tmp_path / "runs")
    assert "segmint resume" in "\n".join(caught.value.__notes__)
    (here,) = runs_in(tmp_path / "runs")
    assert here.status == "interrupted"
    return here.folder


def _interrupted(*given: object) -> None:
    raise KeyboardInterrupt


def test_a_resumed_run_ends_as_one_that_was_never_stopped(
    stopped: Path, table: Path, settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(table, "bank-marketing", settings, runs=tmp_path / "other")
    fits: list[int] = []
    real: Callable[..., object] = run_flow.make_model
    monkeypatch.setattr(run_flow, "make_model", lambda *a, **k: (fits.append(1), real(*a, **k))[1])
    assert list((stopped / "work").iterdir())
    again = resume(stopped.name, runs=stopped.parent)
    assert not (stopped / "work").exists()
    first, second = open_bundle(whole.folder), open_bundle(again.folder)
    assert again.folder == stopped
    for name, weights in first.weights.items():
        assert np.array_equal(weights, second.weights[name]), name
    assert first.calibration == second.calibration
    assert pl.read_parquet(whole.folder / "predictions.parquet").equals(
        pl.read_parquet(again.folder / "predictions.parquet")
    )


def test_what_changed_is_named(stopped: Path, table: Path) -> None:
    table.write_text(table.read_text("utf-8") + table.read_text("utf-8").splitlines()[-1] + "\n", "utf-8")
    with pytest.raises(RunError, match=r"calls\.csv' changed"):
        resume(stopped.name, runs=stopped.parent)
    table.unlink()
    with pytest.raises(RunError, match="is gone"):
        resume(stopped.name, runs=stopped.parent)
    (stopped / "config.toml").write_text("seed = 8\n", "utf-8")
    with pytest.raises(RunError, match=r"config\.toml"):
        resume(stopped.name, runs=stopped.parent)


def test_a_finished_run_has_nothing_to_continue(
    table: Path, settings: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(table, "bank-marketing", settings, runs=tmp_path / "runs")
    assert main(["resume", done.folder.name, "--runs", str(tmp_path / "runs")]) == 2
    assert "nothing to continue" in capsys.readouterr().err


def test_another_python_does_not_continue_what_one_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr("platform.python_version", lambda: "3.9.0")
        before.setattr("platform.machine", lambda: "abacus")
        here = Run.create(tmp_path, "run", "", 1, source=tmp_path / "table.csv")
    here.interrupted()
    with pytest.raises(RunError, match=r"platform linux-abacus, now linux-.*; python 3\.9\.0, now 3"):
        resume(here.folder, runs=tmp_path)


def test_a_resumed_search_trains_no_network_twice(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("optuna")
    fits: list[int] = []
    fit = NetworkModel.fit
    monkeypatch.setattr(NetworkModel, "fit", lambda self, *a, **k: (fits.append(1), fit(self, *a, **k))[1])
    searching = load_config(None, [*QUICK, "search.trials=1"])
    with monkeypatch.context() as patched:
        patched.setattr(run_flow, "train", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(table, "bank-marketing", searching, runs=tmp_path / "runs")
    assert len(fits) == 1 + 1  # a trial, which is the start itself, and the network compared
    (here,) = runs_in(tmp_path / "runs")
    resume(here.folder, runs=tmp_path / "runs")
    assert len(fits) == 2 + 1  # and the bundle's
