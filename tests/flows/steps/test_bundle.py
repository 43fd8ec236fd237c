"""Using a bundle."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from segmint.errors import BundleError
from segmint.flows.steps import bundle as flow


def test_a_bundle_of_segments_has_no_response() -> None:
    segments: Any = SimpleNamespace(contract=SimpleNamespace(outcome=SimpleNamespace(positive=None)))
    with pytest.raises(BundleError, match="names segments; there is no response to watch"):
        flow.require_response(segments, "there is no response to watch")


def test_advice_of_a_segment_is_what_to_offer_and_not_whom_to_call() -> None:
    def said(kind: str, text: str, column: str, level: str) -> dict[str, Any]:
        return {"kind": kind, "text": text, "evidence": [{"column": column, "level": level}]}

    first = [
        said("who", "Most are retired.", "job", "retired"),
        said("offer", "A fixed rate.", "job", "retired"),
        said("offer", "A savings plan.", "age", "median"),
        said("avoid", "Do not spend calls on them while better segments are left.", "response", "yes"),
    ]
    segments = [
        {"name": "Retired", "key": "1", "sentences": first},
        {"name": "Others", "key": "2", "sentences": [said("need", "Ask them.", "customers", "all")]},
    ]
    bundle: Any = SimpleNamespace(segments={"state": {}, "segments": segments})
    assert flow.segment_advice(bundle) == {"Retired": {"offer": "A fixed rate. A savings plan."}}
