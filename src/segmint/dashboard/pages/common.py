"""What several pages say of runs, tables and the model in use."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from segmint.contract.column_match import match_columns
from segmint.dashboard.desk import Desk
from segmint.dashboard.jobs import is_quick_look
from segmint.errors import RunError, SegmintError
from segmint.flows.runs import rows_of, table_of
from segmint.report.run_view import RunView
from segmint.store.bundle import Bundle
from segmint.store.promoted import WORD, needed_runs
from segmint.store.run import Run, read_kept, typed
from segmint.store.run_files import LIST
from segmint.wording import count, some_named

Context = dict[str, Any]
Asked = TypeVar("Asked")
Listed = TypeVar("Listed")
COMMANDS = {
    "run": "Training",
    "target": "Call list",
    "predict": "Predictions",
    "segment": "Segments",
    "explain": "Reasons",
    "monitor": "Monitoring",
    "backtest": "Backtest",
    "update": "Update",
    "measure": "Effect of calling",
}
MOST_RUNS = 100
DAY = "%d %b %Y, %H:%M UTC"
UNKNOWN = "–"


def at_work(desk: Desk) -> list[dict[str, str]]:
    """The runs that were started here and have not ended: whoever left their page finds it again."""
    return [{"job": job.id, "table": job.table} for job in desk.jobs.at_work()]


def listed_of(runs: Sequence[Listed]) -> Sequence[Listed]:
    """As many of the newest runs as a page lists."""
    return runs[:MOST_RUNS]


def more_runs(runs: list[Run]) -> str:
    """Say that some are left out, where a page would be too long."""
    return f"The newest {MOST_RUNS} of {count(len(runs))}; `segmint runs` lists all." if len(runs) > MOST_RUNS else ""


def bundle_in_use(desk: Desk) -> tuple[str | None, SegmintError | None]:
    """The run whose bundle is in use, if any, or why none can be used."""
    used, wrong = or_why_not(desk.bundle_run)
    return used, wrong if used is None else or_why_not(desk.bundle)[1]


def or_why_not(ask: Callable[[], Asked]) -> tuple[Asked | None, SegmintError | None]:
    """Ask, or return why that cannot be answered."""
    try:
        return ask(), None
    except SegmintError as error:
        return None, error


def why_in_use(desk: Desk, used: str, champion: str | None) -> str:
    """Why this run's model is in use and no other."""
    if used == champion:
        return "promoted"
    if desk.served is not None:
        return "the service was started with it"
    if desk.bundle_name not in (None, WORD):
        return "named with --bundle"
    if is_quick_look(desk.run(used)):
        return "a quick look, as there is no other training"
    return "the newest training" if used == desk.trained()[0].id else "the newest training that is no quick look"


def has_model(desk: Desk, used: str | None) -> bool:
    """Whether there is a model to predict with."""
    return used is not None or desk.served is not None


def makes_lists(bundle: Bundle | None) -> bool:
    """Whether a call list can be built with a model: one of segments says of nobody how likely a yes is."""
    return bundle is not None and bundle.contract.outcome.positive is not None


def model_in_words(desk: Desk) -> str:
    """Name the model in use: when it was trained, and on which table; "" where none can be used."""
    (used, _), (bundle, _) = or_why_not(desk.bundle_run), or_why_not(desk.bundle)
    if bundle is None:
        return ""
    view = None if used is None else RunView(desk.runs / used)
    told, _ = or_why_not(lambda: None if view is None else (day_of(view.run.get("made")), view.source))
    if told is None:
        return f"The model learned {bundle.contract.outcome.label} under the contract {bundle.contract.name}."
    return f"The model was trained on {told[0]}, on {told[1]}."


def kept_by(folder: Path, name: str) -> dict[str, Any]:
    """What a run kept under a name; nothing where that cannot be read, as the rest of a page can be shown."""
    with suppress(RunError):
        return read_kept(folder, name) or {}
    return {}


def line_of(run: Run) -> dict[str, Any]:
    """What a line of a list says of a run."""
    summary = run.record.get("summary") or {}
    rows = rows_of(summary)
    return {
        "id": run.id,
        "command": command_of(run),
        "status": run.status,
        "when": when_made(run),
        "input": table_of(run),
        "rows": count(rows) if rows else "",
        "champion": False,
    }


def command_of(run: Run) -> str:
    """Name what a run did, for people."""
    told = str(run.record["command"])
    return COMMANDS.get(told, told.capitalize())


def when_made(run: Run) -> str:
    """Say on which day a run was made."""
    return day_of(run.record.get("made"))


def day_of(made: object) -> str:
    """Write a moment of a record as a day; that it is unknown, where it is none."""
    try:
        return f"{datetime.fromisoformat(str(made)):{DAY}}"
    except ValueError:
        return UNKNOWN


def tables_brought(desk: Desk) -> list[dict[str, str]]:
    """The tables that were brought, for a list of them."""
    return [
        {"id": t.id, "name": t.name, "size": in_bytes(t.size), "when": f"{t.brought:{DAY}}"} for t in desk.tables.all()
    ]


def tables_for(desk: Desk, bundle: Bundle | None) -> tuple[list[dict[str, str]], str]:
    """The tables that were brought and that a model reads, to choose one, and which others are here, in words or ""."""
    readable = [told for told in tables_brought(desk) if desk.unreadable(told["id"]) is None]
    unfit = {told["id"] for told in readable if misfit(desk, told["id"], told["name"], bundle) is not None}
    names = [*dict.fromkeys(told["name"] for told in readable if told["id"] in unfit)]
    others = f"{some_named(names, 3)} {'is' if len(names) == 1 else 'are'} here" if names else ""
    return [told for told in readable if told["id"] not in unfit], others


def misfit(desk: Desk, table: str, name: str, bundle: Bundle | None) -> SegmintError | None:
    """Why a model does not read a readable table; None if it does, or there is no model to ask."""
    if bundle is None:
        return None
    header, at = desk.header(table), bundle.at
    return or_why_not(lambda: match_columns(header, bundle.contract, table=name, purpose="predict", at=at))[1]


def in_bytes(amount: int) -> str:
    """Write the size of a file: 12 KiB."""
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:,} {unit}"
        amount //= 1024
    return f"{amount:,} GiB"


def before_champion(desk: Desk) -> tuple[str, str] | None:
    """What to type, and what it does, to go back to the champion of before; None where there was none."""
    needed, _ = or_why_not(lambda: needed_runs(desk.runs))
    if needed is None or len(needed) < 2:
        return None
    return typed("segmint rollback", desk.runs), f"Should it do worse, the run before it ({needed[1]}) comes back by"


def is_list(run: Run) -> bool:
    """Whether a run made a call list that can be measured."""
    nobody = ((run.record.get("summary") or {}).get("counts") or {}).get("listed") == 0
    return run.record["command"] == "target" and run.status == "done" and (run.folder / LIST).is_file() and not nobody


def measuring(desk: Desk, run: str) -> list[str]:
    """The commands that say what calling a list brought, as somebody types them when its results are in."""
    list_of_run = shlex.quote(str(desk.runs / run / LIST))
    measure = f"segmint measure {list_of_run} results.csv --codes codes.toml"
    return ["segmint codes init results.csv --out codes.toml", typed(measure, desk.runs)]


def trained_on(view: RunView) -> str:
    """Say how many rows a run learned from."""
    rows = view.summary.get("rows")
    return count(float(rows)) if isinstance(rows, int | float) else UNKNOWN
