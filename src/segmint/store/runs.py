"""The folder of runs: which there are, which were renamed or cannot be read, and finding one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segmint.errors import RunError, why
from segmint.store.promoted import RUN_ID
from segmint.store.run import RECORD, Run, entries, lock_folder, moment_of_id, why_unread
from segmint.store.run_record import read_record
from segmint.store.sealed_folder import in_ascii
from segmint.store.staging import (
    remove_folder,
)

_DAY = len("2026-03-14")


def remove_run(folder: Path) -> None:
    """Remove a run and all that is in it.

    Raises
    ------
    RunError
        If it is at work, or cannot be removed.
    """
    try:
        lock = lock_folder(folder)
    except OSError as error:
        raise RunError(f"It could not be removed: {why(error)}.") from error
    try:
        remove_folder(folder)
    finally:
        os.close(lock)


@dataclass(frozen=True)
class Unreadable:
    """A folder with a run's name whose record cannot be read, and why."""

    id: str
    why: str


def runs_in(runs: Path, since: datetime | None = None) -> list[Run]:
    """Return all runs that can be read, newest first; as `read_runs`."""
    return read_runs(runs, since)[0]


def read_runs(runs: Path, since: datetime | None = None) -> tuple[list[Run], list[Unreadable]]:
    """Return all runs and those that cannot be read, newest first; of those begun `since` a moment (in UTC) only, if it is told."""
    first = "" if since is None else moment_of_id(since)
    found: list[Run] = []
    unreadable: list[Unreadable] = []
    for folder in entries(runs):
        if folder.name < first:
            break
        if not RUN_ID.fullmatch(folder.name) or folder.is_symlink():
            continue
        try:
            found.append(Run(folder, read_record((folder / RECORD).read_bytes())))
        except (OSError, ValueError) as error:
            if os.path.lexists(folder):  # it may have been removed a moment ago
                unreadable.append(Unreadable(folder.name, f"{RECORD}: {why_unread(error)}"))
    return found, unreadable


@dataclass(frozen=True)
class Renamed:
    """A run whose folder was given another name, and the name that it was made under; "another" where it says none.

    It is a copy where a folder of that name is there too.
    """

    id: str
    was: str
    copy: bool = False


def renamed_runs(runs: Path, read: Sequence[Run]) -> list[Renamed]:
    """Return the runs whose folder somebody renamed: they cannot be promoted, and some are found by their path only.

    Parameters
    ----------
    runs : Path
    read : sequence of Run
        Those that `read_runs` found there; only folders of other names are opened.
    """
    found = list(read)
    for folder in entries(runs):
        other = not RUN_ID.fullmatch(folder.name) and not folder.name.startswith(".")
        if other and not folder.is_symlink() and _is_there(folder / RECORD):
            with suppress(RunError):
                found.append(Run.open(folder))
    renamed = sorted((run for run in found if run.is_renamed), key=lambda run: run.folder, reverse=True)
    return [Renamed(run.id, run.made_as or "another", run.is_copy) for run in renamed]


def find_run(name: Path | str, runs: Path, *, paths: bool = True) -> Run:
    """Find a run by id, by the beginning of its id, or by the path of its folder.

    Parameters
    ----------
    name : Path or str
    runs : Path
        The folder of runs.
    paths : bool
        Whether `name` may be a path; False where strangers choose the name.

    Raises
    ------
    RunError
        If there is none, or more than one.
    """
    text = str(name)
    if RUN_ID.fullmatch(text) and _is_there(runs / text / RECORD) and not (runs / text).is_symlink():
        return Run.open(runs / text)
    if paths and _is_there(Path(name) / RECORD):
        return Run.open(Path(name).absolute())
    if run := run_beginning(text, runs):
        return run
    raise RunError(
        f"There is no run '{in_ascii(text)}' here.",
        expected="a run's id or folder, such as runs/2026-03-14T10-15-02Z-3f9c",
        fix="list the runs: `segmint runs`",
    )


def run_beginning(text: str, runs: Path) -> Run | None:
    """Find the run whose id begins so; the day at least must be told.

    Raises
    ------
    RunError
        If there is more than one.
    """
    known = [run for run in runs_in(runs) if run.id.startswith(text)] if len(text) >= _DAY else []
    if len(known) > 1:
        raise RunError(
            f"There are several runs '{in_ascii(text)}' here.",
            expected=f"one of them, such as {known[0].id}",
            fix="say more of the id; list the runs: `segmint runs`",
        )
    return known[0] if known else None


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # no file could have that name, or lies in a closed folder
        return False
