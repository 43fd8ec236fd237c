"""The first page of a run: what was found, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segmint.report.pages.answer import _next, _who, page
from segmint.report.run_view import RunView


def test_a_response_without_a_comparison_is_not_advised_as_if_it_were_segments() -> None:
    run: Any = SimpleNamespace(at="planning", is_response=True, positive="yes", on_test=None)
    said = _next(run, None)
    assert "compare.enabled" in said
    assert "segment" not in said


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ((), "this run's bundle; where"),
        (("offer", "need"), ", and give segment A the offer that its section names; where"),
        (("offer", "offer"), ", and give each segment its own offer; where"),
    ],
)
def test_only_segments_with_an_offer_are_to_be_given_one(kinds: tuple[str, ...], said: str) -> None:
    known = [{"key": key, "sentences": [{"kind": kind}]} for key, kind in zip("AB", kinds, strict=False)]
    run: Any = SimpleNamespace(at="planning", is_response=False, segments={"kind": "known", "segments": known})
    assert said in _next(run, None)


def test_any_label_of_the_outcome_makes_a_sentence() -> None:
    run: Any = SimpleNamespace(summary={"rows": 2_997, "base_rate": 701 / 2_997}, is_response=True, columns=None,
                               outcome_label="abschluss festgeld")  # fmt: skip
    said = _who(run).replace("\u00a0", " ")
    assert said == "Of 2,997 customers 701 said yes (abschluss festgeld), a response rate of 23.4 %."


def test_too_few_who_said_yes_are_named_beside_the_figures(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response")
    path = folder / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    assert "said yes: with fewer" not in _answer(folder, "told")
    path.write_text(json.dumps(summary | {"rows": 6_000, "base_rate": 30 / 6_000}), "utf-8")
    assert "Only 30 said yes: with fewer than about 50 the intervals" in _answer(folder, "told")
    assert "Only 30 said yes: with fewer than about 50 the intervals" in _answer(folder, "nothing")


def _answer(folder: Path, verdict: str) -> str:
    path = folder / "comparison.json"
    comparison = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(comparison | {"verdict": verdict}), "utf-8")
    return json.dumps(page(RunView(folder)), ensure_ascii=False).replace("\u00a0", " ")


def test_a_table_that_tells_nothing_is_not_called_from_the_top(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response")
    told = _answer(folder, "told")
    assert "Calling the best 20 %" in told
    assert "call from the top of the list" in told
    assert "The best 20 % hold" in told
    nothing = _answer(folder, "nothing")
    verdict = nothing.index("No model does better than calling everyone: the table does not say who will answer.")
    assert verdict < nothing.index("said yes")
    assert "Call a random part of the customers" in nothing
    for belied in ("best 20 %", "from the top", "on a par", "best 10 %", "Yes is most frequent"):
        assert belied not in nothing


def test_segments_that_the_table_does_not_tell_get_no_offers(make_run: Callable[..., Path]) -> None:
    nothing = _answer(make_run(kind="assignment"), "nothing")
    assert "the table does not say who is who" in nothing
    assert "Do not rely on the segments" in nothing
    for belied in ("its own offer", "names the right segment", "They differ most"):
        assert belied not in nothing


def test_the_answer_names_the_segment_to_call_first(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response")
    assert "Which segment first" not in _answer(folder, "told")
    segments = [
        {"key": "1", "name": "Married customers", "customers": 900, "share": 0.6, "response": {}},
        {"key": "2", "name": "Students", "customers": 600, "share": 0.4, "response": {}},
    ]
    parts = [
        {"key": "1", "each": -2.0, "low": -3.0, "high": -1.0, "part": 0.0},
        {"key": "2", "each": 5.0, "low": 4.0, "high": 6.0, "part": 1.0},
    ]
    found = {"segments": segments, "brought": {"in_money": True, "base": 0.8, "segments": parts}, "proof": None}
    (folder / "segments.json").write_text(json.dumps(found), "utf-8")
    said = "Call segment 2 first (Students): 40 % of the customers, 100 % of the profit of all segments that show one; segment 1 loses"
    assert said in _answer(folder, "told")


def test_the_answer_names_the_known_segment_whose_customers_bring_most(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="assignment")
    assert "bring most" not in _answer(folder, "told")
    segments = [
        {"key": key, "name": key, "customers": 300, "share": 0.5,
         "worth": [{"label": "profit", "role": "value", "mean": mean, "low": mean - 9, "high": mean + 9}]}
        for key, mean in (("A", 100.0), ("C", 300.0))
    ]  # fmt: skip
    (folder / "segments.json").write_text(json.dumps({"segments": segments, "brought": None}), "utf-8")
    for verdict in ("told", "nothing"):
        assert "Customers of segment C bring most: profit 300.00 (291.00 to 309.00) each" in _answer(folder, verdict)


@pytest.mark.parametrize("auc", [0.60, 0.69])
def test_a_network_that_is_surely_behind_its_teacher_is_warned_of_first(
    make_run: Callable[..., Path], auc: float
) -> None:
    folder = make_run(kind="response")
    teacher, student = {"auc": 0.70, "auc_error": 0.01}, {"auc": auc, "auc_error": 0.02}
    (folder / "lesson.json").write_text(
        json.dumps({"recipe": "fast", "taught": teacher, "student": student, "missed": []}), "utf-8"
    )
    assert ("has not caught up with its teacher" in _answer(folder, "told")) == (auc == 0.60)
