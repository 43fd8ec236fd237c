"""Small segments as `segments.json` holds them, for a contract of an age and a job: by weights and by a tree."""

from __future__ import annotations

from typing import Any

AGE: dict[str, Any] = {
    "column": "age", "type": "bands", "cuts": [40.0], "states": [], "codes": [], "missing": -1,
    "labels": ["under 40", "40 or more"], "ordered": True,
}  # fmt: skip
JOB: dict[str, Any] = {
    "column": "job", "type": "levels", "levels": ["admin.", "student"], "other": 2, "missing": -1,
    "labels": ["admin.", "student", "other levels"], "ordered": False,
}  # fmt: skip
SCORE: dict[str, Any] = {
    "column": "age",
    "type": "score",
    "knots": [20.0, 60.0],
    "values": [-1.0, 1.0],
    "states": [],
}
BY_WEIGHTS: dict[str, Any] = {
    "format": 1, "method": "latent-class", "count": 2, "coding": [AGE, JOB],
    "weights": [[0.0, -2.0], [-2.0, 0.0], [0.0, 0.0], [0.0, -1.0], [0.0, 0.0]], "log_shares": [-0.5, -1.0],
}  # fmt: skip
NODES: list[dict[str, Any]] = [
    {"column": 0, "left_levels": [0], "left": 1, "right": 2},
    {"leaf": 0, "counts": [30, 1]},
    {"leaf": 1, "counts": [2, 20]},
]
BY_TREE: dict[str, Any] = {
    "format": 1, "method": "tree", "count": 2, "coding": [AGE, JOB], "tree": {"nodes": NODES}, "segment_of_leaf": [1, 0],
}  # fmt: skip


def described(key: str) -> dict[str, Any]:
    """A segment of whom nothing is said."""
    return {
        "key": key,
        "name": f"Segment {key}",
        "customers": 50,
        "rows": 50,
        "share": 0.5,
        "response": None,
        "sentences": [],
    }


def kept(state: dict[str, Any] | None = BY_WEIGHTS, **changes: Any) -> dict[str, Any]:
    """What `segments.json` holds of two segments, with changes."""
    kind = "known" if state is None else "discovered"
    told = {"format": 1, "kind": kind, "state": state, "segments": [described("1"), described("2")]}
    return told | {"brought": None, "proof": None, "gaps": {}} | changes
