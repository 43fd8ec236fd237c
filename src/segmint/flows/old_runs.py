"""`segmint runs --older-than`: runs and tables brought to the dashboard that are kept longer than they should be, and their removal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from segmint.arguments import require_switches
from segmint.errors import ConfigError, RunError
from segmint.flows.runs import list_runs
from segmint.flows.steps.settings import RUNS, Place
from segmint.store.alone import alone
from segmint.store.brought_tables import BROUGHT, TABLE_ID, brought_tables, half_forgotten
from segmint.store.promoted import needed_runs
from segmint.store.run import Run, sweep_runs
from segmint.store.runs import read_runs, remove_run
from segmint.store.staging import sweep_dead
from segmint.wording import counted

TABLE, REST = "table", "what is left of a forgotten table"  # what stands for the command that made it
_DAYS = re.compile(r"\s*([0-9]{1,5})\s*d?\s*", re.ASCII)


@dataclass(frozen=True)
class OldRun:
    """A run that is older than asked, or a table that was brought to the dashboard so long ago.

    Attributes
    ----------
    run : Path
        The folder.
    command, made : str
        The command is "" where the record cannot be read; `made` is then what the name says. Of a table it is "table"; what is left of one
        that was forgotten by halves goes whatever its age.
    why : str
        Why it stays; "" where it goes.
    """

    run: Path
    command: str
    made: str
    why: str = ""


@dataclass(frozen=True, repr=False)
class OldRuns:
    """Which runs are older than asked, oldest last.

    Attributes
    ----------
    folder : Path
    days : int
    dry : bool
        Whether nothing was removed.
    gone : tuple of OldRun
        What was removed; of a dry run what would be.
    kept : tuple of OldRun
        What stays by rule: in use, needed by a rollback, or at work.
    failed : tuple of OldRun
        What could not be removed, or not all of it.
    """

    folder: Path
    days: int
    dry: bool
    gone: tuple[OldRun, ...]
    kept: tuple[OldRun, ...]
    failed: tuple[OldRun, ...]

    def __repr__(self) -> str:
        return f"<OldRuns in {self.folder}: {self._gone or '0 runs'} {self._does}>"

    @property
    def sentences(self) -> tuple[str, ...]:
        """A line for each run and table, then how many there were."""
        does = self._does
        lines = [f"{does}: {_named(one)}" for one in self.gone]
        lines += [f"stays: {_named(one)}: {one.why}" for one in self.kept]
        lines += [f"could not be removed: {_named(one)}: {one.why}" for one in self.failed]
        older = f"older than {counted(self.days, 'day')}"
        if not lines:
            return (f"no runs {older} in {self.folder}",)
        if not self._gone:
            return (*lines, f"no runs {older} {does} in {self.folder}")
        return (*lines, f"{self._gone} {older} {does}{'; remove: --remove' if self.dry else ''}")

    @property
    def _does(self) -> str:
        return "would be removed" if self.dry else "removed"

    @property
    def _gone(self) -> str:
        """How many runs and tables go: "2 runs and 1 table"; "" for none."""
        tables = sum(one.command == TABLE for one in self.gone)
        runs = sum(one.command not in (TABLE, REST) for one in self.gone)
        return " and ".join(counted(count, what) for count, what in ((runs, "run"), (tables, "table")) if count)


def remove_runs(older_than: int | str, runs: Place = RUNS, *, dry: bool = False) -> OldRuns:
    """Remove runs that were made longer ago than so many days, tables brought to the dashboard before, and all that is in them.

    What stays whatever its age: the run in use, those to which a rollback would return, and those at work; tables while any run is
    at work, which may read them. What killed commands left by
    halves goes too.

    Parameters
    ----------
    older_than : int or str
        Days: 180 or "180d".
    runs : path
        The folder that holds all runs.
    dry : bool
        Only say which.

    Returns
    -------
    OldRuns

    Raises
    ------
    ConfigError
        If `older_than` is no number of days.
    RunError
        If there is no such folder, or somebody promotes a run meanwhile.
    BundleError
        If nobody can tell which runs are in use.
    """
    require_switches(dry=dry)
    days = _days(older_than)
    folder = list_runs(runs).folder
    if not folder.is_dir():
        return OldRuns(folder, days, dry, (), (), ())
    with alone(folder, "promotion or removal"):
        if not dry:
            sweep_runs(folder)
            sweep_dead(folder / BROUGHT, TABLE_ID)
        return _remove(folder, days, _nothing if dry else remove_run, dry=dry)


def _remove(folder: Path, days: int, remove: Callable[[Path], None], *, dry: bool) -> OldRuns:
    end = datetime.now(UTC) - timedelta(days=days)
    gone, kept, failed = [], [], []
    for one in _older(folder, end):
        if one.why:
            kept.append(one)
            continue
        try:
            remove(one.run)
            gone.append(one)
        except RunError as error:
            failed.append(replace(one, why=error.came))
    return OldRuns(folder, days, dry, tuple(gone), tuple(kept), tuple(failed))


def _older(folder: Path, end: datetime) -> Iterator[OldRun]:
    """Name runs, then tables, that were made or brought before a moment, and why one has to stay."""
    used, *needed = needed_runs(folder) or ("",)
    runs = _all(folder)
    for run in runs:
        made = _moment(run.record["made"])
        if made is None or made > end:
            continue
        why = "it is at work" if _is_at_work(run) else ""
        if run.id == used or run.id in needed:
            why = "it is in use" if run.id == used else "a rollback would need it"
        yield OldRun(run.folder, run.record["command"], made.isoformat(timespec="seconds"), why)
    why = "a run is at work, and may read it" if any(map(_is_at_work, runs)) else ""
    for place, brought in brought_tables(folder / BROUGHT).items():
        if brought <= end:
            yield OldRun(place, TABLE, brought.isoformat(timespec="seconds"), why)
    for place, changed in half_forgotten(folder / BROUGHT).items():
        yield OldRun(place, REST, changed.isoformat(timespec="seconds"))


def _is_at_work(run: Run) -> bool:
    return bool(run.record["status"] == "running") and run.status == "running"


def _all(folder: Path) -> list[Run]:
    """Return every run, newest first; one that cannot be read is as old as its name says."""
    found, unreadable = read_runs(folder)
    damaged = [
        Run(folder / one.id, {"command": "", "status": "failed", "made": _said_by(one.id)}) for one in unreadable
    ]
    return sorted([*found, *damaged], key=lambda run: run.id, reverse=True)


def _said_by(name: str) -> str:
    day, _, rest = name.partition("T")
    return f"{day}T{rest[:8].replace('-', ':')}+00:00"


def _moment(made: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(made)
    except ValueError:  # a name that is no date
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _days(told: int | str) -> int:
    found = _DAYS.fullmatch(str(told))
    if found is None or isinstance(told, bool):
        raise ConfigError(
            f"'{told}' is no number of days.",
            expected="a whole number of days, such as 180d",
            fix="say how old a run may be: --older-than 180d",
        )
    return int(found[1])


def _nothing(folder: Path) -> None:
    """Remove nothing: only say which."""


def _named(one: OldRun) -> str:
    return f"{one.run} ({one.command or 'cannot be read'}, {one.made[:10]})"
