"""`segmint report`: write a run's page again from what the run left in its folder."""

from __future__ import annotations

from pathlib import Path

from segmint.store.staging import publish_file, write_file


def write_report(folder: Path) -> Path:
    """Render a run's report and publish it as ``report.html`` in the run's folder."""
    from segmint.report.html import render_report

    page = render_report(folder).encode("utf-8")
    target = folder / "report.html"
    publish_file(target, lambda path: write_file(path, page))
    return target
