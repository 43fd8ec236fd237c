from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segmint.errors import MissingExtraError
from segmint.evaluation.search import GivenUp, Range, Searched, Watch, search
from segmint.store.remember import remember

SPACE = {"x": Range(low=0.0, high=1.0), "kind": Range(choices=("bad", "good")), "n": Range(low=1, high=9, whole=True)}
START = {"x": 0.9, "kind": "bad", "n": 5}


class Valley:
    """Losses with one best place, falling over five epochs; counts how often it really works."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.calls, self.stop_after = 0, stop_after

    def __call__(self, settings: dict[str, Any], watch: Watch) -> float:
        if self.calls == self.stop_after:
            raise KeyboardInterrupt
        self.calls += 1
        bottom = (settings["x"] - 0.3) ** 2 + (settings["kind"] == "bad") * 0.5
        for epoch in range(5):
            if watch(epoch, bottom + 1.0 / (epoch + 1)):
                raise GivenUp
        return bottom + 0.2


def run(judge: Callable[..., float], folder: Path, *, trials: int | None = 25, **more: Any) -> Searched:
    pytest.importorskip("optuna")
    options: dict[str, Any] = {"seconds": None, "seed": 3, "key": {"table": "t"}} | more
    return search(judge, SPACE, START, trials=trials, remember=remember(folder), **options)


def test_it_starts_where_it_is_told_and_finds_something_better(tmp_path: Path) -> None:
    found = run(Valley(), tmp_path)
    assert found.trials[0].settings == START
    assert len(found.trials) == 25
    assert found.best.loss < found.trials[0].loss - 0.4
    assert found.best.settings["kind"] == "good"
    assert found.best.loss == min(trial.loss for trial in found.trials if not trial.given_up)


def test_trials_that_are_behind_are_given_up(tmp_path: Path) -> None:
    given_up = [trial for trial in run(Valley(), tmp_path).trials if trial.given_up]
    assert given_up
    assert all(len(trial.losses) < 5 for trial in given_up)


def test_an_interrupted_search_goes_on_where_it_stopped_and_ends_the_same(tmp_path: Path) -> None:
    whole = run(Valley(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(Valley(stop_after=9), tmp_path / "cut")
    again = Valley()
    resumed = run(again, tmp_path / "cut")
    assert again.calls == 25 - 9
    assert [t.settings for t in resumed.trials] == [t.settings for t in whole.trials]
    assert [t.losses for t in resumed.trials] == [t.losses for t in whole.trials]


def test_another_table_or_seed_starts_anew(tmp_path: Path) -> None:
    run(Valley(), tmp_path, trials=4)
    other, seeded = Valley(), Valley()
    run(other, tmp_path, trials=4, key={"table": "u"})
    run(seeded, tmp_path, trials=4, seed=4, key={"table": "t", "seed": 4})
    assert (other.calls, seeded.calls) == (4, 4)


def test_a_spent_budget_still_makes_the_first_trial(tmp_path: Path) -> None:
    found = run(Valley(), tmp_path, trials=None, seconds=1e-9)
    assert len(found.trials) == 1
    assert found.best.number == 0


def test_remembered_seconds_count(tmp_path: Path) -> None:
    first = run(Valley(), tmp_path, trials=3)
    spent = sum(trial.seconds for trial in first.trials)
    again = Valley()
    assert len(run(again, tmp_path, trials=None, seconds=spent).trials) == 3
    assert again.calls == 0


def test_without_optuna_the_pip_line_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'segmint\[search\]'"):
        search(Valley(), SPACE, START, seconds=None, trials=1, seed=1, remember=remember(tmp_path), key={})
