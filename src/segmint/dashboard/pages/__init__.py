"""What each page shows, as plain dicts of texts and blocks: functions of a `Desk`, testable without a server."""

from __future__ import annotations

from segmint.dashboard.pages.comparison import compare
from segmint.dashboard.pages.customers import customer, try_it
from segmint.dashboard.pages.lists import labels_of, list_builder, preview
from segmint.dashboard.pages.overview import monitoring, overview
from segmint.dashboard.pages.runs import FILE_SCOPES, FILES, one_run, run_list
from segmint.dashboard.pages.segments import one_segment, segment_list
from segmint.dashboard.pages.tables import one_table, upload

__all__ = [
    "FILES",
    "FILE_SCOPES",
    "compare",
    "customer",
    "labels_of",
    "list_builder",
    "monitoring",
    "one_run",
    "one_segment",
    "one_table",
    "overview",
    "preview",
    "run_list",
    "segment_list",
    "try_it",
    "upload",
]
