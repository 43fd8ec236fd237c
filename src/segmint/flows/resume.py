"""`segmint resume`: continue a run that was stopped, from the last stage that was finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segmint.arguments import place_of
from segmint.config import load_config
from segmint.contract.contract import load_contract
from segmint.errors import RunError
from segmint.flows.backtest import backtest
from segmint.flows.run import run
from segmint.flows.steps.read import open_source
from segmint.flows.steps.settings import RUNS, Place
from segmint.progress import Progress, silent
from segmint.store import strict_json
from segmint.store.run import CONFIG, CONTRACT, Run, installed_versions
from segmint.store.runs import find_run
from segmint.tables.table_source import TableSource

FLOWS: dict[str, Callable[..., Any]] = {"run": run, "backtest": backtest}


def resume(name: Place, *, runs: Place = RUNS, progress: Progress = silent) -> Any:
    """Continue a stopped run with the settings, contract and table it began with.

    Parameters
    ----------
    name : path
        The run's folder or id.
    runs : path
        The folder that holds all runs.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    RunResult or Backtested
        What the command itself would have returned.

    Raises
    ------
    RunError
        If the run is finished or at work, cannot be continued, or if its table, settings, contract, libraries,
        Python or machine are no longer what they were.
    """
    place_of("name", name)
    earlier = find_run(name, place_of("runs", runs).absolute())
    _require_stopped(earlier)
    source = Path(earlier.record["source"])
    _require_same("settings or contract", earlier.record["sealed"], _seals(earlier))
    _require_same("versions", earlier.record["versions"], installed_versions())
    config = load_config(earlier.folder / CONFIG)
    contract = load_contract(earlier.folder / CONTRACT)
    if not source.exists():
        raise RunError(
            f"The table of the run {earlier.id} is gone: '{source}'.",
            expected="the table the run began with",
            fix="put it back, or begin a new run",
        )
    opened = open_source(source, config.data)
    _require_same_table("table", earlier.record["inputs"], opened)
    if config.data.test is not None:
        _require_same_table("test table", earlier.record.get("test") or {}, open_source(config.data.test, config.data))
    flow = FLOWS[earlier.record["command"]]
    return flow(source, contract, config, runs=earlier.folder.parent, progress=progress, here=earlier.take_over())


def _require_stopped(earlier: Run) -> None:
    command = earlier.record["command"]
    if earlier.status == "running":
        raise RunError(
            f"The run {earlier.id} is at work in another process.",
            expected="a run that failed or was stopped",
            fix="wait for it, or stop that process",
        )
    if earlier.status == "done":
        raise RunError(
            f"The run {earlier.id} is finished; there is nothing to continue.",
            expected="a run that failed or was stopped",
            fix="see: segmint runs",
        )
    if command not in FLOWS or not earlier.record.get("source"):
        raise RunError(
            f"The run {earlier.id} ({command}) cannot be continued.",
            expected=f"a run of segmint {' or '.join(FLOWS)} that read its table from a file",
            fix="give its command again; nothing of it was published by halves",
        )


def _seals(earlier: Run) -> dict[str, str]:
    found = {}
    for name in earlier.record["sealed"]:
        try:
            found[name] = strict_json.sha256((earlier.folder / name).read_bytes())
        except OSError:
            found[name] = "missing"
    return found


def _require_same(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise RunError that names what differs; hashes are named, versions are shown."""
    differ = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if not differ:
        return
    hashes = any(len(before.get(name, "")) == 64 for name in differ)
    shown = differ if hashes else [f"{n} {before.get(n, 'none')}, now {now.get(n, 'none')}" for n in differ]
    raise RunError(
        f"The {what} changed since this run began: {'; '.join(shown)}.",
        expected="what the run began with, so that old and new results fit together",
        fix="put it back, or begin a new run",
    )


def _require_same_table(which: str, inputs: Mapping[str, str], opened: TableSource) -> None:
    before = inputs.get(opened.name)
    if before == opened.fingerprint:
        return
    raise RunError(
        f"The {which} '{opened.name}' changed since this run began: it was {_short(before)}, it is now "
        f"{_short(opened.fingerprint)}.",
        expected=f"the {which} the run began with",
        fix="put the old table back, or begin a new run with the new one",
    )


def _short(fingerprint: str | None) -> str:
    return "another table" if fingerprint is None else fingerprint[:19]
