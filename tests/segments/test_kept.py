"""What `segments.json` holds is read only where it is as segmint writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segmint.contract.valid_table import ValidTable
from segmint.segments.kept import read_segments
from segmint.segments.segmentation import Segmentation

from .small_state import BY_TREE, BY_WEIGHTS, described, kept


def test_segments_as_they_were_found_are_read_as_they_are(found: Segmentation, campaign: ValidTable) -> None:
    told = json.loads(json.dumps(found.to_json()))
    assert read_segments(told, campaign.contract.features("planning")) is told


def test_known_segments_have_no_state() -> None:
    assert read_segments(kept(None))["state"] is None
    assert read_segments(kept(BY_TREE))["state"] == BY_TREE


def without(name: str) -> dict[str, Any]:
    return {key: told for key, told in described("1").items() if key != name}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({}, "kind"),
        (kept(kind="known"), "no state by which it could assign, or one"),
        (kept(None, kind="discovered"), "no state by which it could assign, or one"),
        (kept({"count": 2}), "state"),
        (kept(BY_WEIGHTS | {"weights": []}), "weights do not fit"),
        (kept(segments=[]), "segments"),
        (kept(segments=[described("1")]), "not as many segments"),
        (kept(segments=[described("1"), described("1")]), "one key"),
        *((kept(segments=[without(name), described("2")]), name) for name in ("key", "name", "sentences", "customers")),
        (kept(segments=[described("1") | {"sentences": [{"kind": "offer"}]}, described("2")]), "sentences"),
        (kept(segments=[described("1") | {"response": {"rate": "high"}}, described("2")]), "response"),
        (kept(brought={"in_money": True}), "brought"),
        (kept(brought={"in_money": False, "base": 0.1, "segments": [
            {"key": "9", "each": 0.1, "low": 0.0, "high": 0.2, "part": 1.0}]}), "weighs a segment"),
        (kept(proof={}), "differs"),
        (kept(gaps={"age": {}}), "gaps"),
    ],
)  # fmt: skip
def test_what_is_not_as_segmint_writes_it_is_refused_by_name(told: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_segments(told)


def test_a_refusal_quotes_nothing_of_the_file() -> None:
    with pytest.raises(ValueError, match="segments") as caught:
        read_segments(kept(segments=[described("1") | {"customers": "Anna Secret"}, described("2")]))
    assert "Anna" not in str(caught.value)
