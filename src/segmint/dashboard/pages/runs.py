"""The runs, and one of them."""

from __future__ import annotations

from segmint.dashboard.desk import Desk
from segmint.dashboard.jobs import is_quick_look
from segmint.dashboard.pages.common import (
    COMMANDS,
    Context,
    at_work,
    before_champion,
    in_bytes,
    is_list,
    line_of,
    listed_of,
    measuring,
    more_runs,
    or_why_not,
    when_made,
    why_in_use,
)
from segmint.flows.report import stored_report
from segmint.flows.runs import champion_among, table_of
from segmint.store.bundle import is_trained
from segmint.store.run import CONFIG, Run, typed
from segmint.store.run_files import (
    CUSTOMERS,
    DIALLER,
    LIST,
    PAGE,
    PREDICTIONS,
    REJECTED,
    SHEET,
    SQL,
    TEST_PREDICTIONS,
    TEST_REJECTED,
)

FILES = {
    PAGE: "the report as one file",
    SHEET: "the list for Excel",
    DIALLER: "the list for the dialler",
    LIST: "everyone read, one status each",
    CONFIG: "every setting: the policy too",
    PREDICTIONS: "predictions",
    REJECTED: "rows that were rejected, and why",
    TEST_PREDICTIONS: "predictions of the test table",
    TEST_REJECTED: "rows of the test table that were rejected, and why",
    CUSTOMERS: "the segment of every customer",
    SQL: "the segments as rules, for a table of your own",
}
# who may download it; any other file needs `read`. A list's settings hold the key by which its arms are drawn.
FILE_SCOPES = dict.fromkeys((SHEET, DIALLER, LIST, CONFIG), "target") | dict.fromkeys(
    (PREDICTIONS, REJECTED, TEST_PREDICTIONS, TEST_REJECTED, CUSTOMERS), "predict"
)


def run_list(desk: Desk) -> Context:
    """The runs, newest first."""
    runs, unreadable = desk.runs_and_unreadable()
    champion, wrong = champion_among(desk.runs, {run.id for run in runs})
    return {
        "title": "Runs",
        "unreadable": [{"id": one.id, "why": one.why} for one in unreadable],
        "problem": wrong,
        "runs": [line_of(run) | {"champion": run.id == champion} for run in listed_of(runs)],
        "more": more_runs(runs),
        "work": at_work(desk),
    }


def one_run(desk: Desk, name: str) -> Context:
    """A run's report as it was stored, and its files."""
    run = desk.run(name)
    report = stored_report(run.folder)
    files = [
        {"name": file, "words": words, "size": in_bytes((run.folder / file).stat().st_size)}
        for file, words in FILES.items()
        if (run.folder / file).is_file()
    ]
    return {
        "title": report["title"] if report else COMMANDS.get(run.record["command"], run.record["command"]),
        "about": f"{table_of(run)}, {when_made(run)}",
        "subtitle": report["subtitle"] if report else when_made(run),
        "run": line_of(run),
        "pages": report["pages"] if report else [],
        "files": files,
        "error": _error(run),
        "no_report": _why_no_report(run),
        "measuring": measuring(desk, run.id) if is_list(run) else [],
        "promoting": _promoting(desk, run),
    }


def _promoting(desk: Desk, run: Run) -> tuple[str, str] | None:
    """What to type, and what it does, to bring a model into use, or the one before it again."""
    if not is_trained(run):
        return None
    champion, _ = or_why_not(desk.champion)
    if run.id == champion:
        return before_champion(desk)
    told = "This model is brought into use by"
    if run.id == or_why_not(desk.bundle_run)[0]:
        told = f"This model is in use ({why_in_use(desk, run.id, champion)}). It is made the champion by"
    elif is_quick_look(run):
        told = "A quick look makes no lists while there is another training. It is brought into use all the same by"
    return typed(f"segmint promote {run.id}", desk.runs), told


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
