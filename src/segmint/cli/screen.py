"""Where a person or a program sees it: progress on standard error, results on standard output."""

from __future__ import annotations

import json as jsonlib
import os
import shutil
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

import typer

from segmint.wording import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_WARNING = "warning: "  # begins a line that somebody should look at, also where results are not wanted
_PLAIN_EVERY = 5.0  # seconds between two plain lines of one task


def one_line(text: str) -> str:
    """Write text that may come from a stranger's table or file so that it gives the terminal no commands."""
    return printable(from_here(text)).replace("\n", " ").replace("\t", " ")


def _fitted(line: str) -> str:
    """Break a line between words where a person reads it on a terminal, but for commands and paths, which people copy."""
    if not sys.stdout.isatty() or "segmint " in line or os.sep in line:
        return line
    return textwrap.fill(line, shutil.get_terminal_size().columns, break_long_words=False, break_on_hyphens=False)


def from_here(text: str) -> str:
    """Write paths below the working folder from there, as people type them."""
    with suppress(OSError):  # the folder may be gone
        return text.replace(f"{Path.cwd()}{os.sep}", "")
    return text


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
        """Show a result as JSON or as lines, of a quiet one the warnings, beside; where the reader has gone, what comes after it still happens."""
        try:
            if self.json:
                typer.echo(jsonlib.dumps(result, ensure_ascii=False))
            elif not self.quiet:
                for line in lines:
                    typer.echo(_fitted(one_line(line)))
            else:
                for line in lines:
                    if line.startswith(_WARNING):
                        tell_beside(one_line(line))
        except BrokenPipeError:
            silence(sys.stdout)

    def notice(self, sentence: str) -> None:
        """Say something before long work starts, beside the progress."""
        if self._bars is not None:
            self._bars.console.print(one_line(sentence), highlight=False, markup=False)
        elif not self.quiet:
            tell_beside(one_line(sentence))
