"""The page of a measurement: every figure is of what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmint.report.pages.measure import _looked_at_first, _segments
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
    found |= {"doubt": None, "list": {"campaign": "spring-deposit", "day": "2026-11-27"}}
    (folder / "measure.json").write_text(json.dumps(found))
    (page,) = (page for page in summarise(folder)["pages"] if page["name"] == "measure")
    return page


@pytest.mark.parametrize("adjusted", [0.157, 0.165])
def test_a_figure_that_does_not_subtract_says_why(tmp_path: Path, adjusted: float) -> None:
    shown = next(block for block in blocks(tmp_path, adjusted) if block["kind"] == "figures")
    words = "after allowing for the arms' different propensities"
    assert (words in shown["items"][0]["note"]) is (adjusted != 0.165)


def test_an_adjusted_difference_stands_beside_that_of_the_two_means(tmp_path: Path) -> None:
    (table,) = (block for block in blocks(tmp_path, 0.157) if block["kind"] == "table")
    assert [row[0] for row in table["rows"]] == ["response", "revenue", "profit"]
    assert table["rows"][0][1:5] == ["30.5 %", "14.0 %", "+16.5 points", "+15.7 points"]


def test_the_campaign_and_what_counts_are_named_and_a_narrow_screen_shows_them(tmp_path: Path) -> None:
    shown = page(tmp_path, 0.157)
    assert shown["lead"].startswith("Campaign spring-deposit, list of 2026-11-27: 400 listed customers")
    (table,) = (block for block in shown["blocks"] if block["kind"] == "table")
    assert not table["marked"]
    assert not any(cell == "–" for row in table["rows"] for cell in row)
    assert table["stacked"]
    assert "adjusted for what was known before" in table["note"]


def test_a_figure_is_not_said_again_in_the_list_below_it(tmp_path: Path) -> None:
    page(tmp_path, 0.157)
    found = json.loads((tmp_path / "measure.json").read_text())
    told = {"figures": ["It brought 1,000."], "next": "Go on.", "sentences": ["s", "It brought 1,000.", "Go on."]}
    (tmp_path / "measure.json").write_text(json.dumps(found | told))
    (shown,) = (each for each in summarise(tmp_path)["pages"] if each["name"] == "measure")
    (points,) = (block for block in shown["blocks"] if block["kind"] == "points")
    assert points["items"] == ["s"]
    (step,) = (block for block in shown["blocks"] if block["kind"] == "statements")
    assert step["items"][0]["text"] == "Go on."


@pytest.mark.parametrize(
    ("response", "profit", "said"),
    [
        ((0.01, 0.2), (5.0, 9.0), "calling paid"),
        ((0.01, 0.2), (-5.0, 9.0), "more bought; whether it paid is open"),
        ((-0.01, 0.2), (-5.0, 9.0), "no effect is shown"),
        ((-0.1, -0.01), (-9.0, 1.0), "fewer bought"),
        ((-0.01, 0.2), (-9.0, -1.0), "calling cost more than it brought"),
        ((None, None), (None, None), "too few bought, or did not, to tell"),
    ],
)
def test_a_segment_says_in_words_what_its_intervals_show(response: tuple, profit: tuple, said: str) -> None:
    one = ROW | {"segment": "retired", "difference": 0.1, "method": "cuped"}
    rows = [
        one | {"quantity": "response", "low": response[0], "high": response[1]},
        one | {"quantity": "profit", "total_low": profit[0], "total_high": profit[1]},
    ]
    table = _segments(rows, "90 %", "EUR")
    assert table is not None
    assert table["rows"][0][1:3] == ["30.5 % of 400", "14.0 % of 43"]
    assert table["rows"][0][-1] == said


@pytest.mark.parametrize(
    ("planned", "by_results", "said"),
    [
        ((5.0, 9.0), (-9.0, -5.0), "more bought; whether it paid is open"),
        ((-9.0, -5.0), (5.0, 9.0), "more bought; whether it paid is open"),
        ((-9.0, -5.0), (-3.0, 1.0), "calling cost more than it brought, after the planned cost"),
    ],
)
def test_of_a_segment_the_planned_cost_decides_unless_the_other_says_the_opposite(
    planned: tuple, by_results: tuple, said: str
) -> None:
    one = ROW | {"segment": "retired", "difference": 0.1, "method": "cuped"}
    rows = [
        one | {"quantity": "response", "low": 0.01, "high": 0.2},
        one | {"quantity": "profit", "total_low": planned[0], "total_high": planned[1]},
        one | {"quantity": "profit_by_results", "total_low": by_results[0], "total_high": by_results[1]},
    ]
    table = _segments(rows, "90 %", "EUR")
    assert table is not None
    assert table["rows"][0][-1] == said


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
    assert "profit by results" in [row[0] for row in everyone["rows"]]
    assert "hold for all segments together" in segments["note"]


def test_what_is_to_be_looked_at_first_stands_in_one_banner() -> None:
    told = [(block["title"], block["text"]) for block in _looked_at_first(["A day.", "Unlike.", "A year."], "Unlike.")]
    assert told == [
        ("Look at this first", "A day. A year."),
        ("The two arms cannot be compared as they are", "Unlike."),
    ]
