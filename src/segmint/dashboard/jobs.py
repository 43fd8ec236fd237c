"""Runs started from a page: each a child process `segmint run`, watched through its run.json."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmint.errors import RunError
from segmint.store.run import Run, list_runs

AT_ONCE = 1
_PATIENCE = 10.0  # seconds a child may take to stop
QUICK = (
    "--folds", "2", "--recipe", "plain", "--set", "segments.enabled=false", "--set", "compare.repeats=200",
    "--set", 'compare.models=["dense_network", "gradient_boosting", "logistic", "base_rate"]',
)  # fmt: skip


@dataclass
class Job:
    """A child at work on a table."""

    id: str
    table: str
    runs: Path
    process: subprocess.Popen[bytes]
    errors: Path
    run: str | None = None

    def find_run(self) -> Run | None:
        """Find the run that the child made, as soon as there is one."""
        if self.run is not None:
            return Run.open(self.runs / self.run)
        for run in list_runs(self.runs)[:20]:
            if (run.record.get("process") or {}).get("pid") == self.process.pid:
                self.run = run.id
                return run
        return None

    def state(self) -> dict[str, Any]:
        """Say how far the child is, as plain JSON."""
        ended, run = self.process.poll(), self.find_run()
        progress = (run.record.get("progress") if run is not None else None) or {}
        told = {
            "task": str(progress.get("task", "starting")),
            "done": int(progress.get("done", 0)),
            "total": int(progress.get("total", 0)),
            "status": "running",
            "run": run.id if run is not None else None,
            "error": "",
        }
        if ended is None:
            return told
        if ended == 0 and run is not None:
            return told | {"status": "done"}
        return told | {"status": "failed", "error": self._words()}

    def _words(self) -> str:
        """What the child said last: our own errors, which never hold a customer's value."""
        text = self.errors.read_text("utf-8", "replace") if self.errors.is_file() else ""
        start = text.rfind("error: ")
        return text[start:].strip()[:2000] if start >= 0 else "The run stopped unexpectedly."


class Jobs:
    """The children of this process, few at a time."""

    def __init__(self, runs: Path, *, at_once: int = AT_ONCE) -> None:
        self.runs, self.at_once, self.quick = runs, at_once, tuple(QUICK)
        self._jobs: dict[str, Job] = {}

    def start(self, table: str, path: Path, contract: str, options: Sequence[str] = ()) -> Job:
        """Start `segmint run` on a table.

        Raises
        ------
        RunError
            If as many are at work as may be.
        """
        if sum(job.process.poll() is None for job in self._jobs.values()) >= self.at_once:
            raise RunError(
                "Another table is being worked on.", expected="one at a time", fix="wait until it is finished"
            )
        errors = path.parent / "said.txt"
        command = [sys.executable, "-m", "segmint", "run", str(path), "--contract", contract]
        with errors.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - our own command; path and contract are names of our making
                [*command, "--runs", str(self.runs), *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        job = Job(secrets.token_hex(8), table, self.runs, process, errors)
        self._jobs[job.id] = job
        return job

    def find(self, job: str) -> Job:
        """Return a job by id.

        Raises
        ------
        RunError
            If this process started none of that id.
        """
        if job not in self._jobs:
            raise RunError(
                "There is no such work here.", expected="work started since the last restart", fix="see runs"
            )
        return self._jobs[job]

    def stop(self) -> None:
        """Stop every child, as Ctrl-C would."""
        for job in self._jobs.values():
            if job.process.poll() is None:
                job.process.terminate()
            try:
                job.process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                job.process.kill()
                job.process.wait()
