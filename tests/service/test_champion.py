"""Swapping the bundle in use: whole, or not at all."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from segmint.errors import BundleError
from segmint.evaluation.gate import Gate
from segmint.service import champion as champion_file
from segmint.service.champion import Champion, Handle
from segmint.store.bundle import write_bundle
from segmint.store.champion import promote
from segmint.store.run import Run

from .small import GOOD, small_parts

GATE = Gate(True, "better", "a test")


def run_with_bundle(runs: Path, seed: int, at: str = "planning", command: str = "run") -> str:
    with Run.create(runs, command, "", seed, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts(seed) | {"at": at})
        here.done({})
    return here.folder.name


def test_a_promotion_is_taken_into_use_and_an_answer_names_its_bundle(tmp_path: Path) -> None:
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    now = [0.0]
    champion = Champion("PROMOTED", tmp_path, clock=lambda: now[0])
    before = champion.handle
    promote(tmp_path, second, GATE)
    assert not champion.is_stale()  # it looks once a second
    now[0] += 2.0
    assert champion.is_stale()
    champion.swap()
    assert champion.swaps == 1
    assert champion.handle.digest != before.digest
    assert before.single.customer(GOOD) == before.single.customer(GOOD)  # who holds the old one can finish
    assert champion.handle.single.customer(GOOD).propensity != before.single.customer(GOOD).propensity


def test_a_bad_bundle_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    now = [0.0]
    champion = Champion("PROMOTED", tmp_path, clock=lambda: now[0])
    digest = champion.handle.digest
    promote(tmp_path, second, GATE)
    shutil.rmtree(tmp_path / second / "bundle")
    now[0] += 2.0
    assert champion.is_stale()
    champion.swap()
    assert (champion.refused, champion.swaps, champion.handle.digest) == (1, 0, digest)
    now[0] += 2.0
    assert not champion.is_stale()  # not tried again at once


def test_the_log_says_why_a_promoted_bundle_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    champion = Champion("PROMOTED", tmp_path)
    promote(tmp_path, second, GATE)
    (tmp_path / second / "bundle" / "golden.json").write_text("{}")
    champion.swap()
    assert f"the promoted bundle of {second} is refused: In this bundle 'golden.json' " in caplog.text
    assert "Next: copy it again from where it was made" in caplog.text
    caplog.clear()
    (tmp_path / "PROMOTED").write_text("")
    champion.swap()
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("the promoted bundle is refused: ")
    assert "PROMOTED" in said
    assert "Next: " in said


def test_the_log_names_the_bundle_in_use_and_says_when_a_refused_one_is_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "segmint.service")
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    champion = Champion("PROMOTED", tmp_path)
    promote(tmp_path, second, GATE)
    golden = tmp_path / second / "bundle" / "golden.json"
    whole = golden.read_text()
    golden.write_text("{}")
    champion.swap()
    golden.write_text(whole)
    caplog.clear()
    champion.swap()
    used = f"bundle {champion.handle.digest} of {second} in use"
    assert [record.getMessage() for record in caplog.records] == ["the promoted bundle is well again", used]


def test_a_bundle_that_was_refused_is_tried_again_after_a_while(tmp_path: Path) -> None:
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    now = [0.0]
    champion = Champion("PROMOTED", tmp_path, clock=lambda: now[0])
    promote(tmp_path, second, GATE)
    (tmp_path / second / "bundle").rename(tmp_path / "not mounted yet")
    for _ in range(2):
        now[0] += 61.0
        assert champion.is_stale()
        champion.swap()
    assert (champion.refused, champion.swaps) == (1, 0)
    (tmp_path / "not mounted yet").rename(tmp_path / second / "bundle")
    now[0] += 61.0
    assert champion.is_stale()
    champion.swap()
    assert (champion.swaps, champion.handle.origin.name) == (1, second)
    now[0] += 61.0
    assert not champion.is_stale()


def test_what_is_promoted_while_the_first_bundle_is_opened_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    opening, now = Handle.open, [0.0]

    def slowly(path: Path | str, runs: Path) -> Handle:
        found = opening(path, runs)
        promote(tmp_path, second, GATE)
        return found

    monkeypatch.setattr(Handle, "open", slowly)
    champion = Champion("PROMOTED", tmp_path, clock=lambda: now[0])
    assert champion.handle.origin.name == first
    now[0] += 2.0
    assert champion.is_stale()


def test_a_promotion_is_taken_into_use_while_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(champion_file, "LOOK_EVERY", 0.05)
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    champion = Champion("PROMOTED", tmp_path)
    champion.watch()
    promote(tmp_path, second, GATE)
    until = time.monotonic() + 20
    while champion.handle.origin.name != second and time.monotonic() < until:
        time.sleep(0.02)
    assert champion.handle.origin.name == second


def test_golden_rows_must_be_predicted_right(tmp_path: Path) -> None:
    parts = small_parts()
    parts["golden"]["probabilities"][0] = [0.9, 0.1]
    write_bundle(tmp_path / "bundle", **parts)
    with pytest.raises(BundleError, match="golden"):
        Handle.open(tmp_path / "bundle", tmp_path)
