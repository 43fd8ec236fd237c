"""The first page of a run: what was found, and what to do next."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from segmint.report.pages.answer import _next, _who


def test_a_response_without_a_comparison_is_not_advised_as_if_it_were_segments() -> None:
    run: Any = SimpleNamespace(at="planning", is_response=True, positive="yes")
    said = _next(run, None)
    assert "compare.enabled" in said
    assert "segment" not in said
    assert "give each segment its own offer" in _next(SimpleNamespace(at="planning", is_response=False), None)  # type: ignore[arg-type]


def test_any_label_of_the_outcome_makes_a_sentence() -> None:
    run: Any = SimpleNamespace(summary={"rows": 2_997, "base_rate": 701 / 2_997}, is_response=True, columns=None,
                               outcome_label="abschluss festgeld")  # fmt: skip
    said = _who(run).replace("\u00a0", " ")
    assert said == "Of 2,997 customers 701 said yes (abschluss festgeld), a response rate of 23.4 %."
