"""What was computed once is not computed again, and comes back the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmint.store import run as run_file
from segmint.store.remember import remember
from segmint.store.run import Run


def result() -> dict[str, Any]:
    return {
        "likely": np.arange(6, dtype=np.float64).reshape(2, 3).T,
        "places": np.array([3, 1], dtype=np.int64),
        "yes": np.array([True, False]),
        "single": np.array(2.5, dtype=np.float32),
        "history": [{"epoch": 1, "loss": 0.25}],
        "pair": (1, "two"),
        "note": None,
    }


def never() -> dict[str, Any]:
    raise AssertionError("computed again")


def test_the_second_time_nothing_is_computed_and_the_result_is_the_same(tmp_path: Path) -> None:
    recall = remember(tmp_path / "work")
    first = recall({"fold": 1, "seed": 7}, result)
    second = remember(tmp_path / "work")({"seed": 7, "fold": 1}, never)
    assert list(first) == list(second)
    for name, value in first.items():
        if isinstance(value, np.ndarray):
            assert (value.dtype, value.shape) == (second[name].dtype, second[name].shape)
            assert np.array_equal(value, second[name])
            assert np.array_equal(value, result()[name])
        else:
            assert value == second[name]
    assert first["pair"] == [1, "two"]


def test_another_key_is_another_result(tmp_path: Path) -> None:
    recall = remember(tmp_path)
    assert recall({"fold": 1}, lambda: {"value": 1})["value"] == 1
    assert recall({"fold": 2}, lambda: {"value": 2})["value"] == 2
    assert recall({"fold": "1"}, lambda: {"value": 3})["value"] == 3


def test_a_damaged_result_is_computed_again_never_a_crash_and_never_used(tmp_path: Path) -> None:
    """RES-03 for remembered results: cut at each quarter, a flipped bit, missing."""
    recall = remember(tmp_path)
    recall({"a": 1}, result)
    (place,) = tmp_path.iterdir()
    for name in ("values.json", "arrays.safetensors", "seal.json"):
        good = (place / name).read_bytes()
        flipped = bytes([*good[:-9], good[-9] ^ 1, *good[-8:]])
        for bad in [good[: len(good) * part // 4] for part in range(4)] + [flipped, None]:
            (place / name).unlink()
            if bad is not None:
                (place / name).write_bytes(bad)
            assert recall({"a": 1}, lambda: {"computed": "again"}) == {"computed": "again"}
            assert recall({"a": 1}, never) == {"computed": "again"}
            for old in place.iterdir():
                old.unlink()
            recall({"a": 1}, result)


def test_a_failed_computation_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        remember(tmp_path)({"a": 1}, never)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_kept_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="'names'"):
        remember(tmp_path)({"a": 1}, lambda: {"names": np.array(["a"])})
    with pytest.raises(TypeError):
        remember(tmp_path)({"a": object()}, result)
    with pytest.raises(ValueError, match="JSON"):
        remember(tmp_path)({"a": 1}, lambda: {"loss": float("nan")})


def test_two_who_compute_the_same_at_once_both_get_it(tmp_path: Path) -> None:
    recall = remember(tmp_path)
    outer = recall({"a": 1}, lambda: recall({"a": 1}, lambda: {"value": 5}))
    assert outer == {"value": 5}


def test_a_run_keeps_results_in_its_work_folder(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "run", "", 1)
    run.remember({"fold": 1}, lambda: {"value": 1})
    run.interrupted()
    assert Run.open(run.folder).remember({"fold": 1}, never) == {"value": 1}
    assert len(list((run.folder / "work").iterdir())) == 1


def test_another_version_computes_anew_and_mixes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(tmp_path, "run", "", 1)
    run.remember({"fold": 1}, lambda: {"value": 1})
    run.interrupted()
    now = run_file.installed_versions()
    monkeypatch.setattr(run_file, "installed_versions", lambda: now | {"segmint": "9.1"})
    upgraded = Run.open(run.folder)
    assert upgraded.remember({"fold": 1}, lambda: {"value": 2}) == {"value": 2}
    monkeypatch.undo()
    assert Run.open(run.folder).remember({"fold": 1}, never) == {"value": 1}


def test_what_was_kept_goes_with_the_end_of_the_work_and_stays_when_it_may_be_continued(tmp_path: Path) -> None:
    done, failed = (Run.create(tmp_path, "run", "", 7) for _ in range(2))
    for run in (done, failed):
        run.remember({"a": 1}, lambda: {"found": 2})
    done.done()
    failed.failed(ZeroDivisionError())
    assert not (done.folder / "work").exists()
    assert failed.remembered == 1
