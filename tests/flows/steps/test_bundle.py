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
