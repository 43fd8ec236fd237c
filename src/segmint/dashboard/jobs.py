"""Runs started from a page: each a child process `segmint run`, watched through its run.json."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from segmint.dashboard.tables import SAID, TOLD, writing
from segmint.errors import RunError
from segmint.service.children import SEGMINT
from segmint.store.asked_by import said_to_be
from segmint.store.run import Run
from segmint.store.runs import runs_in

AT_ONCE = 1
PATIENCE = 2.0  # seconds; a child that is told to end and does not is stuck
QUICK: dict[str, dict[str, object]] = {
    "split": {"folds": 2},
    "model": {"recipe": "plain"},
    "segments": {"enabled": False},
    "compare": {"repeats": 200, "models": ["dense_network", "gradient_boosting", "logistic", "base_rate"]},
}

_GOES_ON = "start the same again while this service runs, and it goes on where it was; at the command line "


def is_quick_look(run: Run) -> bool:
    """Whether a training was made with the settings of a quick look, by which no list is made while there is another."""
    with suppress(OSError, ValueError):
        made = {name: section for name, section in run.settings.items() if isinstance(section, dict)}
        return all(made.get(name, {}) | section == made.get(name) for name, section in QUICK.items())
    return False


def _as_options(settings: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    pairs = [(f"{name}.{key}", value) for name, section in settings.items() for key, value in section.items()]
    return tuple(word for name, value in pairs for word in ("--set", f"{name}={json.dumps(value)}"))


@dataclass
class Job:
    """A child at work on a table; `asked` is of what and how, `before` are the runs that were there when it started."""

    id: str
    table: str
    runs: Path
    process: subprocess.Popen[bytes]
    errors: Path
    told: Path
    before: frozenset[str]
    asked: tuple[str, ...]
    run: str | None = None
    was_stopped: bool = False

    def find_run(self) -> Run | None:
        """Find the run that the child made, as soon as there is one."""
        if self.run is not None:
            return Run.open(self.runs / self.run)
        for run in runs_in(self.runs)[:20]:
            # an older run may have had the same process id: in a container they begin anew with every start
            if run.id not in self.before and (run.record.get("process") or {}).get("pid") == self.process.pid:
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
            "error": None,
        }
        if ended is None:
            return told
        if ended == 0 and run is not None:
            return told | {"status": "done"}
        return told | {"status": "failed", "error": self._error()}

    def stop(self) -> None:
        """End the child if it has not ended; its run is interrupted and can be resumed."""
        if self.process.poll() is not None:
            return
        self.was_stopped = True
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _error(self) -> dict[str, str]:
        """What the child says is wrong: our own errors, which never hold a customer's value."""
        try:
            said = self._stopped("The run was stopped.", begun_again=_GOES_ON) if self.was_stopped else self._told()
        except (OSError, ValueError, KeyError, TypeError):
            said = self._stopped("The run stopped unexpectedly.")
        return {part: str(said.get(part, ""))[:2000] for part in ("came", "expected", "fix")}

    def _told(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.told.read_text("utf-8"))["error"]
        return said

    def _stopped(self, came: str, *, begun_again: str = "") -> dict[str, Any]:
        run = self.find_run()
        return {"came": came, "fix": "begin it again" if run is None else f"{begun_again}{run.goes_on}"}


class AtWorkError(RunError):
    """What is asked for has to wait for a run that is at work."""

    status = 409


class BusyError(AtWorkError):
    """As many runs are at work as may be; `job` is one of them, if there is any."""

    def __init__(self, job: Job | None) -> None:
        self.job = job
        super().__init__(
            "Another table is being worked on.",
            expected="one at a time",
            fix="wait until it is finished; “Upload and run” says how far it is",
        )


class Jobs:
    """The children of this process, few at a time."""

    def __init__(self, runs: Path) -> None:
        self.runs, self.quick = runs, _as_options(QUICK)
        self._jobs: dict[str, Job] = {}
        self._lock, self._stopped = Lock(), False

    def start(self, table: str, path: Path, contract: str, options: Sequence[str] = (), *, by: str = "") -> Job:
        """Start `segmint run` on a table for whom `by` says; the very run that was stopped here last goes on where it was.

        What is at work already is not started again: its job is returned.

        Raises
        ------
        BusyError
            If as many are at work as may be, or the dashboard stops.
        RunError
            If nothing may be written beside the table.
        """
        asked = ("run", str(path), "--contract", contract, *options)
        kept = Path(contract).read_text("utf-8") if Path(contract).is_file() else ""  # somebody may have changed it
        before = frozenset(run.id for run in runs_in(self.runs))
        with self._lock:
            at_work = self.at_work()
            if same := [job for job in at_work if job.asked == (*asked, kept)]:
                return same[0]  # whoever clicks twice means it once
            if self._stopped or len(at_work) >= AT_ONCE:
                raise BusyError(next(iter(at_work), None))
            errors, told = path.parent / SAID, path.parent / TOLD
            with ExitStack() as files:
                with writing():
                    said, telling = (files.enter_context(file.open("wb")) for file in (errors, told))
                stopped = self._stopped_last((*asked, kept))
                command = [
                    *SEGMINT,
                    *(asked if stopped is None else ("resume", stopped)),
                    "--runs",
                    str(self.runs),
                    "--json",
                ]
                process = subprocess.Popen(  # noqa: S603 - our own command; path and contract are names of our making
                    command, stdin=subprocess.DEVNULL, stdout=telling, stderr=said, env=said_to_be(by)
                )
            job = Job(secrets.token_hex(8), table, self.runs, process, errors, told, before, (*asked, kept), stopped)
            self._jobs[job.id] = job
        return job

    def _stopped_last(self, asked: tuple[str, ...]) -> str | None:
        """Name the run that can be continued, if the last time that the same was asked for it was stopped."""
        same = [job for job in self._jobs.values() if job.asked == asked]
        if not same or not same[-1].was_stopped:
            return None
        with suppress(RunError):  # somebody deleted it
            run = same[-1].find_run()
            if run is not None and run.status == "interrupted" and run.record.get("source"):
                return run.id
        return None

    def works_in(self, place: Path) -> bool:
        """Whether a child is at work on the table of this folder."""
        return any(job.errors.parent == place for job in self.at_work())

    def at_work(self) -> list[Job]:
        """The children that have not ended."""
        return [job for job in tuple(self._jobs.values()) if job.process.poll() is None]

    def find(self, job: str) -> Job:
        """Return a job by id.

        Raises
        ------
        RunError
            If this process started none of that id.
        """
        if job not in self._jobs:
            raise RunError(
                "There is no such work here.",
                expected="work started since the service was: a run ends with the service that started it",
                fix="find it under “Runs”, which says how it goes on",
            )
        return self._jobs[job]

    def stop(self) -> None:
        """End every child and start no more; their runs are interrupted and can be resumed."""
        with self._lock:
            self._stopped = True
            at_work = self.at_work()
        for job in at_work:
            job.stop()
