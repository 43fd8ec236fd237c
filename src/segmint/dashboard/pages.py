"""What each page shows, as plain dicts of texts and blocks: functions of a `Desk`, testable without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.dashboard.contracts import choices
from segmint.dashboard.desk import Desk
from segmint.dashboard.policy_form import ROWS, config_of, placeholders, policy_of_controls, starts
from segmint.errors import RunError, SegmintError
from segmint.evaluation.paired_bootstrap import LOWER_IS_BETTER
from segmint.flows.bundle import SEGMENT, segment_names
from segmint.flows.candidates import doubts_of_list
from segmint.flows.customer import TypedError, look_up, try_out
from segmint.flows.preview import PreparedList, what_moved
from segmint.flows.report import stored_report
from segmint.flows.runs import WATCHING, champion_among, open_failures, rows_of, table_of, watched_runs
from segmint.monitoring.reference import Usual, usual_of
from segmint.report.blocks import Block, banner, figures, heading, points, statements, table
from segmint.report.html import printable_dict
from segmint.report.pages.answer import warning
from segmint.report.pages.segments import segment_blocks
from segmint.report.run_view import RunView
from segmint.report.scores import metric_label
from segmint.store.bundle import Bundle
from segmint.store.promoted import RUN_ID, WORD
from segmint.store.run import CONFIG, Run, read_kept, typed
from segmint.store.run_files import CUSTOMERS, DIALLER, LIST, MONITOR, PAGE, PREDICTIONS, REJECTED, SEGMENTS, SHEET, SQL
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.preview import Preview
from segmint.targeting.suppress import Doubt
from segmint.wording import capital, count, decimal, percent, signed

Context = dict[str, Any]
Asked = TypeVar("Asked")
FILES = {
    PAGE: "the report as one file",
    SHEET: "the list for Excel",
    DIALLER: "the list for the dialler",
    LIST: "everyone read, one status each",
    CONFIG: "every setting: the policy too",
    PREDICTIONS: "predictions",
    REJECTED: "rows that were rejected, and why",
    CUSTOMERS: "the segment of every customer",
    SQL: "the segments as rules, for a table of your own",
}
# who may download it; any other file needs `read`. A list's settings hold the key by which its arms are drawn.
FILE_SCOPES = dict.fromkeys((SHEET, DIALLER, LIST, CONFIG), "target") | dict.fromkeys(
    (PREDICTIONS, REJECTED, CUSTOMERS), "predict"
)
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
DAY = "%d %b %Y, %H:%M"
UNKNOWN = "–"


def overview(desk: Desk) -> Context:
    """The model in use, the last runs, what is wrong, and what to do next."""
    runs = desk.all_runs()
    (used, wrong), (champion, astray) = _used(desk), _or_why_not(desk.champion)
    todo = statements([("What to do next", _next(desk, runs, used, champion))])
    blocks = [] if wrong else [*_in_use(desk, used, champion), todo]
    return {
        "title": "Overview",
        "problem": wrong or astray,
        "blocks": blocks,
        "alarms": _alarms(runs, _in_use_as(desk)),
        "runs": [_line(run) | {"champion": run.id == champion} for run in runs[:6]],
        "used": used,
        "actions": wrong is None and _has_model(desk, used),
    }


def run_list(desk: Desk) -> Context:
    """The runs, newest first."""
    runs, unreadable = desk.runs_and_unreadable()
    champion, wrong = champion_among(desk.runs, {run.id for run in runs})
    return {
        "title": "Runs",
        "unreadable": [{"id": one.id, "why": one.why} for one in unreadable],
        "problem": wrong,
        "runs": [_line(run) | {"champion": run.id == champion} for run in runs[:MOST_RUNS]],
        "more": _more(runs),
        "work": _at_work(desk),
    }


def _at_work(desk: Desk) -> list[dict[str, str]]:
    """The runs that were started here and have not ended: whoever left their page finds it again."""
    return [{"job": job.id, "table": job.table} for job in desk.jobs.at_work()]


def _more(runs: list[Run]) -> str:
    """Say that some are left out, where a page would be too long."""
    return f"The newest {MOST_RUNS} of {count(len(runs))}; `segmint runs` lists all." if len(runs) > MOST_RUNS else ""


def one_run(desk: Desk, name: str) -> Context:
    """A run's report as it was stored, and its files."""
    run = desk.run(name)
    report = stored_report(run.folder)
    files = [
        {"name": file, "words": words, "size": _size((run.folder / file).stat().st_size)}
        for file, words in FILES.items()
        if (run.folder / file).is_file()
    ]
    return {
        "title": report["title"] if report else COMMANDS.get(run.record["command"], run.record["command"]),
        "subtitle": report["subtitle"] if report else _when(run),
        "run": _line(run),
        "pages": report["pages"] if report else [],
        "files": files,
        "error": _error(run),
        "no_report": _why_no_report(run),
    }


def segment_list(desk: Desk) -> Context:
    """The segments that the model in use knows, or the newest run that found some."""
    run, found = _segments(desk)
    rows = [
        {
            "key": str(segment["key"]),
            "name": str(segment["name"]),
            "customers": count(segment["customers"]),
            "share": percent(segment["share"], 0),
            "response": percent((segment["response"] or {}).get("rate")),
            "who": printable_dict(next((s["text"] for s in segment["sentences"] if s["kind"] == "who"), "")),
        }
        for segment in found
    ]
    return {"title": "Segments", "run": run, "segments": rows}


def one_segment(desk: Desk, key: str) -> Context | None:
    """One segment: who they are, how they answered, what to offer."""
    run, found = _segments(desk)
    segment = next((part for part in found if str(part["key"]) == key), None)
    if segment is None:
        return None
    kind = _kept(desk.runs / str(run), SEGMENTS).get("kind")
    keys = [str(part["key"]) for part in found]
    title, *blocks = segment_blocks(segment, discovered=kind == "discovered")
    place = keys.index(key)
    return {
        "title": title["title"],
        "blocks": blocks,
        "before": keys[place - 1] if place else None,
        "after": keys[place + 1] if place + 1 < len(keys) else None,
    }


def list_builder(desk: Desk, table: str | None, form: Mapping[str, str]) -> Context:
    """The controls of a list and what it would be; without a table, which tables there are."""
    context: Context = {"title": "List builder", "tables": _tables(desk), "table": None, "problem": None}
    if not table:
        return context
    try:
        bundle, chosen = desk.bundle(), desk.tables.find(table)
        said = {**starts(desk.standing), **form}
        seen = preview(desk, table, said, exact=True, before=None)
        known = {
            c.name: {"label": c.label, "levels": list(usual_of(c, bundle.reference).levels)} for c in _choices(bundle)
        }
        levels = {name: column for name, column in known.items() if column["levels"]}
    except SegmintError as error:
        return context | {"problem": error}
    return context | {
        "table": chosen,
        "digest": bundle.digest,
        "model": _model_in_words(desk, bundle),
        "form": said,
        "unset": placeholders(desk.standing),
        "seen": seen,
        "columns": levels,
        "quota_columns": _segment_level(bundle) | levels,
        "rows": ROWS,
        "data": seen,
        "standing": desk.standing.rules(),
        "doubts": seen["doubts"],
    }


def preview(
    desk: Desk, table: str, form: Mapping[str, str], *, exact: bool, before: Mapping[str, str] | None
) -> Context:
    """What a list would be and who comes and goes against the list of the controls `before`, as plain JSON."""
    config = config_of(form, desk.standing)
    prepared = desk.prepared(table, config)
    policy = policy_of_controls(config)
    found = prepared.ask(policy, exact=exact)
    since = found
    if before is not None:
        earlier = config_of(before, desk.standing)
        since = desk.prepared(table, earlier).ask(policy_of_controls(earlier), exact=False)
    return (
        _seen(prepared, found, policy)
        | what_moved(prepared, since.rows, found.rows)
        | {"curve": prepared.preview.curve(policy)}
        | ({"doubts": _doubts(desk, table, prepared, policy)} if exact else {})
    )


def _doubts(desk: Desk, table: str, prepared: PreparedList, policy: ContactPolicy) -> list[Doubt]:
    """What may be wrong with the list that these controls would make."""
    rows, bundle = prepared.may_be_called(policy), desk.bundle()
    return doubts_of_list(
        policy,
        bundle,
        prepared.preview.columns,
        prepared.preview.customers.gather(rows),
        "who may be called",
        seen=int(prepared.trained_on[rows].sum()),
        read=prepared.doubts,
        runs=desk.all_runs(),
        table=desk.fingerprint(table),
    )


def _seen(prepared: PreparedList, found: Preview, policy: ContactPolicy) -> Context:
    last, eligible = found.last_propensity, prepared.may_be_called(policy).size
    calls = policy.economics.calls_of
    return {
        "currency": policy.economics.currency,
        "calls": calls(found.customers),
        "most_calls": calls(eligible),
        "customers": found.customers,
        "held_out": found.held_out,
        "expected_profit": round(found.expected_profit, 2),
        "expected_cost": round(found.expected_cost, 2),
        "expected_successes": round(found.expected_successes, 2),
        "last_propensity": None if last != last else round(last, 6),
        "prices": {name: round(price, 4) for name, price in found.prices.items()},
        "exact": found.exact,
        "read": len(prepared.preview.customers) + prepared.rejected,
        "rejected": prepared.rejected,
        "eligible": eligible,
        "suppressed": prepared.left_out(policy),
    }


def customer(desk: Desk, table: str | None, name: str) -> Context:
    """One customer by id: propensity, reasons, what would change it."""
    context: Context = {"title": "Customer", "tables": _tables(desk), "table": table, "name": name, "found": None}
    if not table or not name:
        return context | {"problem": None}
    try:
        bundle = desk.bundle()
        told = look_up(desk.customers(table), name, bundle)
    except SegmintError as error:
        return context | {"problem": error}
    return context | {"problem": None, "found": _told(told, bundle)}


def try_it(desk: Desk, form: Mapping[str, str]) -> Context:
    """A form made from the contract, and what is predicted of whoever is typed into it."""
    context: Context = {"title": "Try it", "fields": [], "found": None, "problem": None}
    try:
        bundle = desk.bundle()
        context["fields"] = [_field(column, bundle, form) for column in bundle.contract.features(bundle.at)]
        if form:
            context["found"] = _told(try_out(form, bundle), bundle)
    except TypedError as error:
        context["problem"] = error
        for field in context["fields"]:
            if words := error.wrong.get(field["name"]):
                like = f" Expected: such as {field['usual']}" if field["usual"] else ""
                field["wrong"] = f"{field['label']} {words}.{like}"
    except SegmintError as error:
        context["problem"] = error
    return context


def monitoring(desk: Desk) -> Context:
    """What was watched: runs of monitor, measure, backtest and update."""
    watched = [run for run in desk.all_runs() if run.record["command"] in WATCHING]
    newest = next((run for run in watched if run.status == "done"), None)
    report = stored_report(newest.folder) if newest is not None else None
    return {
        "title": "Monitoring",
        "runs": [_line(run) for run in watched[:MOST_RUNS]],
        "more": _more(watched),
        "newest": None if newest is None else _line(newest),
        "pages": report["pages"] if report else [],
    }


def compare(desk: Desk, first: str, second: str) -> Context:
    """Two training runs side by side: the newest two of one outcome, the older first, so that a plus says that the newer is better.

    One that was asked for and cannot be shown is named, and no other stands in its place.
    """
    trained = [run for run in desk.all_runs() if run.record["command"] == "run" and run.status == "done"]
    names, views = [run.id for run in trained], {run.id: RunView(run.folder) for run in trained}
    blocks = [_not_there(desk, name) for name in dict.fromkeys((first, second)) if name and name not in views]
    pair = _pair(views, names, (first, second))
    while astray := {name: wrong for name in pair if name and (wrong := _unreadable(views[name]))}:
        blocks += [banner("caution", f"Run {name} is left out", wrong.came) for name, wrong in astray.items()]
        names = [name for name in names if name not in astray]
        pair = _pair(views, names, (first, second))
    if pair[0] and pair[1]:
        blocks += _side_by_side([views[pair[0]], views[pair[1]]])
    return {"title": "Compare runs", "choices": [_line(run) for run in trained], "pair": pair, "blocks": blocks}


def upload(desk: Desk) -> Context:
    """Where tables are brought, and those that are here."""
    return {"title": "Upload and run", "tables": _tables(desk), "work": _at_work(desk)}


def one_table(desk: Desk, table: str, draft: str | None = None, problem: SegmintError | None = None) -> Context:
    """One table: what to do with it."""
    found, unreadable = desk.tables.find(table), desk.unreadable(table)
    used, wrong = _used(desk)
    return {
        "title": found.name,
        "table": found,
        "size": f"{_size(found.size)}, brought {found.brought:{DAY}} UTC",
        "readable": unreadable is None,
        "contracts": [] if unreadable else choices(desk, table),
        "draft": draft,
        "problem": unreadable or problem or wrong,
        "usable": wrong is None and _has_model(desk, used),
    }


def _used(desk: Desk) -> tuple[str | None, SegmintError | None]:
    """The run whose bundle is in use, if any, or why none can be used."""
    used, wrong = _or_why_not(desk.bundle_run)
    return used, wrong if used is None else _or_why_not(desk.bundle)[1]


def _or_why_not(ask: Callable[[], Asked]) -> tuple[Asked | None, SegmintError | None]:
    try:
        return ask(), None
    except SegmintError as error:
        return None, error


def _has_model(desk: Desk, used: str | None) -> bool:
    return used is not None or desk.served is not None


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
    quality = _quality(view)
    rate = summary.get("base_rate")
    shown = [_role(desk, used, champion, view.run.get("made"))]
    shown.append(("Trained on", _trained_on(view), f"customers of {view.source}"))
    if isinstance(rate, int | float):
        shown.append(("Response rate", percent(float(rate)), view.outcome_label))
    shown += [
        (metric_label(name), decimal(float(quality[name])), "on rows kept apart")
        for name in ("roc_auc", "f1", "weighted_f1")
        if isinstance(quality.get(name), int | float)
    ][:2]
    return [block for block in (warning(view.at), figures(shown)) if block is not None]


def _model_in_words(desk: Desk, bundle: Bundle) -> str:
    """Name the model in use: when it was trained, and on which table."""
    used, _ = _or_why_not(desk.bundle_run)
    view = None if used is None else RunView(desk.runs / used)
    told, _ = _or_why_not(lambda: None if view is None else (_day(view.run.get("made")), view.source))
    if told is None:
        return f"The model learned {bundle.contract.outcome.label} under the contract {bundle.contract.name}."
    return f"The model was trained on {told[0]} UTC, on {told[1]}."


def _role(desk: Desk, used: str, champion: str | None, made: object) -> tuple[str, str, str]:
    """Which model is in use since when, and why this one."""
    promoted = desk.promoted_on() if used == champion else None
    if used == champion:
        why = "promoted"
    elif desk.served is not None:
        why = "the service was started with it"
    elif desk.bundle_name not in (None, WORD):
        why = "named with --bundle"
    else:
        why = "the newest finished run"
    day = _day(promoted or made)
    return "Champion" if used == champion else "Model in use", day[:6], f"{day[7:11]}, {why}"


def _next(desk: Desk, runs: list[Run], used: str | None, champion: str | None) -> str:
    if not _has_model(desk, used):
        return "Bring the table of your last campaign and let segmint learn from it."
    if used and used != champion and any(run.record["command"] == "run" for run in runs):
        return (
            "Read the report of the model in use. If it convinces you, have whoever runs segmint here make it the champion "
            f"({typed(f'segmint promote {used}', desk.runs)}), and build the list of the next campaign."
        )
    return "Bring the customers of the next campaign and build their call list; leave a random part uncalled."


def _in_use_as(desk: Desk) -> str | None:
    """The bundle in use as runs note it among what they read; None where none can be used."""
    bundle, _ = _or_why_not(desk.bundle)
    return None if bundle is None else f"sha256:{bundle.digest}"


def _alarms(runs: list[Run], in_use: str | None) -> list[dict[str, str]]:
    """What monitoring raised of the model in use, then which training or watching failed; what failed alike is said once."""
    failed: dict[tuple[str, str, str], list[Run]] = {}
    for run in open_failures(runs):
        words = (run.record.get("error") or {}).get("came") or f"It stopped before its end; {run.goes_on}."
        failed.setdefault((_command(run), run.status, str(words)), []).append(run)
    failures = [
        {
            "run": same[0].id,
            "title": f"{command} {status}{_times(len(same))}",
            "about": f"{'' if len(same) == 1 else 'The last on '}{_when(same[0])[:11]}",
            "text": words,
        }
        for (command, status, words), same in failed.items()
    ]
    return [*_raised(runs, in_use), *failures][:5]


def _raised(runs: list[Run], in_use: str | None) -> list[dict[str, str]]:
    """What the newest monitoring of each bundle and table raised; of the bundle in use alone, where that is known."""
    newest: dict[tuple[str | None, str], tuple[Run, dict[str, Any]]] = {}
    for run in watched_runs(runs):
        bundle = run.record["inputs"].get("bundle")
        if run.record["command"] != "monitor" or in_use not in (None, bundle):
            continue
        if found := _kept(run.folder, MONITOR):
            newest.setdefault((bundle, table_of(run)), (run, found))
    return [alarm for run, found in newest.values() if (alarm := _alarm(run, found, known=in_use is not None))]


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
        "about": ", ".join(part for part in (_when(run)[:11], table_of(run), model) if part),
        "text": f"{said[0]}{f' And {len(said) - 1} more.' if said[1:] else ''} {found.get('advice_sentence', '')}".strip(),
    }


def _kept(folder: Path, name: str) -> dict[str, Any]:
    """What a run kept under a name; nothing where that cannot be read, as the rest of a page can be shown."""
    with suppress(RunError):
        return read_kept(folder, name) or {}
    return {}


def _times(count: int) -> str:
    return "" if count == 1 else f" {count} times"


def _error(run: Run) -> dict[str, str]:
    """What went wrong in a run, in words; an error that was not foreseen came with no advice of its own."""
    told = run.record.get("error")
    return {"came": "", "expected": "", "fix": run.goes_on, **told} if told else {}


def _why_no_report(run: Run) -> tuple[str, str]:
    if run.status == "running":
        return "No report here yet", "The run is still at work; its report stands here when it is finished."
    if run.status == "done":
        return "No report", "This run has none; what it found is in the files of its folder."
    return "No report here", f"The run stopped before its end; {run.goes_on}."


def _line(run: Run) -> dict[str, Any]:
    summary = run.record.get("summary") or {}
    rows = rows_of(summary)
    return {
        "id": run.id,
        "command": _command(run),
        "status": run.status,
        "when": _when(run),
        "input": table_of(run),
        "rows": count(rows) if rows else "",
        "champion": False,
    }


def _command(run: Run) -> str:
    told = str(run.record["command"])
    return COMMANDS.get(told, told.capitalize())


def _when(run: Run) -> str:
    return _day(run.record.get("made"))


def _day(made: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(made)):{DAY}}"
    except ValueError:
        return UNKNOWN


def _segments(desk: Desk) -> tuple[str | None, list[dict[str, Any]]]:
    used = desk.bundle_run()
    for name in dict.fromkeys([used, *(run.id for run in desk.all_runs()[:50])]):
        if name is not None and (found := _kept(desk.runs / name, SEGMENTS)).get("segments"):
            return name, list(found["segments"])
    return None, []


def _tables(desk: Desk) -> list[dict[str, str]]:
    return [
        {"id": t.id, "name": t.name, "size": _size(t.size), "when": f"{t.brought:{DAY}} UTC"} for t in desk.tables.all()
    ]


def _size(amount: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:,} {unit}"
        amount //= 1024
    return f"{amount:,} GiB"


def _choices(bundle: Bundle) -> list[Column]:
    return [column for column in bundle.contract.columns if column.kind == "category" and column.role != "outcome"]


def _segment_level(bundle: Bundle) -> Context:
    """The bundle's own segments: a quota may name them, an exclusion not, as only who may be called gets a segment."""
    names = segment_names(bundle)
    return {SEGMENT: {"label": "segment", "levels": names}} if names else {}


def _field(column: Column, bundle: Bundle, form: Mapping[str, str]) -> dict[str, Any]:
    usual = usual_of(column, bundle.reference)
    return {
        "name": column.name,
        "label": capital(column.label),
        "unit": column.unit,
        "levels": list(usual.levels),
        "numeric": column.kind == "number",
        "value": form.get(column.name, "" if usual.mostly_empty else usual.value),
        "usual": usual.value,
        "empty": column.missing_means or "not known",
        "hint": "; ".join(_hints(column, usual)),
        "wrong": "",
    }


def _hints(column: Column, usual: Usual) -> list[str]:
    """Say what is usually typed into a field, and what it means to leave it empty."""
    means = f": {column.missing_means}" if column.missing_means else ""
    hints = [f"most have no value{means}"] if usual.mostly_empty else [f"empty{means}"] if means else []
    if usual.between is not None:
        low, high = map(_about, usual.between)
        hints.insert(0, f"{'if there is one, ' if usual.mostly_empty else ''}usually {low} to {high}")
    return [*hints, *(f"{_minus(f'{state.value:g}')} is {state.name}" for state in column.states)]


def _about(number: float) -> str:
    """Write a number for somebody who types one like it: no more digits than anybody would."""
    return _minus(f"{number:.0f}" if abs(number) >= 10 else f"{number:.3g}")


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")


def _told(told: dict[str, Any], bundle: Bundle) -> Context:
    response = bundle.contract.outcome.positive is not None
    average, likely = float(told["average"]), float(told["prediction"])
    name = "Propensity" if response else f"Probability of {told['class']}"
    against = f"{likely / average:.1f} times as much" if average > 0 else ""
    shown = [
        (name, percent(likely), against),
        ("Customers in general", percent(average), "what the network gave those it learned from, on average"),
    ]
    blocks = [figures(shown)]
    if told["segment"]:
        blocks.append(statements([("Segment", str(told["segment"]))]))
    if told["flags"]:
        blocks.append(banner("caution", "Unusual values", f"{told['flags']}. The prediction stands on thin ground."))
    why = told["reasons"] or ["Nothing that may be named stands out."]
    blocks += [heading("Why"), points(why), {"kind": "text", "text": told["unnamed"]}]
    if told["changes"]:
        blocks += [
            heading("What would change it", "Not advice on cause: what the model would predict instead."),
            points(told["changes"]),
        ]
    blocks.append({"kind": "text", "text": told["stability"]})
    labels = bundle.contract.by_name
    rows = [[labels[n].label if n in labels else n, "" if v is None else str(v)] for n, v in told["values"].items()]
    return {
        "blocks": blocks,
        "propensity": likely,
        "values": table(["Column", "value"], rows, words=(0, 1)),
    }


def _pair(views: Mapping[str, RunView], names: list[str], asked: tuple[str, str]) -> list[str | None]:
    """Name the two runs that stand side by side: those that were asked for, or what is usual where none was."""
    pair = [name if name in names else None for name in asked]
    if any(name and name not in names for name in asked):
        return pair
    usual = _usual_pair(views, names, next((name for name in pair if name), None))
    return [chosen or (usual.pop() if usual else None) for chosen in pair]


def _not_there(desk: Desk, name: str) -> Block:
    """Say why a run that was asked for is not among those that can be compared."""
    shown = name[:60]
    if not RUN_ID.fullmatch(name) or not (desk.runs / name).is_dir():
        return banner("caution", f"There is no run {shown} any more", "No other stands in its place: choose one.")
    run, wrong = _or_why_not(lambda: desk.run(name))
    said = wrong.came if run is None and wrong else "It is no training that is done."
    return banner("caution", f"Run {shown} is left out", said)


def _unreadable(view: RunView) -> SegmintError | None:
    """Why a run cannot be put beside another; None if it can."""
    return _or_why_not(lambda: (view.summary, view.contract, view.source))[1]


def _usual_pair(views: Mapping[str, RunView], names: list[str], chosen: str | None) -> list[str]:
    """Name what stands beside `chosen`, or the newest two: runs that learned one outcome, where there are any; newest first."""
    for place, name in enumerate([chosen] if chosen else names[:MOST_RUNS]):
        others = [other for other in (names if chosen else names[place + 1 :]) if other != name]
        if alike := next(
            (other for other in others[:MOST_RUNS] if _learned(views[other]) == _learned(views[name])), None
        ):
            return [alike] if chosen else [name, alike]
    return [name for name in names if name != chosen][: 1 if chosen else 2]


def _learned(view: RunView) -> tuple[str, tuple[str, ...]] | None:
    """What a run learned to tell apart."""
    contract, _ = _or_why_not(lambda: view.contract)
    return None if contract is None else (contract.outcome.column, contract.outcome.levels)


def _side_by_side(views: list[RunView]) -> list[Block]:
    blocks = [_qualities(views) if _learned(views[0]) == _learned(views[1]) else _not_alike(views), _facts(views)]
    return [block for block in blocks if block is not None]


def _not_alike(views: list[RunView]) -> Block:
    return banner(
        "caution",
        "Two different outcomes",
        f"The first learned {_outcome_words(views[0])}, the second {_outcome_words(views[1])}: how well they do cannot be compared.",
    )


def _outcome_words(view: RunView) -> str:
    contract = view.contract
    named = "" if contract is None else f" (column {contract.outcome.column} of {contract.name})"
    return f"“{view.outcome_label}”{named}"


def _qualities(views: list[RunView]) -> Block | None:
    qualities = [_quality(view) for view in views]
    names = [name for name in qualities[0] if all(isinstance(q.get(name), int | float) for q in qualities)]
    rows = [
        [
            metric_label(name),
            *(decimal(float(q[name])) for q in qualities),
            signed(qualities[1][name] - qualities[0][name]),
        ]
        for name in names
    ]
    note = _same_table(*(view.summary.get("fingerprints") for view in views))
    if less := [metric_label(name) for name in names if name in LOWER_IS_BETTER]:
        note += f" Less is better: {', '.join(less)}."
    return table(["Quality on rows kept apart", "first", "second", "difference"], rows, note=note) if rows else None


def _quality(view: RunView) -> dict[str, Any]:
    quality = view.summary.get("quality")
    return quality if isinstance(quality, dict) else {}


def _same_table(first: object, second: object) -> str:
    if not first or not second:
        return "Whether both were judged on the same table is not known: read the difference with care."
    if first == second:
        return "Both were judged on the same table."
    return "The tables differ, so the figures are not of the same customers: read the difference with care."


def _facts(views: list[RunView]) -> Block:
    facts = [
        ["Table", *(view.source for view in views)],
        ["Customers", *(_trained_on(view) for view in views)],
        ["Contract", *(_contract_name(view.contract) for view in views)],
        ["Outcome", *(UNKNOWN if view.contract is None else view.outcome_label for view in views)],
        ["Recipe", *(_known(view.summary.get("recipe")) for view in views)],
        ["Columns used", *(_how_many(view.summary.get("columns")) for view in views)],
        ["Seed", *(_known(view.summary.get("seed")) for view in views)],
    ]
    return table(["How they were made", "first", "second"], facts, words=(0, 1, 2))


def _trained_on(view: RunView) -> str:
    rows = view.summary.get("rows")
    return count(float(rows)) if isinstance(rows, int | float) else UNKNOWN


def _how_many(found: object) -> str:
    return str(len(found)) if isinstance(found, list) else UNKNOWN


def _known(told: object) -> str:
    return UNKNOWN if told is None else str(told)


def _contract_name(contract: Contract | None) -> str:
    return contract.name if contract else UNKNOWN
