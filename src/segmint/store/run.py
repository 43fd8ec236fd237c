"""A run: the folder that remembers one command from its first second, whatever becomes of it."""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shlex
import shutil
import signal
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import polars as pl

from segmint.errors import RunError, SegmintError, out_of_memory, told_of, why
from segmint.store import as_made, strict_json
from segmint.store.asked_by import asked_by
from segmint.store.command_line import as_typed
from segmint.store.locks import open_folder, take_lock
from segmint.store.process import is_alive, is_here, this_process
from segmint.store.promoted import RUN_ID
from segmint.store.remember import Result, remember
from segmint.store.run_record import FORMAT, read_record
from segmint.store.staging import (
    publish_bytes,
    publish_file,
    require_writable,
    staging,
    sweep_below,
    sweep_dead,
    write_file,
)

JSON = dict[str, Any]
Kept = TypeVar("Kept")
Status = Literal["running", "done", "failed", "interrupted"]

RECORD = "run.json"
CONFIG, CONTRACT = "config.toml", "contract.toml"
WORK = "work"

# an id and PROMOTED are looked up in the same folder of runs, so that the bundle would be gone with it
_OTHER_RUNS_OF_A_BUNDLE = "--runs; and name the bundle by the folder of its run"
_ANYTHING = re.compile(r".*", re.DOTALL)
_BEAT = 2.0  # seconds between two writes of the record while work goes on
_SILENCE = timedelta(minutes=15)  # a run on another machine that says nothing for so long counts as gone
_LIBRARIES = (
    "segmint",
    "numpy",
    "polars",
    "pydantic",
    "safetensors",
    "scipy",
    "scikit-learn",
    "lightgbm",
    # what a library is called depends on the machine that it was built for
    "xgboost",
    "xgboost-cpu",
    "catboost",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "optuna",
)


class Run:
    """One command's folder: what was asked, how far it is, what came of it.

    As a context manager it keeps account of how the work ends: done, failed or interrupted.

    Attributes
    ----------
    folder : Path
    record : dict
        The content of ``run.json``: id, command, argv, by, status, process, made, heartbeat, ended, progress,
        versions, seed, inputs (name to fingerprint), test (the same of a table that only judged; null without one), source (path of the table, where the run can be continued),
        sealed (SHA-256 of the settings and the contract it began with), summary, error; of a finished run also files
        and pages (name to SHA-256) and seal (SHA-256 of everything else here but pages).
    """

    def __init__(self, folder: Path, record: JSON, lock: int | None = None) -> None:
        self.folder, self.record = folder, record
        self._lock, self._beat = lock, 0.0

    @classmethod
    def create(
        cls,
        runs: Path,
        command: str,
        config_toml: str,
        seed: int | None,
        inputs: Mapping[str, str] | None = None,
        *,
        test: Mapping[str, str] | None = None,
        source: Path | None = None,
        contract_toml: str | None = None,
    ) -> Run:
        """Start a run: its folder appears in `runs` whole, with ``run.json`` and ``config.toml`` in it.

        The record keeps the command that stands in `command_line`.

        What earlier commands left by halves that were killed is removed first.
        A command that can be continued also says where its table lies and what contract it has.

        Raises
        ------
        RunError
            If nothing can be written into `runs`.
        """
        runs = runs.absolute()  # results are read again after the process has gone to another folder
        now = datetime.now(UTC)
        files = {CONFIG: config_toml.encode("utf-8")}
        if contract_toml is not None:
            files[CONTRACT] = contract_toml.encode("utf-8")
        require_writable(runs / RECORD, _OTHER_RUNS_OF_A_BUNDLE if "bundle" in (inputs or {}) else "--runs")
        sweep_runs(runs)
        name = _free_name(runs, now)
        record: JSON = {
            "format": FORMAT,
            "id": name,
            "command": command,
            "argv": as_typed(),
            "by": asked_by(),
            "status": "running",
            "process": this_process(),
            "made": _stamp(now),
            "heartbeat": _stamp(now),
            "ended": None,
            "progress": None,
            "versions": installed_versions(),
            "seed": seed,
            "inputs": dict(inputs or {}),
            "test": None if test is None else dict(test),
            "source": None if source is None else str(source.absolute()),
            "sealed": {name: strict_json.sha256(content) for name, content in files.items()},
            "summary": None,
            "error": None,
        }
        with staging(runs / name) as folder:
            write_file(folder / RECORD, strict_json.to_bytes(record))
            for file, content in files.items():
                write_file(folder / file, content)
        return cls(runs / name, record, lock_folder(runs / name))

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Look at a run, of this process or another, without taking part in it.

        Raises
        ------
        RunError
            If there is no run in `folder`, or its record cannot be read.
        """
        try:
            record = read_record((folder / RECORD).read_bytes())
        except (OSError, ValueError) as error:
            raise RunError(
                f"'{folder.name}' is no run, or its {RECORD} cannot be read: {why_unread(error)}.",
                expected=f"a folder with a {RECORD}",
                fix="list the runs: `segmint runs`",
            ) from error
        return cls(folder, record)

    def take_over(self) -> Run:
        """Continue an interrupted or failed run in this process.

        Raises
        ------
        RunError
            If it is still running, or another process has just taken it over.
        """
        if self.status == "running":
            raise _busy(self.id)
        lock = lock_folder(self.folder)
        run = Run(self.folder, Run.open(self.folder).record, lock)
        run._update(status="running", process=this_process(), ended=None, error=None)
        return run

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def made_as(self) -> str:
        """The id that it was made under, as its record says; "" where it says none."""
        told = self.record.get("id")
        return told if isinstance(told, str) and RUN_ID.fullmatch(told) else ""

    @property
    def is_renamed(self) -> bool:
        """Whether somebody gave its folder another name."""
        return self.id != self.made_as

    @property
    def is_copy(self) -> bool:
        """Whether it lies under another name beside a folder of its own name."""
        return self.is_renamed and bool(self.made_as) and os.path.lexists(self.folder.parent / self.made_as)

    @property
    def status(self) -> Status:
        """How it stands; a run that says "running" and whose process is gone is interrupted."""
        told: Status = self.record["status"]
        if told != "running":
            return told
        process = self.record.get("process") or {}
        lives = is_alive(process) if is_here(process) else not self._silent()
        return "running" if lives else "interrupted"

    @property
    def goes_on(self) -> str:
        """What to do about it now, as half a sentence: by how it stands, and whether its command can be continued."""
        if self.status == "done":
            return "it is finished"
        if self.status == "running":
            return "it is still at work"
        if not self.record.get("source"):
            return "begin it again"
        return f"{typed(f'segmint resume {self.id}', self.folder.parent)} continues it"

    @property
    def settings(self) -> JSON:
        """Every setting that it began with, as its ``config.toml`` says.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read or is no TOML.
        """
        return tomllib.loads((self.folder / CONFIG).read_text("utf-8"))

    def progress(self, task: str, done: int, total: int) -> None:
        """Note how far the work is; written down every other second at most."""
        self.record["progress"] = {"task": task, "done": done, "total": total}
        if time.monotonic() - self._beat >= _BEAT:
            self._update()

    def done(self, summary: Mapping[str, Any] | None = None) -> None:
        """Note that the work is finished, with its headline figures; what was kept for continuing it goes."""
        self._end("done", summary=dict(summary or {}))
        shutil.rmtree(self.folder / WORK, ignore_errors=True)

    def failed(self, error: BaseException) -> None:
        """Note what went wrong. Only our own errors are quoted: they never hold a customer's value."""
        self._end("failed", error=_told(error))

    def page_written_again(self) -> None:
        """Vouch for the page of a finished run as it is now."""
        if self.record["status"] == "done":
            self.record = as_made.with_pages(self.record, self.folder)
            publish_bytes(self.folder / RECORD, strict_json.to_bytes(self.record))

    def interrupted(self) -> None:
        """Note that somebody stopped the work."""
        self._end("interrupted")

    def keep(self, name: str, content: bytes | pl.DataFrame | Mapping[str, Any]) -> None:
        """Publish a file of the run, whole: bytes as they are, a table as Parquet, anything else as JSON."""
        if isinstance(content, pl.DataFrame):
            publish_file(self.folder / name, content.write_parquet)
        else:
            written = content if isinstance(content, bytes) else strict_json.to_bytes(dict(content))
            publish_bytes(self.folder / name, written)

    def kept(self, name: str) -> JSON | None:
        """Read again what `keep` published as JSON; as `read_kept`."""
        return read_kept(self.folder, name)

    def remember(self, key: Mapping[str, Any], compute: Callable[[], Result]) -> Result:
        """Return what `compute` gave for this `key` before, by the same versions, or compute it now and keep it in ``work/``."""
        return remember(self.folder / WORK)({**key, "versions": self._versions}, compute)

    @cached_property
    def _versions(self) -> dict[str, str]:
        """What computes now: no key names what the code itself decides, and another version may answer otherwise."""
        return installed_versions()

    @property
    def remembered(self) -> int:
        """How many results are kept for when the run is continued."""
        return sum(1 for _ in (self.folder / WORK).glob("*/seal.json"))

    def _end(self, status: Status, **changes: Any) -> None:
        self._update(status=status, ended=_stamp(datetime.now(UTC)), **changes)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _update(self, **changes: Any) -> None:
        self.record = {**self.record, **changes, "heartbeat": _stamp(datetime.now(UTC))}
        if self.record["status"] == "done":
            self.record = as_made.sealed(self.record, self.folder)
        publish_bytes(self.folder / RECORD, strict_json.to_bytes(self.record))
        self._beat = time.monotonic()

    def _silent(self) -> bool:
        try:
            # a beat far ahead is no sign of life either: that machine's clock, or the record, is wrong
            return abs(datetime.now(UTC) - datetime.fromisoformat(str(self.record["heartbeat"]))) > _SILENCE
        except (KeyError, ValueError, TypeError):
            return True

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.record["status"] != "running":
            return
        if error is None:
            self.done()
            return
        end = self.interrupted if isinstance(error, KeyboardInterrupt) else lambda: self.failed(error)
        # what went wrong matters more than a record that cannot be written any more
        with suppress(RunError), _impatience_waits():
            end()
        if self.record.get("source") and isinstance(error, KeyboardInterrupt | RunError):
            error.add_note(self._what_is_kept())
        elif isinstance(error, KeyboardInterrupt):
            error.add_note(
                f"stopped; nothing was published by halves. What was done cannot be continued: {self.goes_on}"
            )

    def _what_is_kept(self) -> str:
        doing = self.record.get("progress") or {}
        far = f" while {doing['task']} ({100 * doing['done'] // doing['total']} %)" if doing.get("total", 0) > 1 else ""
        kept = self.remembered
        said = f"{kept} result{'s' if kept != 1 else ''} kept" if kept else "nothing finished yet"
        return f"stopped{far}; {said} in {self.folder}. Continue with: segmint resume {self.folder}"


@contextmanager
def _impatience_waits() -> Iterator[None]:
    """Let a second Ctrl-C wait until the record is written; it has been heard already."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)


def read_kept(folder: Path, name: str) -> JSON | None:
    """Read a JSON file that the run of a folder kept; as `read_with`."""
    found = read_with(lambda path: json.loads(path.read_text("utf-8")), folder, name)
    return found if isinstance(found, dict) else None


def read_with(read: Callable[[Path], Kept], folder: Path, name: str) -> Kept | None:
    """Read a file that the run of a folder kept; None if it kept none of that name.

    Raises
    ------
    RunError
        If the file is damaged.
    """
    path = folder / name
    if not path.is_file():
        return None
    try:
        return read(path)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise RunError(
            f"'{name}' of the run cannot be read ({type(error).__name__}).",
            expected="the file as the run wrote it",
            fix="run `segmint verify` on the run folder, or run the command again",
        ) from error


def typed(command: str, runs: Path) -> str:
    """Write a command as somebody types it: the folder of runs is named where it is not the usual one."""
    return command if runs.absolute() == Path("runs").absolute() else f"{command} --runs {shlex.quote(str(runs))}"


def sweep_runs(runs: Path) -> None:
    """Remove what commands left by halves that were killed, beside the runs and in them: it may hold customers.

    What a living process works on is locked, and stays.
    """
    sweep_dead(runs, _ANYTHING)
    with suppress(RunError):  # a folder that may be written into and not be listed
        for folder in entries(runs):
            if RUN_ID.fullmatch(folder.name) and not folder.is_symlink():
                sweep_below(folder)


def why_unread(error: OSError | ValueError) -> str:
    """Say why a record cannot be read."""
    return why(error) if isinstance(error, OSError) else str(error)


def entries(runs: Path) -> list[Path]:
    """Return what lies in the folder of runs, the newest run first."""
    try:
        return sorted(runs.iterdir(), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError(
            f"The folder of runs '{runs}' cannot be opened: {why(error)}.",
            expected="a folder that may be read",
            fix="choose another folder (--runs), or ask for access",
        ) from error


def installed_versions() -> dict[str, str]:
    """Return the versions of segmint and of what it stands on: Python, the kind of machine, the libraries installed."""
    # not the kernel: it changes with every update of the machine, and reckons nothing
    versions = {"python": platform.python_version(), "platform": f"{sys.platform}-{platform.machine()}"}
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _free_name(runs: Path, now: datetime) -> str:
    while True:
        name = f"{moment_of_id(now)}-{secrets.token_hex(2)}"
        if not os.path.lexists(runs / name):
            return name


def moment_of_id(moment: datetime) -> str:
    """Write how the id of a run begins that is begun at a moment, in UTC: ids stand in the order of time."""
    return f"{moment:%Y-%m-%dT%H-%M-%SZ}"


def lock_folder(folder: Path) -> int:
    """Lock a run against other processes; return what holds the lock."""
    descriptor = open_folder(folder)
    if take_lock(descriptor) == "another's":  # where there are no locks the process id in the record must do
        os.close(descriptor)
        raise _busy(folder.name)
    return descriptor


def _busy(name: str) -> RunError:
    return RunError(
        f"The run {name} is at work in another process.",
        expected="a run that has ended or was interrupted",
        fix="wait for it, or stop that process",
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _told(error: BaseException) -> JSON:
    if isinstance(error, MemoryError):
        error = out_of_memory(error)
    if isinstance(error, SegmintError):
        return told_of(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"kind": type(error).__name__, "came": "an unexpected error", "place": place}
