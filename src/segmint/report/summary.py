"""One plain dict that holds the whole report: what HTML, JSON and the dashboard show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segmint.report.pages import (
    answer,
    backtest,
    call_list,
    columns,
    comparison,
    group_quality,
    list_curves,
    list_fairness,
    list_holdout,
    list_limits,
    list_what_if,
    measure,
    migration,
    monitoring,
    network,
    on_test,
    quality,
    reading,
    reasons,
    search,
    segments,
    settings,
)
from segmint.report.run_view import RunView
from segmint.store import run_files

PAGES = (
    answer,
    call_list,
    list_limits,
    list_what_if,
    list_curves,
    list_holdout,
    list_fairness,
    backtest,
    monitoring,
    measure,
    migration,
    segments,
    reading,
    columns,
    comparison,
    on_test,
    quality,
    group_quality,
    reasons,
    network,
    search,
    settings,
)
"""The report's pages in reading order."""


def summarise(folder: Path) -> dict[str, Any]:
    """Make the report of a run folder as one dict of texts, numbers and SVG.

    Parameters
    ----------
    folder : Path
        A run folder; pages whose files are absent are left out.

    Returns
    -------
    dict
        ``title``, ``subtitle``, ``run`` and ``pages``; JSON can hold it.

    Raises
    ------
    RunError
        If a file of the run is damaged.
    """
    run = RunView(folder)
    pages = [page for module in PAGES if (page := module.page(run)) is not None]
    if pages and pages[-1]["name"] == "settings":
        pages[-1]["blocks"] += settings.words_used(pages)
    return {"title": _title(run), "subtitle": _subtitle(run), "run": _run_name(run), "pages": pages}


TITLES = {
    run_files.TARGET: "Whom to call",
    run_files.BACKTEST: "Had you used it since the first wave?",
    run_files.MONITOR: "Is it as in training?",
    run_files.MEASURE: "Did calling pay?",
    run_files.MIGRATION: "Who the customers of the new wave are",
}


def _title(run: RunView) -> str:
    for name, title in TITLES.items():
        if (run.folder / name).is_file():
            return title
    if run.run.get("command") == "segment":
        return "Customers by segment"
    return "Who says yes" if run.is_response else "Who belongs to which segment"


def _subtitle(run: RunView) -> str:
    about = (run.contract.title or run.contract.name) if run.contract else ""
    return " · ".join(part for part in (about, run.source) if part)


def _run_name(run: RunView) -> str:
    return str(run.run.get("id") or run.folder.name)
