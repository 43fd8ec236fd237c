"""`verify` answers every question about a bundle, by name, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmint.store.verify import verify_bundle

from .conftest import predict

Make = Callable[..., Path]


def test_a_sound_bundle_passes_every_check(make_bundle: Make) -> None:
    checks = verify_bundle(make_bundle(), predict)
    assert [check.ok for check in checks] == [True] * 9
    assert "20 rows" in checks[-1].detail


def test_the_content_of_a_bundle_is_told_and_is_the_same_whenever_it_was_made(make_bundle: Make) -> None:
    folders = [make_bundle("one"), make_bundle("again"), make_bundle("other", card="# Another\n")]
    told = [verify_bundle(folder, predict)[0] for folder in folders]
    assert all(str(check.content) in check.detail for check in told)
    assert told[0].content == told[1].content != told[2].content
    assert [check.content for check in verify_bundle(folders[0], predict)[1:]] == [None] * 8


@pytest.mark.parametrize(
    "name", ["network.json", "network.safetensors", "features.json", "model_card.md", "manifest.json"]
)
def test_the_first_failure_is_named_and_what_follows_counts_as_no(name: str, make_bundle: Make) -> None:
    folder = make_bundle()
    with (folder / name).open("ab") as file:
        file.write(b" ")
    checks = verify_bundle(folder, predict)
    assert len(checks) == 9
    first = next(check for check in checks if not check.ok)
    assert name in first.detail
    assert all(check.detail == "not looked at" for check in checks[checks.index(first) + 1 :])
    assert not any(check.ok for check in checks[checks.index(first) :])


@pytest.mark.parametrize("error", [1.1e-6, np.nan])
def test_golden_rows_predicted_otherwise_are_a_no(error: float, make_bundle: Make) -> None:
    checks = verify_bundle(make_bundle(), lambda bundle, rows: predict(bundle, rows) + error)
    assert [check.ok for check in checks] == [True] * 8 + [False]


def test_a_difference_below_a_millionth_is_allowed(make_bundle: Make) -> None:
    checks = verify_bundle(make_bundle(), lambda bundle, rows: predict(bundle, rows) + 0.9e-6)
    assert all(check.ok for check in checks)


@pytest.mark.parametrize(
    "golden",
    [
        {},
        {"rows": [], "probabilities": []},
        {"rows": [{"age": "1"}], "probabilities": [[0.5]]},
        {"rows": 5, "probabilities": 5},
    ],
)
def test_a_bundle_without_golden_rows_is_a_no(golden: dict[str, object], make_bundle: Make) -> None:
    checks = verify_bundle(make_bundle(golden=golden), predict)
    assert [check.ok for check in checks] == [True] * 8 + [False]


SAID = "largest difference 0.0e+00"


@pytest.mark.parametrize(
    ("kept", "ok", "detail"),
    [
        ({"segments": ["2"] * 20}, True, f"{SAID}; none in another segment"),
        ({"segments": ["1"] * 3 + ["2"] * 17}, False, f"{SAID}; 3 in another segment"),
        ({"segments": ["2"] * 19}, False, f"{SAID}; their segments are not one for each"),
        ({"segments": 2}, False, f"{SAID}; their segments are not one for each"),
        ({}, True, f"{SAID}; their segments were not kept"),
    ],
)
def test_golden_rows_come_into_the_segments_that_they_came_into(
    kept: dict[str, Any], ok: bool, detail: str, parts: dict[str, Any], make_bundle: Make
) -> None:
    folder = make_bundle(golden={**parts["golden"], **kept})
    last = verify_bundle(folder, predict, lambda bundle, rows: ["2"] * len(rows))[-1]
    assert (last.ok, last.detail) == (ok, f"20 rows, {detail}")
    assert verify_bundle(folder, predict, lambda bundle, rows: None)[-1].ok


def test_a_bundle_that_is_not_there_is_a_no(tmp_path: Path) -> None:
    assert not any(check.ok for check in verify_bundle(tmp_path / "nothing", predict))
    (only,) = verify_bundle("PROMOTED", predict, runs=tmp_path)
    assert not only.ok
