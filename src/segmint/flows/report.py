"""`segmint report`: write a run's page again from what the run left in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from segmint.errors import RunError, SegmintError
from segmint.progress import Progress, silent
from segmint.store.as_made import require_as_made
from segmint.store.run import Run, read_kept, typed
from segmint.store.run_files import PAGE, STORED_PAGE
from segmint.store.staging import publish_bytes


def write_report(folder: Path, progress: Progress = silent) -> Path:
    """Render a run's report and publish it as ``report.html``, beside its dict as ``report.json``.

    The dict holds the drawn charts, so that whoever shows the report later needs nothing that draws.
    """
    from segmint.report.html import render
    from segmint.report.summary import summarise

    progress("writing the report", 0, 1)
    report = summarise(folder)
    publish_bytes(folder / STORED_PAGE, json.dumps(report, ensure_ascii=False).encode("utf-8", "replace"))
    publish_bytes(folder / PAGE, render(report).encode("utf-8"))
    progress("writing the report", 1, 1)
    return folder / PAGE


def write_report_again(folder: Path) -> Path:
    """Render the report of a finished run once more.

    Raises
    ------
    RunError
        If its files were changed so that no page can be drawn of them, or say less than they do today: another version of
        segmint wrote them.
    """
    try:
        page = write_report(folder)
    except SegmintError:
        raise
    except Exception as error:
        _blame_what_was_changed(folder, error)
        if not isinstance(error, KeyError):
            raise
        raise RunError(
            f"The files of {folder.name} do not say {error}, which its report shows.",
            expected="a run of this version of segmint",
            fix="give its command once more",
        ) from error
    Run.open(folder).page_written_again()
    return page


def _blame_what_was_changed(folder: Path, error: Exception) -> None:
    """Refuse a finished run that is not as it was left; if it is, the error is a fault of ours and stays to be seen."""
    run = Run.open(folder)
    if run.status == "done":
        try:
            require_as_made(run.record, folder)
        except RunError as differs:
            raise differs from error


def stored_report(folder: Path) -> dict[str, Any] | None:
    """Return a run's report as it was stored; None if the run has none yet.

    Raises
    ------
    RunError
        If the file is damaged.
    """
    if not (folder / STORED_PAGE).is_file():
        return None
    try:
        report = read_kept(folder, STORED_PAGE)
    except RunError as error:
        raise _damaged(folder) from error
    if report is None or not isinstance(report.get("pages"), list):
        raise _damaged(folder)
    return report


def _damaged(folder: Path) -> RunError:
    return RunError(
        f"The stored report of {folder.name} cannot be read.",
        expected=f"{STORED_PAGE} as the run wrote it",
        fix=f"write it again: {typed(f'segmint report {folder.name}', folder.parent)}",
    )
