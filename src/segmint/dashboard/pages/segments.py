"""The segments of the newest run that has any, and one of them."""

from __future__ import annotations

from typing import Any

from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import Context, kept_by
from segmint.report.html import printable_dict
from segmint.report.pages.segments import said_of, segment_blocks
from segmint.store.run_files import SEGMENTS
from segmint.wording import count, percent


def segment_list(desk: Desk) -> Context:
    """The segments that the model in use knows, or the newest run that found some."""
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
        for segment in found
    ]
    return {"title": "Segments", "run": run, "segments": rows}


def one_segment(desk: Desk, key: str) -> Context | None:
    """One segment: who they are, how they answered, what to offer."""
    run, found = _segments(desk)
    segment = next((part for part in found if str(part["key"]) == key), None)
    if segment is None:
        return None
    kind = kept_by(desk.runs / str(run), SEGMENTS).get("kind")
    keys = [str(part["key"]) for part in found]
    title, *blocks = segment_blocks(segment, discovered=kind == "discovered")
    place = keys.index(key)
    return {
        "title": title["title"],
        "blocks": blocks,
        "before": keys[place - 1] if place else None,
        "after": keys[place + 1] if place + 1 < len(keys) else None,
    }


def _segments(desk: Desk) -> tuple[str | None, list[dict[str, Any]]]:
    used = desk.bundle_run()
    for name in dict.fromkeys([used, *(run.id for run in desk.all_runs()[:50])]):
        if name is not None and (found := kept_by(desk.runs / name, SEGMENTS)).get("segments"):
            return name, list(found["segments"])
    return None, []
