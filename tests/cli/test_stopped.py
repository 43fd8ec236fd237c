"""Ctrl-C at any moment ends with one sentence and exit code 130."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import segmint.config
from segmint.cli import main
from segmint.cli.screen import Screen
from segmint.cli.stopped import INTERRUPTED, STOPPED

ARGV = ["segment", "customers.csv", "--contract", "bank-marketing"]

WHILE_IMPORTING = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "segmint.cli.customers":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from segmint.cli import command
command()
"""


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_before_the_work_begins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(segmint.config, "load_config", interrupted)
    assert main(ARGV) == INTERRUPTED
    assert capsys.readouterr().err == f"{STOPPED}\n"


def test_while_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Screen, "__enter__", interrupted)
    assert main([*ARGV, "--runs", str(tmp_path)]) == INTERRUPTED
    assert capsys.readouterr().err == f"{STOPPED}\n"


def test_while_the_command_line_is_imported() -> None:
    ended = subprocess.run([sys.executable, "-c", WHILE_IMPORTING], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (INTERRUPTED, f"{STOPPED}\n")
