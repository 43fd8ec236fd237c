"""One real run of the embedded sample, and a network with its wave, made quickly and shared by all tests of the story."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.config import load_config
from segmint.flows.demo import demo, sample_path
from segmint.flows.predict import predict
from segmint.flows.run import RunResult, run
from segmint.flows.segment import Segmented, segment
from segmint.flows.target import target
from segmint.flows.update import update
from segmint.simulation import Campaign, simulate_batches
from tests.flows.waves import CONFIG, QUICK, more_yes

QUICK_DEMO = ["model.recipe=plain", "model.hidden=[16, 8]", "model.epochs=4", "split.folds=2", "compare.repeats=100"]
QUICK_DEMO += ["segments.enabled=false"]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def done(runs: Path) -> RunResult:
    return demo(load_config(None, QUICK_DEMO), runs=runs)


@pytest.fixture(scope="session")
def wave() -> dict[str, pl.DataFrame]:
    whole = pl.concat([block.frame for block in simulate_batches(Campaign(rows=3_500, seed=5, missing_share=0.0))])
    whole = whole.sample(fraction=1.0, shuffle=True, seed=2)
    now = whole[2_000:]
    return {"train": whole[:2_000], "wave": now.drop("subscribed"), "results": now.select("customer_id", "subscribed")}


def draw_nothing(patch: pytest.MonkeyPatch) -> None:
    """Let runs and lists leave their page and pictures out: drawing takes as long as everything else of a small run."""
    for flow in ("run", "target"):
        patch.setattr(f"segmint.flows.{flow}.write_report", lambda folder, progress: folder / "report.html")
    patch.setattr("segmint.flows.run.result_images", lambda folder: {"images": {}, "texts": {}, "curves": {}})


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_nothing(monkeypatch)


@pytest.fixture(scope="session")
def trained_once(wave: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tensorflow")
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        return run(wave["train"], "simulated-campaign", CONFIG, runs=tmp_path_factory.mktemp("trained")).folder


@pytest.fixture(scope="module")
def trained(trained_once: Path, runs: Path) -> Path:
    """The one network, among the runs of these tests."""
    return Path(shutil.copytree(trained_once, runs / trained_once.name))


@pytest.fixture(scope="module")
def updated(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> Any:
    scored = predict(wave["wave"], trained, CONFIG, runs=runs)
    path = scored.folder / "predictions.parquet"
    return update(more_yes(wave["results"]), path, trained, CONFIG, runs=runs)


@pytest.fixture(scope="module")
def call_list(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> Path:
    """A list of everybody: calls cost next to nothing, and one in five is held out."""
    money = ["economics.cost_per_call=0.001", "economics.value_per_success=1", 'economics.currency="SEK"']
    policy = load_config(None, [*QUICK, *money, "policy.holdout_share=0.2"])
    return target(wave["wave"], trained, policy, runs=runs).folder / "call_list.parquet"


@pytest.fixture(scope="session")
def segmented(runs: Path) -> Segmented:
    return segment(sample_path(), "bank-marketing", load_config(None, ["segments.count=4"]), runs=runs)
