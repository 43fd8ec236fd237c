"""Call lists made by child processes, as at the command line: apart from those who answer, ended when nobody waits."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

from starlette.types import Receive

from segmint import errors
from segmint.errors import SegmintError
from segmint.service.limits import Workers
from segmint.service.problems import Problem, stopping, without_folders
from segmint.store.asked_by import said_to_be
from segmint.store.run import Run
from segmint.wording import Said, Term

T = TypeVar("T")
SEGMINT = (sys.executable, "-P", "-m", "segmint")  # -P: no Python file of the working folder is taken for a library
CHILD_SECONDS = 300
_LOOK_EVERY = 0.25  # seconds
_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s'\"/]+/)+")


class Children:
    """The programs at work for callers: ended with the service, which would wait for them otherwise."""

    def __init__(self) -> None:
        self._at_work: set[subprocess.Popen[str]] = set()
        self._lock, self._closed = Lock(), False

    def run(
        self, command: list[str], seconds: float, given_up: Event | None = None, by: str = ""
    ) -> tuple[int, str, str]:
        """Run a program, for whom `by` says, and return its code and what it said.

        Raises
        ------
        Problem
            504 after `seconds` or as soon as whoever waits has `given_up`, 503 if the service stops meanwhile.
        """
        given_up = given_up or Event()
        with self._lock:
            if self._closed:
                raise stopping()
            if given_up.is_set():
                raise _late(seconds)
            child = subprocess.Popen(  # noqa: S603 - our own program, arguments as a list
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=said_to_be(by),
            )
            self._at_work.add(child)
        try:
            out, err = _said(child, seconds, given_up)
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()
            with self._lock:
                self._at_work.discard(child)
        if self._closed:
            raise stopping()
        return child.returncode, out, err

    def close(self) -> None:
        """End them all and start no more."""
        with self._lock:
            self._closed = True
            for child in self._at_work:
                child.kill()


def _said(child: subprocess.Popen[str], seconds: float, given_up: Event) -> tuple[str, str]:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not given_up.is_set():
        with suppress(subprocess.TimeoutExpired):
            return child.communicate(timeout=min(_LOOK_EVERY, seconds))
    raise _late(seconds)


def _late(seconds: float) -> Problem:
    return Problem(504, "deadline", f"No list within {seconds:g} seconds.")


@dataclass(frozen=True)
class Errand:
    """A list to be made: of which table, under which policy, with which bundle (where it lies and its digest).

    `policy` is a file for the child alone. The list becomes a run in `runs`, which keeps who asked
    for it.
    """

    table: Path
    policy: Path
    origin: Path | str
    digest: str
    runs: Path
    by: str = ""


def make_list(children: Children, errand: Errand, given_up: Event) -> dict[str, Any]:
    """Let a child make a call list; return what it said of it: run, counts, expected_profit, sentences.

    Raises
    ------
    SegmintError
        As the child said it, files without their folders.
    Problem
        500 if it ended otherwise, 503 if the bundle changed meanwhile; or as `Children.run`.
    """
    command = [*SEGMINT, "target", str(errand.table.absolute()), "--bundle", str(errand.origin)]
    command += ["--policy", str(errand.policy), "--runs", str(errand.runs.absolute()), "--json", "--quiet"]
    code, out, _ = children.run(command, CHILD_SECONDS, given_up, errand.by)
    if code:
        raise _error_of(out) or Problem(500, "failed", "The list could not be made.")
    told: dict[str, Any] = json.loads(out)
    if Run.open(Path(told["run"])).record["inputs"].get("bundle") != f"sha256:{errand.digest}":
        raise Problem(503, "swapped", "The bundle changed meanwhile.", headers={"retry-after": "1"})
    return told


def list_workers() -> Workers:
    """Make those who wait for children: one list at a time, two more in the queue."""
    return Workers(threads=1, queue=2, seconds=CHILD_SECONDS + 10)


async def in_turn(workers: Workers, work: Callable[[Event], T], receive: Receive) -> T:
    """Let workers do what takes long; it is told when nobody waits for it any more.

    Parameters
    ----------
    workers : Workers
    work : callable
        Called with the event that is set as soon as whoever asked has gone, or was told something else.
    receive : callable
        Of the request, whose body was read: what comes next is that the caller has gone.
    """
    given_up = Event()
    doing, leaving = asyncio.ensure_future(workers.do(partial(work, given_up))), asyncio.ensure_future(_left(receive))
    doing.add_done_callback(_take_error)
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Problem(400, "gone", "Whoever asked has gone.")
        return doing.result()
    finally:
        given_up.set()
        doing.cancel()
        leaving.cancel()


def _take_error(done: asyncio.Future[Any]) -> None:
    """Take the error of work that failed just when its caller left: nobody else does, and asyncio would log it with its words."""
    if not done.cancelled():
        done.exception()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _error_of(out: str) -> SegmintError | None:
    """The error that a child ended with; None if it said none."""
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(out)["error"]
        kind = getattr(errors, str(told["kind"]), SegmintError)
        came, expected, fix = (_sentence(told, which) for which in ("came", "expected", "fix"))
        if issubclass(kind, SegmintError):
            return kind(came, expected=expected, fix=fix)
    return None


def _sentence(told: dict[str, Any], which: str) -> Said:
    """A sentence of `told_of`, files without their folders."""
    parts = told.get("parts", {}).get(which, [told[which]])
    return Said(
        *(
            Term(part["term"]) if isinstance(part, dict) else _FOLDERS.sub("", without_folders(str(part)))
            for part in parts
        )
    )
