"""The tables that were brought, and one of them."""

from __future__ import annotations

from segmint.dashboard.contracts import UNFIT, choices
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import (
    DAY,
    Context,
    at_work,
    bundle_in_use,
    has_model,
    in_bytes,
    makes_lists,
    misfit,
    model_in_words,
    or_why_not,
    tables_brought,
)
from segmint.errors import SegmintError


def upload(desk: Desk) -> Context:
    """Where tables are brought, and those that are here."""
    return {"title": "Upload and run", "tables": tables_brought(desk), "work": at_work(desk)}


def one_table(desk: Desk, table: str, draft: str | None = None, problem: SegmintError | None = None) -> Context:
    """One table: what to do with it."""
    found, unreadable = desk.tables.find(table), desk.unreadable(table)
    (used, wrong), (bundle, _) = bundle_in_use(desk), or_why_not(desk.bundle)
    contracts = [] if unreadable else choices(desk, table)
    return {
        "title": found.name,
        "about": f"{found.brought:{DAY}}",
        "table": found,
        "size": f"{in_bytes(found.size)}, brought {found.brought:{DAY}}",
        "readable": unreadable is None,
        "contracts": contracts,
        "unfit": UNFIT,
        "teaches": any(title != UNFIT for title, _ in contracts),
        "draft": draft,
        "problem": unreadable or problem or wrong,
        "model": wrong is None and has_model(desk, used),
        "named": model_in_words(desk),
        "lists": makes_lists(bundle),
        "misfit": None if unreadable else misfit(desk, table, found.name, bundle),
    }
