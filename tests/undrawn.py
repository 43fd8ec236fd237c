"""Call lists of child processes without the pages that are mostly pictures: drawing takes half of a small list's time."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from segmint.service.children import Children

DRAWN = tuple(
    f"segmint.report.pages.{name}"
    for name in ("call_list", "list_what_if", "list_curves", "list_holdout", "list_fairness")
)
PROGRAM = f"""
import sys
from segmint.cli import main
from segmint.report import summary
summary.PAGES = tuple(page for page in summary.PAGES if page.__name__ not in {DRAWN})
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def undrawn_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a child that makes a list leave these pages out; for tests that look at something else."""
    run, ours = Children.run, [sys.executable, "-m", "segmint"]

    def quicker(self: Children, command: list[str], *rest: Any) -> tuple[int, str, str]:
        return run(self, [sys.executable, "-c", PROGRAM, *command[3:]] if command[:3] == ours else command, *rest)

    monkeypatch.setattr(Children, "run", quicker)
