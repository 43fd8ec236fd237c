"""One real run of the embedded sample, made quickly and shared by all tests of the story."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.config import load_config
from segmint.flows.demo import demo
from segmint.flows.run import RunResult

QUICK = ["model.recipe=plain", "model.hidden=[16, 8]", "model.epochs=4", "split.folds=2", "compare.repeats=100"]
QUICK += ["segments.enabled=false"]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def done(runs: Path) -> RunResult:
    return demo(load_config(None, QUICK), runs=runs)
