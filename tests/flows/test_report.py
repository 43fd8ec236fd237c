"""The page of a run, drawn again from what the run left in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segmint.errors import RunError
from segmint.flows.report import write_report_again
from segmint.store.run import Run


def finished(runs: Path, kept: dict[str, Any]) -> Run:
    run = Run.create(runs, "run", "seed = 7\n", 7, {"t.csv": "sha256:00"})
    for name, content in kept.items():
        run.keep(name, content)
    run.done()
    return run


def test_a_page_that_cannot_be_drawn_of_altered_files_says_so_and_a_fault_of_ours_is_seen(tmp_path: Path) -> None:
    wrong: dict[str, Any] = {"read": 1, "blanks": {"a": 1}}
    altered = finished(tmp_path, {"ledger.json": {}})
    (altered.folder / "ledger.json").write_text(json.dumps(wrong))
    with pytest.raises(RunError, match=r"is not as it was left: changed: ledger\.json") as told:
        write_report_again(altered.folder)
    assert "segmint verify" in told.value.fix
    assert told.value.__cause__ is not None
    with pytest.raises((TypeError, AttributeError, ValueError)):
        write_report_again(finished(tmp_path, {"ledger.json": wrong}).folder)
