"""The command as typed, which a run keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.cli import main
from segmint.store.command_line import as_typed, command_line
from segmint.store.run import Run


def test_a_run_keeps_the_command_that_makes_it_and_no_customer(tmp_path: Path) -> None:
    with command_line(["explain", "a.csv", "--customer", "17", "--customer=18"]):
        made = Run.create(tmp_path, "explain", "", None)
    assert made.record["argv"] == ["explain", "a.csv", "--customer", "…", "--customer=…"]
    assert Run.create(tmp_path, "explain", "", None).record["argv"] == []


def test_the_command_line_says_what_was_typed_while_a_command_runs_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = list[list[str]]()
    monkeypatch.setattr("segmint.cli.app.app", lambda **_: seen.append(as_typed()))
    main(["check", "bank.csv"])
    monkeypatch.setattr("sys.argv", ["segmint", "runs"])
    main()
    assert (seen, as_typed()) == ([["check", "bank.csv"], ["runs"]], [])
