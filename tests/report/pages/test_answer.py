"""The first page of a run: what was found, and what to do next."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from segmint.report.pages.answer import _next


def test_a_response_without_a_comparison_is_not_advised_as_if_it_were_segments() -> None:
    run: Any = SimpleNamespace(at="planning", is_response=True, positive="yes")
    said = _next(run, None)
    assert "compare.enabled" in said
    assert "segment" not in said
    assert "give each segment its own offer" in _next(SimpleNamespace(at="planning", is_response=False), None)  # type: ignore[arg-type]
