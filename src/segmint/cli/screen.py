"""What a person or a program sees: progress on standard error, results on standard output."""

from __future__ import annotations

import json as jsonlib
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

import typer

from segmint.store import run_files
from segmint.wording import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from segmint.contract.valid_table import ValidTable
    from segmint.flows.backtest import Backtested
    from segmint.flows.explain import Explained
    from segmint.flows.measure import Measured
    from segmint.flows.monitor import Monitored
    from segmint.flows.predict import Predicted
    from segmint.flows.promote import Promoted, Promotions
    from segmint.flows.run import RunResult
    from segmint.flows.runs import RunLine, RunList
    from segmint.flows.segment import Segmented
    from segmint.flows.target import Targeted
    from segmint.flows.update import Updated
    from segmint.store.verify import Check

_PLAIN_EVERY = 5.0  # seconds between two plain lines of one task


def one_line(text: str) -> str:
    """Write text that may come from a stranger's table or file so that it gives the terminal no commands."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def tell_beside(text: str) -> None:
    """Write to standard error; if nobody reads it any more, that ends no work."""
    try:
        typer.echo(text, err=True)
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Let what is still to be written to a stream go nowhere, also what waits in it until the process ends."""
    with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


class Screen:
    """Shows progress and results: bars on a terminal, plain lines elsewhere, one JSON object if asked.

    Parameters
    ----------
    json, quiet : bool
    """

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json, self.quiet = json, quiet
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Screen:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            try:
                self._bars.stop()
            except OSError:  # the terminal is gone
                silence(sys.stderr)

    def progress(self, task: str, done: int, total: int) -> None:
        """Show that `done` of `total` of `task` is finished."""
        if self._bars is not None:
            if task not in self._tasks:
                self._tasks[task] = self._bars.add_task(one_line(task), total=total or None)
            self._bars.update(self._tasks[task], completed=done, total=total or None)
        elif not self.quiet:
            self._plain(task, done, total)

    def _plain(self, task: str, done: int, total: int) -> None:
        # of a compressed file nobody knows how long it is: total is 0
        now, last, finished = time.monotonic(), self._said.get(task), 0 < total <= done
        if last is None or finished or now - last >= _PLAIN_EVERY:
            share = f" {100 * done // total} %" if total > 1 else (" done" if finished else "")
            tell_beside(one_line(f"{task}{share}"))
            self._said[task] = now

    def say(self, result: dict[str, Any], *lines: str) -> None:
        """Show a result as JSON or as lines; where the reader has gone, what comes after it still happens."""
        try:
            if self.json:
                typer.echo(jsonlib.dumps(result, ensure_ascii=False))
            elif not self.quiet:
                for line in lines:
                    typer.echo(one_line(line))
        except BrokenPipeError:
            silence(sys.stdout)

    def notice(self, sentence: str) -> None:
        """Say something before long work starts, beside the progress."""
        if self._bars is not None:
            self._bars.console.print(one_line(sentence), highlight=False, markup=False)
        elif not self.quiet:
            tell_beside(one_line(sentence))

    def run_result(self, result: RunResult) -> None:
        """Show what a run found and where its page is."""
        said = {
            "run": str(result.folder),
            "report": str(result.report),
            "bundle": str(result.folder / "bundle"),
            "receipt": result.receipt,
            "conclusion": list(result.conclusion),
            "summary": result.summary,
        }
        self.say(
            said,
            result.receipt,
            *result.conclusion,
            f"bundle: {result.folder / 'bundle'}",
            f"report: {result.report}",
        )

    def predicted(self, result: Predicted) -> None:
        """Show how many customers got which prediction."""
        said = {
            "run": str(result.folder),
            "out": None if result.out is None else str(result.out),
            "ledger": result.ledger.to_json(),
            "predicted": result.counts,
            "trained_on": result.trained_on,
            "quality": result.quality,
        }
        lines = [result.ledger.sentence(), "predicted: " + ", ".join(f"{k} {v:,}" for k, v in result.counts.items())]
        if result.ledger.flagged:
            flags = ", ".join(f"{word} {count:,}" for word, count in result.ledger.flags.items())
            lines.append(f"flagged {result.ledger.flagged:,} rows: {flags}")
        if result.trained_on:
            lines.append(
                f"warning: {result.trained_on:,} of {result.rows:,} customers were trained on; for them these are "
                "no predictions about strangers"
            )
        if result.quality:
            lines.append(
                f"{_how_well(result)}: " + ", ".join(f"{name} {value:.4f}" for name, value in result.quality.items())
            )
        lines.append(f"predictions: {result.out or result.folder / run_files.PREDICTIONS}")
        self.say(said, *lines)

    def segmented(self, result: Segmented) -> None:
        """Show each segment in a line."""
        said = {"run": str(result.folder), "customers": str(result.customers), **result.summary}
        sql = result.folder / run_files.SQL
        rules = [f"rules: {sql}"] if sql.is_file() else []
        self.say(said, *result.sentences, f"customers: {result.customers}", *rules, f"run: {result.folder}")

    def explained(self, result: Explained) -> None:
        """Show the reasons in sentences."""
        said = {"run": str(result.folder), "sentences": list(result.sentences), **result.summary}
        page = [] if result.report is None else [f"report: {result.report}"]
        self.say(said, *result.sentences, *page, f"run: {result.folder}")

    def targeted(self, result: Targeted) -> None:
        """Show what the list brings and where it lies."""
        place = result.out or result.folder
        said = {"run": str(result.folder), "out": None if result.out is None else str(result.out), **result.summary}
        lists = f"lists: {place}/{run_files.LIST}, {run_files.SHEET}, {run_files.DIALLER}"
        self.say(said, *result.sentences, lists, f"report: {result.folder / run_files.PAGE}")

    def backtested(self, result: Backtested) -> None:
        """Show what each strategy would have brought."""
        said = {"run": str(result.folder), "report": str(result.report), "receipt": result.receipt, **result.summary}
        self.say(said, result.receipt, *result.sentences, f"report: {result.report}")

    def monitored(self, result: Monitored) -> None:
        """Show the alarms and what to do."""
        said = {"run": str(result.folder), "report": str(result.report), **result.summary}
        self.say(said, *result.sentences, f"report: {result.report}")

    def measured(self, result: Measured) -> None:
        """Show what calling brought."""
        objectors = result.folder / run_files.OBJECTORS
        said = {"run": str(result.folder), "report": str(result.report), "objectors": str(objectors), **result.summary}
        asked = f"{result.summary['do_not_call']:,} asked not to be called again: {objectors}"
        self.say(said, *result.sentences, asked, f"report: {result.report}")

    def updated(self, result: Updated) -> None:
        """Show the challenger beside the bundle in use."""
        self.say({"run": str(result.folder), **result.summary}, *result.sentences)

    def promoted(self, result: Promoted) -> None:
        """Show which bundle is in use."""
        entry = result.entry
        said = {
            "run": entry.run,
            "manifest": entry.manifest,
            "action": entry.action,
            "when": entry.when,
            "gate": entry.gate,
        }
        self.say(said, result.sentence)

    def promotions(self, found: Promotions) -> None:
        """List what was in use when, and why."""
        self.say({"history": [asdict(entry) for entry in found.entries]}, *found.sentences)

    def resumed(self, result: RunResult | Backtested) -> None:
        """Show what the continued command found."""
        from segmint.flows.run import RunResult

        if isinstance(result, RunResult):
            self.run_result(result)
        else:
            self.backtested(result)

    def checked(self, table: ValidTable) -> None:
        """Show what a table would be to training, or without answers to a bundle."""
        ledger, outcome = table.ledger, table.contract.outcome
        lines = [ledger.sentence()]
        lines += [f"  rejected {count:,}: {reason}" for reason, count in ledger.reasons.items()]
        lines += [f"  flagged {count:,}: {reason}" for reason, count in ledger.flags.items()]
        lines.append(f"meets the contract '{table.contract.name}'")
        if not table.contract.reviewed:
            lines.append(
                "the contract is a draft: `segmint run`, `segment` and `backtest` refuse it until a person sets "
                "reviewed = true"
            )
        if not table.has_outcome:
            lines.append(
                f"nobody's '{outcome.column}' is in the table: it can be segmented and predicted, not learned from"
            )
        self.say(ledger.to_json() | {"answers": table.has_outcome, "reviewed": table.contract.reviewed}, *lines)

    def runs(self, found: RunList) -> None:
        """List runs, each in a line with what tells it from the others."""
        width = max((len(line.table) for line in found.lines), default=0)
        lines = [_run_line(line, width) for line in found.lines]
        self.say(
            {"runs": [asdict(line) | {"run": str(line.run)} for line in found.lines]},
            *(lines or [f"no runs in {found.folder}; make one: segmint demo"]),
        )

    def verified(self, checks: list[Check]) -> bool:
        """Show the checks of a bundle; return whether all passed."""
        passed = all(check.ok for check in checks)
        rows = [{"check": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
        lines = [f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}" for check in checks]
        self.say({"ok": passed, "checks": rows}, *lines)
        return passed


def _how_well(result: Predicted) -> str:
    if not result.trained_on:
        return "how well"
    return (
        "how well on the customers it learned from"
        if result.trained_on == result.rows
        else "how well, those it learned from among them"
    )


def _run_line(line: RunLine, width: int) -> str:
    from segmint.report.scores import metric_label

    rows = "" if line.rows is None else f"{line.rows:,} row{'' if line.rows == 1 else 's'}"
    quality = "" if line.metric is None else f"{metric_label(line.metric)} {line.value:.4f}"
    more = [part for part in (line.recipe or "", quality, "in use" if line.in_use else "") if part]
    columns = f"{line.run}  {line.command:<8}  {line.status:<11}  {line.table:<{width}}  {rows:>14}"
    return "  ".join((columns, *more)).rstrip()
