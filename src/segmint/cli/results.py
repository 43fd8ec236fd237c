"""What is shown of each result: the lines that a person reads, and the one JSON object that a program reads."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from segmint.errors import told_of
from segmint.store import run_files

if TYPE_CHECKING:
    from segmint.cli.screen import Screen
    from segmint.contract.valid_table import ValidTable
    from segmint.flows.backtest import Backtested
    from segmint.flows.explain import Explained
    from segmint.flows.find import FoundCustomers
    from segmint.flows.measure import Measured
    from segmint.flows.monitor import Monitored
    from segmint.flows.old_runs import OldRuns
    from segmint.flows.predict import Predicted
    from segmint.flows.promote import Promoted, Promotions
    from segmint.flows.run import RunResult
    from segmint.flows.runs import RunLine, RunList
    from segmint.flows.segment import Segmented
    from segmint.flows.target import Targeted
    from segmint.flows.update import Updated
    from segmint.store.runs import Renamed
    from segmint.store.verify import Check


def run_result(screen: Screen, result: RunResult) -> None:
    """Show what a run found and where its page is."""
    said = {
        "run": str(result.folder),
        "report": str(result.report),
        "bundle": str(result.folder / "bundle"),
        "receipt": result.receipt,
        "conclusion": list(result.conclusion),
        "summary": result.summary,
    }
    screen.say(
        said,
        *result.sentences,
        f"bundle: {result.folder / 'bundle'}",
        f"report: {result.report}",
    )


def predicted(screen: Screen, result: Predicted) -> None:
    """Show how many customers got which prediction, and where their table says it, how many of which class."""
    from segmint.flows.steps.judged import MOST_CLASSES, confusion_told

    said = {"run": str(result.folder), "out": None if result.out is None else str(result.out), **result.summary}
    table = (
        confusion_told(result.classes)
        if "weighted_f1" in result.quality and len(result.classes) <= MOST_CLASSES
        else []
    )
    screen.say(said, *result.sentences, *table, f"predictions: {result.out or result.folder / run_files.PREDICTIONS}")


def segmented(screen: Screen, result: Segmented) -> None:
    """Show each segment in a line."""
    said = {"run": str(result.folder), "customers": str(result.customers), **result.summary}
    sql = result.folder / run_files.SQL
    rules = [f"rules: {sql}"] if sql.is_file() else []
    screen.say(said, *result.sentences, f"customers: {result.customers}", *rules, f"run: {result.folder}")


def explained(screen: Screen, result: Explained) -> None:
    """Show the reasons in sentences."""
    said = {"run": str(result.folder), "sentences": list(result.sentences), **result.summary}
    page = [] if result.report is None else [f"report: {result.report}"]
    screen.say(said, *result.sentences, *page, f"run: {result.folder}")


def found(screen: Screen, result: FoundCustomers) -> None:
    """Show which files name somebody."""
    said = {
        "ids": result.ids,
        "files": [{"file": str(each.file), "rows": each.rows, "columns": list(each.columns)} for each in result.named],
        "unread": [{"file": str(file), "why": reason} for file, reason in result.unread],
    }
    screen.say(said, *result.sentences)


def targeted(screen: Screen, result: Targeted) -> None:
    """Show what the list brings and where it lies."""
    place = result.out or result.folder
    said = {"run": str(result.folder), "out": None if result.out is None else str(result.out), **result.summary}
    lists = f"lists: {place}/{run_files.LIST}, {run_files.SHEET}, {run_files.DIALLER}"
    screen.say(said, *result.sentences, lists, f"report: {result.folder / run_files.PAGE}")


def backtested(screen: Screen, result: Backtested) -> None:
    """Show what each strategy would have brought."""
    said = {"run": str(result.folder), "report": str(result.report), "receipt": result.receipt, **result.summary}
    screen.say(said, result.receipt, *result.sentences, f"report: {result.report}")


def monitored(screen: Screen, result: Monitored) -> None:
    """Show the alarms and what to do."""
    said = {"run": str(result.folder), "report": str(result.report), **result.summary}
    screen.say(said, *result.sentences, f"report: {result.report}")


def measured(screen: Screen, result: Measured) -> None:
    """Show what calling brought."""
    objectors = result.folder / run_files.OBJECTORS
    said = {"run": str(result.folder), "report": str(result.report), "objectors": str(objectors), **result.summary}
    number = result.summary["do_not_call"]
    asked = f"{number:,} asked not to be called again{f': {objectors}' if number else ''}"
    screen.say(said, *result.sentences, asked, f"report: {result.report}")


def updated(screen: Screen, result: Updated) -> None:
    """Show the challenger beside the bundle in use."""
    screen.say({"run": str(result.folder), **result.summary}, *result.sentences)


def promoted(screen: Screen, result: Promoted) -> None:
    """Show which bundle is in use."""
    entry = result.entry
    said = {
        "run": entry.run,
        "manifest": entry.manifest,
        "action": entry.action,
        "when": entry.when,
        "gate": entry.gate,
        "because": entry.because,
        "by": entry.by,
        "host": entry.host,
        "version": entry.version,
    }
    screen.say(said, result.sentence)


def promotions(screen: Screen, found: Promotions) -> None:
    """List what was in use when, and why."""
    screen.say({"history": [asdict(entry) for entry in found.entries]}, *found.sentences)


def resumed(screen: Screen, result: RunResult | Backtested) -> None:
    """Show what the continued command found."""
    from segmint.flows.run import RunResult

    if isinstance(result, RunResult):
        run_result(screen, result)
    else:
        backtested(screen, result)


def checked(screen: Screen, table: ValidTable) -> None:
    """Show what a table would be to training, or without answers to a bundle."""
    told = {"answers": table.has_outcome, "reviewed": table.contract.reviewed}
    screen.say(table.ledger.to_json() | told, *table.sentences)


def runs(screen: Screen, found: RunList) -> None:
    """List runs, each in a line with what tells it from the others."""
    width = max((len(line.table) for line in found.lines), default=0)
    lines = [_run_line(line, width) for line in found.lines]
    lines += [f"cannot be read: {found.folder / one.id} ({one.why})" for one in found.unreadable]
    lines += [f"{found.folder / one.id}  {_renamed(one)}" for one in found.renamed]
    wrong = found.problem
    screen.say(
        {
            "runs": [asdict(line) | {"run": str(line.run)} for line in found.lines],
            "renamed": [{"run": str(found.folder / one.id), "was": one.was, "copy": one.copy} for one in found.renamed],
            "unreadable": [{"run": str(found.folder / one.id), "why": one.why} for one in found.unreadable],
            "problem": None if wrong is None else told_of(wrong),
        },
        *(lines or [f"no runs in {found.folder}; make one: segmint demo"]),
        *([] if wrong is None else [f"{wrong.came} Next: {wrong.fix}"]),
    )


def old_runs(screen: Screen, found: OldRuns) -> bool:
    """Say which old runs were removed, or would be; return whether all went that should."""
    parts = {"gone": found.gone, "kept": found.kept, "failed": found.failed}
    lists = {name: [asdict(one) | {"run": str(one.run)} for one in part] for name, part in parts.items()}
    screen.say({"days": found.days, "dry": found.dry, **lists}, *found.sentences)
    return not found.failed


def verified(screen: Screen, checks: list[Check]) -> bool:
    """Show the checks of a bundle; return whether all passed."""
    passed = all(check.ok for check in checks)
    rows = [{"check": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
    lines = [f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}" for check in checks]
    content = next((check.content for check in checks if check.content), None)
    screen.say({"ok": passed, "content": content, "checks": rows}, *lines)
    return passed


def _renamed(one: Renamed) -> str:
    return f"is a copy of {one.was}" if one.copy else f"was renamed; its name was {one.was}: rename it back"


def _run_line(line: RunLine, width: int) -> str:
    from segmint.report.scores import metric_label

    rows = "" if line.rows is None else f"{line.rows:,} row{'' if line.rows == 1 else 's'}"
    quality = "" if line.metric is None else f"{metric_label(line.metric)} {line.value:.4f}"
    more = [part for part in (line.recipe or "", quality, "in use" if line.in_use else "") if part]
    columns = f"{line.run}  {line.command:<8}  {line.status:<11}  {line.table:<{width}}  {rows:>14}"
    return "  ".join((columns, *more)).rstrip()
