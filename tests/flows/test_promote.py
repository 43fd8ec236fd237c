"""What the gate lets through: bundles that prove themselves and decide no later than the champion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segmint.config import load_config
from segmint.errors import BundleError, RunError
from segmint.flows.promote import promote, promotions, rollback
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.service.small import small_parts

CONFIG = load_config()


def finished(runs: Path, seed: int, **changes: Any) -> Path:
    with Run.create(runs, "run", (), "", seed, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts(seed) | changes)
        here.done({})
    return here.folder


def test_golden_rows_are_predicted_before_a_bundle_is_used_and_before_going_back(tmp_path: Path) -> None:
    spoilt = small_parts(1)["golden"]
    spoilt["probabilities"][0] = [0.9, 0.1]
    with pytest.raises(BundleError, match="golden rows"):
        promote(finished(tmp_path, 1, golden=spoilt), CONFIG, runs=tmp_path)
    assert promotions(runs=tmp_path).entries == ()
    for seed in (2, 3):
        promote(finished(tmp_path, seed), CONFIG, runs=tmp_path, despite="a test")
    assert rollback(runs=tmp_path).sentence.startswith("In use again")


def test_a_first_champion_knows_nothing_of_the_call(tmp_path: Path) -> None:
    late = finished(tmp_path, 1, at="after_call")
    with pytest.raises(RunError, match="known only after the call") as told:
        promote(late, CONFIG, runs=tmp_path)
    assert "segmint run --at planning" in told.value.fix
    entry = promote(late, CONFIG, runs=tmp_path, despite="to see what it is worth").entry
    assert entry.gate["passed"] is False
    assert "known only after the call" in entry.gate["sentence"]


def test_a_challenger_decides_no_later_than_the_champion(tmp_path: Path) -> None:
    promote(finished(tmp_path, 1), CONFIG, runs=tmp_path)
    for seed, at in ((2, "dialling"), (3, "after_call")):
        late = finished(tmp_path, seed, at=at)
        with pytest.raises(RunError, match="the champion decides at planning"):
            promote(late, CONFIG, runs=tmp_path)
    entry = promote(late, CONFIG, runs=tmp_path, despite="the reason").entry
    assert (entry.gate["passed"], entry.gate["despite"]) == (False, "the reason")
    assert "the reason" in promotions(runs=tmp_path).sentences[-1]
    earlier = finished(tmp_path, 4)  # the other way round it is only compared
    with pytest.raises(RunError, match="nothing to compare"):
        promote(earlier, CONFIG, runs=tmp_path)
