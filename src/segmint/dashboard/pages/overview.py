"""The first page, and what monitoring found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import (
    Context,
    before_champion,
    bundle_in_use,
    command_of,
    day_of,
    has_model,
    is_list,
    line_of,
    listed_of,
    makes_lists,
    measuring,
    more_runs,
    or_why_not,
    trained_on,
    when_made,
    why_in_use,
)
from segmint.errors import SegmintError
from segmint.flows.report import stored_report
from segmint.flows.runs import WATCHING, newest_monitorings, open_failures, table_of
from segmint.flows.side_by_side import quality_of
from segmint.report.blocks import Block, banner, figures, statements
from segmint.report.pages.answer import warning
from segmint.report.run_view import RunView
from segmint.report.scores import metric_label
from segmint.store.run import Run, typed
from segmint.wording import decimal, percent


def overview(desk: Desk) -> Context:
    """The model in use, the last runs, what is wrong, and what to do next."""
    runs = desk.all_runs()
    (used, wrong), (champion, astray) = bundle_in_use(desk), or_why_not(desk.champion)
    lists = makes_lists(or_why_not(desk.bundle)[0])
    todo = statements([("What to do next", _next(desk, runs, used, champion, lists=lists))])
    blocks = [] if wrong else [*_in_use(desk, used, champion), todo]
    return {
        "title": "Overview",
        "problem": wrong or astray,
        "blocks": blocks,
        "alarms": _alarms(runs, _in_use_as(desk)),
        "runs": [line_of(run) | {"champion": run.id == champion} for run in runs[:6]],
        "used": used,
        "lists": lists,
        "actions": wrong is None and has_model(desk, used),
    }


def monitoring(desk: Desk) -> Context:
    """What was watched: runs of monitor, measure, backtest and update."""
    watched = [run for run in desk.all_runs() if run.record["command"] in WATCHING]
    newest = next((run for run in watched if run.status == "done"), None)
    listed = next((run for run in desk.all_runs() if is_list(run)), None)
    report = stored_report(newest.folder) if newest is not None else None
    return {
        "title": "Monitoring",
        "runs": [line_of(run) for run in listed_of(watched)],
        "more": more_runs(watched),
        "newest": None if newest is None else line_of(newest),
        "pages": report["pages"] if report else [],
        "measuring": [] if listed is None else measuring(desk, listed.id),
        "listed": None if listed is None else line_of(listed),
    }


def _in_use(desk: Desk, used: str | None, champion: str | None) -> list[Block]:
    if desk.served is not None and (used is None or not (desk.runs / used).is_dir()):
        bundle = desk.bundle()
        words = f"It learned {bundle.contract.outcome.label} under the contract {bundle.contract.name}; its run is not here."
        return [banner("plain", "The model that the service was started with", words)]
    if used is None:
        return [
            banner(
                "caution",
                "No model yet",
                "Bring a table of past campaign results under “Upload and run”; a few minutes later there is one.",
            )
        ]
    try:
        return _figures_of(desk, used, champion)
    except SegmintError as error:
        return [banner("caution", f"What run {used} says of the model in use cannot be read", error.came)]


def _figures_of(desk: Desk, used: str, champion: str | None) -> list[Block]:
    view = RunView(desk.runs / used)
    summary = view.summary
    quality = quality_of(view)
    rate = summary.get("base_rate")
    shown = [_role(desk, used, champion, view.run.get("made"))]
    shown.append(("Trained on", trained_on(view), f"customers of {view.source}"))
    if isinstance(rate, int | float):
        shown.append(("Response rate", percent(float(rate)), view.outcome_label))
    shown += [
        (metric_label(name), decimal(float(quality[name])), "on rows kept apart")
        for name in ("roc_auc", "f1", "weighted_f1")
        if isinstance(quality.get(name), int | float)
    ][:2]
    return [block for block in (warning(view.at), figures(shown)) if block is not None]


def _role(desk: Desk, used: str, champion: str | None, made: object) -> tuple[str, str, str]:
    """Which model is in use since when, and why this one."""
    promoted = desk.promoted_on() if used == champion else None
    role = "Champion" if used == champion else "Model in use"
    return role, day_of(promoted or made)[:11], why_in_use(desk, used, champion)


def _next(desk: Desk, runs: list[Run], used: str | None, champion: str | None, *, lists: bool) -> str:
    if not has_model(desk, used):
        return "Bring the table of your last campaign and let segmint learn from it."
    if used and used != champion and any(run.record["command"] == "run" for run in runs):
        return (
            "Read the report of the model in use. If it convinces you, have whoever runs segmint here make it the champion "
            f"({typed(f'segmint promote {used}', desk.runs)}), and {'build the list of the next campaign' if lists else 'look customers up'}."
        )
    back = before_champion(desk) if used == champion else None
    way_back = f" {back[1]} {back[0]}." if back else ""
    if not lists:
        return f"Bring customers whose segment is not known and look them up; segmint predict tells it of all of them at once.{way_back}"
    return (
        f"Bring the customers of the next campaign and build their call list; leave a random part uncalled.{way_back}"
    )


def _in_use_as(desk: Desk) -> str | None:
    """The bundle in use as runs note it among what they read; None where none can be used."""
    bundle, _ = or_why_not(desk.bundle)
    return None if bundle is None else f"sha256:{bundle.digest}"


def _alarms(runs: list[Run], in_use: str | None) -> list[dict[str, str]]:
    """What monitoring raised of the model in use, then which training or watching failed; what failed alike is said once."""
    failed: dict[tuple[str, str, str], list[Run]] = {}
    for run in open_failures(runs):
        words = (run.record.get("error") or {}).get("came") or f"It stopped before its end; {run.goes_on}."
        failed.setdefault((command_of(run), run.status, str(words)), []).append(run)
    failures = [
        {
            "run": same[0].id,
            "title": f"{command} {status}{_times(len(same))}",
            "about": f"{'' if len(same) == 1 else 'The last on '}{when_made(same[0])[:11]}",
            "text": words,
        }
        for (command, status, words), same in failed.items()
    ]
    return [*_raised(runs, in_use), *failures][:5]


def _raised(runs: list[Run], in_use: str | None) -> list[dict[str, str]]:
    """What the newest monitoring of each bundle and table raised."""
    newest = newest_monitorings(runs, in_use)
    return [alarm for run, found in newest if (alarm := _alarm(run, found, known=in_use is not None))]


def _alarm(run: Run, found: Mapping[str, Any], *, known: bool) -> dict[str, str] | None:
    alarms = found.get("alarms")
    said = (
        [str(alarm.get("sentence", "")) for alarm in alarms if isinstance(alarm, dict)]
        if isinstance(alarms, list)
        else []
    )
    if not said:
        return None
    model = "the model in use" if known else f"the model {Path(str(found.get('bundle', ''))).name}".rstrip()
    return {
        "run": run.id,
        "title": "Monitoring raised an alarm" if len(said) == 1 else f"Monitoring raised {len(said)} alarms",
        "about": ", ".join(part for part in (when_made(run)[:11], table_of(run), model) if part),
        "text": f"{said[0]}{f' And {len(said) - 1} more.' if said[1:] else ''} {found.get('advice_sentence', '')}".strip(),
    }


def _times(count: int) -> str:
    return "" if count == 1 else f" {count} times"
