"""Ctrl-C at any moment ends with one sentence and exit code 130; a request to end, and a terminal that closes, do too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import segmint.config
from segmint.cli import main
from segmint.cli.screen import Screen
from segmint.cli.stopped import INTERRUPTED, STOPPED, STOPPED_WITHOUT_RUN
from segmint.flows.demo import sample_path

ARGV = ["segment", "customers.csv", "--contract", "bank-marketing"]

WHILE_IMPORTING = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            if sys.argv[2:]:
                raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from segmint.cli import command
command()
"""

WHILE_AT_WORK = """
import os, signal, time
from segmint.cli import command
import segmint.flows.steps.read
from segmint.store.run import Run

interrupted = Run.interrupted

def asked_to_end(*_, **__):
    os.kill(os.getpid(), signal.Signals[os.environ["ASKED"]])
    time.sleep(60)

def asked_again(run):
    os.kill(os.getpid(), signal.SIGTERM)
    interrupted(run)

segmint.flows.steps.read.validate, Run.interrupted = asked_to_end, asked_again
command()
"""


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_before_the_work_begins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(segmint.config, "load_config", interrupted)
    assert main(ARGV) == INTERRUPTED
    assert capsys.readouterr().err == f"{STOPPED}\n"


@pytest.mark.parametrize(
    "argv", [["check", "customers.csv", "--contract", "bank-marketing"], ["contract", "infer", "customers.csv"]]
)
def test_a_command_that_makes_no_run_names_none(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(segmint.config, "load_config", interrupted)
    assert main(argv) == INTERRUPTED
    assert capsys.readouterr().err == f"{STOPPED_WITHOUT_RUN}\n"


def test_while_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Screen, "__enter__", interrupted)
    assert main([*ARGV, "--runs", str(tmp_path)]) == INTERRUPTED
    assert capsys.readouterr().err == f"{STOPPED}\n"


@pytest.mark.parametrize(
    "when", [["typing"], ["signal"], ["segmint.cli.customers"], ["segmint.cli.customers", "wrapped"]]
)
def test_while_the_command_line_is_imported(when: list[str]) -> None:
    ended = subprocess.run([sys.executable, "-c", WHILE_IMPORTING, *when], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (INTERRUPTED, f"{STOPPED}\n")


def at_work(runs: Path, asked: str, said: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Start a run that a signal asks to end while its table is read, and again while that is noted."""
    argv = ["run", str(sample_path()), "--contract", "bank-marketing", "--runs", str(runs)]
    command = [sys.executable, "-c", WHILE_AT_WORK, *argv]
    return subprocess.run(command, stderr=said, text=True, env=os.environ | {"ASKED": asked}, check=False)


@pytest.mark.parametrize("asked", ["SIGTERM", "SIGHUP"])
def test_a_run_that_is_asked_to_end_says_how_it_goes_on(tmp_path: Path, asked: str) -> None:
    ended = at_work(tmp_path, asked)
    assert ended.returncode == 128 + signal.Signals[asked]
    (run,) = tmp_path.glob("2*")
    assert ended.stderr.endswith(f"Continue with: segmint resume {run}\n")
    assert "Traceback" not in ended.stderr
    assert json.loads((run / "run.json").read_text("utf-8"))["status"] == "interrupted"
    assert [path.name for path in tmp_path.iterdir()] == [run.name]


def test_a_run_whose_terminal_is_gone_is_put_away_too(tmp_path: Path) -> None:
    terminal, ours = os.openpty()
    os.close(terminal)
    ended = at_work(tmp_path, "SIGHUP", ours)
    os.close(ours)
    assert ended.returncode == 128 + signal.SIGHUP
    (run,) = tmp_path.glob("2*")
    assert json.loads((run / "run.json").read_text("utf-8"))["status"] == "interrupted"


def test_a_hang_up_that_is_to_be_ignored_is() -> None:
    code = "import os, signal; from segmint.cli.stopped import heed_signals; heed_signals(); os.kill(os.getpid(), signal.SIGHUP)"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = subprocess.run([sys.executable, "-c", code], check=False)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert done.returncode == 0
