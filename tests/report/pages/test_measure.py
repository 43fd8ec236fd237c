"""The page of a measurement: every figure is of what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmint.report.summary import summarise

ROW = {
    "segment": "everyone", "called": 0.305, "held_out": 0.14, "low": 0.03, "high": 0.28, "total": 1_000.0,
    "total_low": 10.0, "total_high": 2_000.0, "customers_called": 400, "customers_held_out": 43, "smallest_visible": 0.1,
}  # fmt: skip


def blocks(folder: Path, adjusted: float) -> list[dict]:
    return page(folder, adjusted)["blocks"]


def page(folder: Path, adjusted: float) -> dict:
    rows = [
        ROW | {"quantity": quantity, "method": method, "difference": difference}
        for quantity in ("response", "revenue", "profit")
        for method, difference in (("plain", 0.165), ("cuped", adjusted))
    ]
    found = {"sentences": ["s"], "level": 0.9, "currency": "EUR", "do_not_call": 0, "rows": rows}
    found["list"] = {"campaign": "spring-deposit", "day": "2026-11-27"}
    (folder / "measure.json").write_text(json.dumps(found))
    (page,) = (page for page in summarise(folder)["pages"] if page["name"] == "measure")
    return page


@pytest.mark.parametrize("adjusted", [0.157, 0.165])
def test_a_figure_that_does_not_subtract_says_why(tmp_path: Path, adjusted: float) -> None:
    shown = next(block for block in blocks(tmp_path, adjusted) if block["kind"] == "figures")
    words = "after allowing for the arms' different propensities"
    assert (words in shown["items"][0]["note"]) is (adjusted != 0.165)


def test_no_means_stand_beside_an_adjusted_difference(tmp_path: Path) -> None:
    (table,) = (block for block in blocks(tmp_path, 0.157) if block["kind"] == "table")
    means = {row[0]: row[1:3] for row in table["rows"]}
    assert means["response, plain"] == ["30.5 %", "14.0 %"]
    assert [means[f"{name}, CUPED"] for name in ("response", "revenue", "profit")] == [["–", "–"]] * 3


def test_the_campaign_and_the_lines_that_count_are_named_and_a_narrow_screen_shows_them(tmp_path: Path) -> None:
    shown = page(tmp_path, 0.157)
    assert shown["lead"].startswith("Campaign spring-deposit, list of 2026-11-27: 400 listed customers")
    (table,) = (block for block in shown["blocks"] if block["kind"] == "table")
    assert [table["rows"][place][0] for place in table["marked"]] == [
        f"{name}, CUPED" for name in ("response", "revenue", "profit")
    ]
    assert table["stacked"]
    assert "The lines with CUPED count" in table["note"]


@pytest.mark.parametrize(("low", "short"), [(0.03, False), (-0.03, True), (None, True)])
def test_a_run_from_before_doubts_were_kept_still_says_that_its_holdout_is_too_small(
    low: float | None, short: bool, tmp_path: Path
) -> None:
    page(tmp_path, 0.157)
    found = json.loads((tmp_path / "measure.json").read_text())
    rows = [row | {"low": low, "high": low and 0.28} for row in found["rows"]]
    sentence = "The holdout is too small to tell whether calling helped."
    (tmp_path / "measure.json").write_text(json.dumps(found | {"rows": rows, "sentences": ["s", sentence]}))
    (shown,) = (each for each in summarise(tmp_path)["pages"] if each["name"] == "measure")
    above = [(block["title"], block["text"]) for block in shown["blocks"] if block["kind"] == "banner"]
    assert above == ([("The holdout is too small to tell", sentence)] if short else [])
    (points,) = (block for block in shown["blocks"] if block["kind"] == "points")
    assert (sentence in points["items"]) is not short


def test_a_loss_stands_above_the_figures_and_segments_say_that_they_hold_together(tmp_path: Path) -> None:
    page(tmp_path, 0.157)
    found = json.loads((tmp_path / "measure.json").read_text())
    parts = [row | {"segment": name} for row in found["rows"] for name in ("retired", "students")]
    dialled = found["rows"][-1] | {"quantity": "profit_by_results", "total": 4_321.0}
    told = {"doubt": ["A loss", "It lost."], "rows": [*found["rows"], dialled, *parts], "sentences": ["s", "It lost."]}
    (tmp_path / "measure.json").write_text(json.dumps(found | told))
    (shown,) = (each for each in summarise(tmp_path)["pages"] if each["name"] == "measure")
    (above,) = (block for block in shown["blocks"] if block["kind"] == "banner")
    assert (above["title"], above["text"]) == ("A loss", "It lost.")
    (points,) = (block for block in shown["blocks"] if block["kind"] == "points")
    assert points["items"] == ["s"]
    (figures,) = (block for block in shown["blocks"] if block["kind"] == "figures")
    assert "4,321 if only calls with a result cost something" in figures["items"][1]["note"]
    everyone, segments = (block for block in shown["blocks"] if block["kind"] == "table")
    assert "profit by results, CUPED" in [row[0] for row in everyone["rows"]]
    assert "hold for all segments together" in segments["note"]
