"""`segmint runs`: which run is which, in a line each."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from segmint.arguments import place_of
from segmint.errors import BundleError, RunError, SegmintError
from segmint.flows.steps.settings import RUNS, Place
from segmint.models.names import OURS
from segmint.store.promoted import WORD, read_promoted
from segmint.store.run import Run, read_kept
from segmint.store.run_files import MONITOR
from segmint.store.runs import Renamed, Unreadable, read_runs, renamed_runs
from segmint.wording import counted

WATCHING = ("monitor", "measure", "backtest", "update")
_ALARMING, _NEWEST = ("run", *WATCHING), 20
_SHOWN = 8  # of a list in a notebook

HEADLINES = ("roc_auc", "weighted_f1")
"""By what a network is told from another at a glance: one of a response, one of known segments."""


@dataclass(frozen=True)
class RunLine:
    """What is worth knowing of a run before it is opened.

    Attributes
    ----------
    run : Path
        Its folder.
    command, status, made : str
    table : str
        The name of the table it read; "" without one.
    rows : int or None
    recipe, metric : str or None
        How its network was taught, and by what it is judged: "roc_auc", of known segments "weighted_f1". Of predictions, how
        well they met the outcomes that their table holds; of a run that compared nothing, how well it did on its test table.
    value : float or None
        Of the metric.
    in_use : bool
        Whether it is the champion.
    """

    run: Path
    command: str
    status: str
    made: str
    table: str
    rows: int | None
    recipe: str | None
    metric: str | None
    value: float | None
    in_use: bool


@dataclass(frozen=True, repr=False)
class RunList:
    """All runs of a folder, newest first.

    Attributes
    ----------
    folder : Path
    lines : tuple of RunLine
    unreadable : tuple of Unreadable
        The folders with a run's name whose record cannot be read: `id` and `why` of each.
    renamed : tuple of Renamed
        Runs whose folder was given another name: `id`, its name now, and `was`, the name that it was made under; a `copy`
        where a folder of that name is there too.
    problem : SegmintError or None
        Why nobody can tell which run is in use, where one was promoted: the file says nothing of the kind, or names a run that is
        not here.
    """

    folder: Path
    lines: tuple[RunLine, ...]
    unreadable: tuple[Unreadable, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    problem: SegmintError | None = None

    def __repr__(self) -> str:
        more = len(self.lines) - _SHOWN
        shown = [
            f"{line.run.name}  {line.command}  {line.status}  {line.table}".rstrip() for line in self.lines[:_SHOWN]
        ]
        head = f"<RunList of {counted(len(self.lines), 'run')} in {self.folder}>"
        return "\n".join([head, *shown, *([f"and {more:,} more: frame() has all"] if more > 0 else [])])

    def frame(self) -> pl.DataFrame:
        """Return one row per run."""
        rows = [asdict(line) | {"run": str(line.run)} for line in self.lines]
        kinds = {"rows": pl.Int64, "value": pl.Float64, "in_use": pl.Boolean}
        schema = {name: kinds.get(name, pl.String) for name in RunLine.__dataclass_fields__}
        return pl.DataFrame(rows, schema=schema)


def list_runs(runs: Place = RUNS) -> RunList:
    """List all runs, newest first, with what tells one from another.

    Parameters
    ----------
    runs : path
        The folder that holds all runs. One that is named must be there; the usual one need not be there yet.

    Raises
    ------
    RunError
        If there is no such folder, or it cannot be opened.
    """
    folder = place_of("runs", runs)
    if not folder.is_dir() and (folder != Path(RUNS) or os.path.lexists(folder)):
        raise RunError(
            f"There is no folder '{folder}'.",
            expected="the folder that holds all runs",
            fix="check the name: --runs; the first command that computes makes the folder",
        )
    found, unreadable = read_runs(folder)
    used, problem = champion_among(folder, [run.id for run in found])
    lines = tuple(_line(run, in_use=run.id == used) for run in found)
    return RunList(folder, lines, tuple(unreadable), tuple(renamed_runs(folder, found)), problem)


def champion_among(runs: Path, readable: Collection[str]) -> tuple[str | None, SegmintError | None]:
    """Name the run in use, and say what is wrong with that: no file that can be trusted, or no such run.

    Parameters
    ----------
    runs : Path
    readable : collection of str
        The ids of the runs that can be read.
    """
    if not os.path.lexists(runs / WORD):
        return None, None
    try:
        used = read_promoted(runs).run
    except BundleError as error:
        return None, error
    if used in readable:
        return used, None
    there = "cannot be read" if os.path.lexists(runs / used) else "is not here"
    return used, BundleError(
        f"{WORD} names {used}, which {there}.",
        expected="the run that was promoted, in the folder of runs",
        fix="put its folder back from a copy, go back to the one before: `segmint rollback`, or promote another run",
    )


def _line(run: Run, *, in_use: bool) -> RunLine:
    summary = run.record.get("summary") or {}
    quality = (summary.get("quality") or {}) if run.record["command"] in ("run", "predict") else {}
    if not quality and "test" in summary:  # without a comparison the test table alone tells
        quality = summary["test"].get("quality", {}).get(OURS, {})
    metric = next((name for name in HEADLINES if name in quality), None)
    return RunLine(
        run=run.folder,
        command=str(run.record["command"]),
        status=run.status,
        made=str(run.record["made"]),
        table=table_of(run),
        rows=rows_of(summary),
        recipe=summary.get("recipe"),
        metric=metric,
        value=None if metric is None else float(quality[metric]),
        in_use=in_use,
    )


def watched_runs(runs: Sequence[Run]) -> list[Run]:
    """Return the newest runs of training and watching: the ones of which anybody wants to hear unasked.

    Parameters
    ----------
    runs : sequence of Run
        Newest first.
    """
    return [run for run in runs if run.record["command"] in _ALARMING][:_NEWEST]


def open_failures(runs: Sequence[Run]) -> list[Run]:
    """Return which training or watching failed and was not done since with a table of the same name, newest first.

    A list that failed does not count: whoever wanted it was told.

    Parameters
    ----------
    runs : sequence of Run
        Newest first.
    """
    failed: list[Run] = []
    mended: set[tuple[str, str]] = set()
    for run in watched_runs(runs):
        work = (run.record["command"], table_of(run))
        if run.status == "done":
            mended.add(work)
        elif run.status in ("failed", "interrupted") and work not in mended:
            failed.append(run)
    return failed


def newest_monitorings(runs: Sequence[Run], in_use: str | None) -> list[tuple[Run, dict[str, Any]]]:
    """Return the newest monitoring of each bundle and table, and what it kept; newest first.

    Parameters
    ----------
    runs : sequence of Run
        Newest first.
    in_use : str or None
        The bundle in use, as runs note it among what they read: of it alone, where that is known.
    """
    newest: dict[tuple[str | None, str], tuple[Run, dict[str, Any]]] = {}
    for run in watched_runs(runs):
        bundle = run.record["inputs"].get("bundle")
        if run.record["command"] != "monitor" or in_use not in (None, bundle):
            continue
        with suppress(RunError):  # what cannot be read takes no other with it
            if found := read_kept(run.folder, MONITOR):
                newest.setdefault((bundle, table_of(run)), (run, found))
    return list(newest.values())


def table_of(run: Run) -> str:
    """Name the first table that a run read; "" without one."""
    names = [str(name) for name in run.record.get("inputs") or {} if name != "bundle"]
    return names[0].rsplit("/", 1)[-1] if names else ""


def rows_of(summary: Mapping[str, Any]) -> int | None:
    """How many customers a run was about, as its headline figures tell."""
    return summary.get("rows") or sum((summary.get("counts") or {}).values()) or None
