"""The segments of the newest run that has any, and one of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import Context, kept_by, or_why_not
from segmint.flows.runs import table_of
from segmint.report.blocks import Block, fold
from segmint.report.html import printable_dict
from segmint.report.pages.segments import (
    best_first,
    currency_of,
    decision_blocks,
    segment_blocks,
    shortfalls,
    title_of_shortfalls,
)
from segmint.segments.kept import KeptSegments, said_of
from segmint.store.run_files import SEGMENTS
from segmint.wording import count, percent


def segment_list(desk: Desk) -> Context:
    """The segments that the model in use knows, or the newest run that found some: whom to call first, and each of them."""
    run, found = _segments(desk)
    rows = [
        {
            "key": str(segment["key"]),
            "name": said_of(segment),
            "customers": count(segment["customers"]),
            "share": percent(segment["share"], 0),
            "response": percent((segment["response"] or {}).get("rate")),
            "who": printable_dict(next((s["text"] for s in segment["sentences"] if s["kind"] == "who"), "")),
        }
        for segment in _in_order(found)
    ]
    return {
        "title": "Segments",
        **_origin(desk, run),
        "segments": rows,
        "blocks": _decision(found),
        "newer": _newer(desk, run),
    }


def one_segment(desk: Desk, key: str) -> Context | None:
    """One segment: who they are, how they answered, what to offer."""
    run, found = _segments(desk)
    segments = _in_order(found)
    keys = [str(part["key"]) for part in segments]
    if key not in keys:
        return None
    place = keys.index(key)
    title, *blocks = segment_blocks(
        segments[place], discovered=found.get("kind") == "discovered", currency=currency_of(found), chart_level=3
    )
    return {
        "title": title["title"],
        **_origin(desk, run),
        "blocks": blocks,
        "money": str((found.get("money") or {}).get("source") or ""),
        "before": keys[place - 1] if place else None,
        "after": keys[place + 1] if place + 1 < len(keys) else None,
    }


def _origin(desk: Desk, run: str | None) -> Context:
    """Of which run and which table the segments are, and whether that is another than the model in use."""
    made, _ = or_why_not(lambda: None if run is None else desk.run(run))
    return {
        "run": run,
        "source": "" if made is None else table_of(made),
        "of_another": run is not None and desk.bundle_run() not in (None, run),
    }


def _decision(found: dict[str, Any]) -> list[Block]:
    """What the report decides by; nothing of a run of before it was kept."""
    with suppress(KeyError):
        short = shortfalls(found)
        blocks = decision_blocks(cast(KeptSegments, found))
        for block in blocks:
            if block["kind"] == "table":
                block["links"] = [f"#card-{place}" for place, _ in enumerate(block["rows"], 1)]
        return [
            *blocks,
            *([fold(title_of_shortfalls(found), short)] if short else []),
        ]
    return []


def _in_order(found: dict[str, Any]) -> list[Any]:
    """The segments as the table shows them, the best first; as they were kept, of a run of before that was kept."""
    with suppress(KeyError):
        return [*best_first(cast(KeptSegments, found))]
    return [*found.get("segments", ())]


def _newer(desk: Desk, shown: str | None) -> str | None:
    """The newest run that found segments since the one that is shown, if any."""
    for run in desk.all_runs()[:50]:
        if run.id == shown:
            return None
        if kept_by(run.folder, SEGMENTS).get("segments"):
            return run.id
    return None


def _segments(desk: Desk) -> tuple[str | None, dict[str, Any]]:
    used = desk.bundle_run()
    for name in dict.fromkeys([used, *(run.id for run in desk.all_runs()[:50])]):
        if name is not None and (found := kept_by(desk.runs / name, SEGMENTS)).get("segments"):
            return name, found
    return None, {}
