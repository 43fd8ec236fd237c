"""Fixtures that everyone knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real tables; a missing one is a failure where skips are forbidden."""
    folder = (ROOT / os.environ.get("SEGMINT_DATA", "../shared/data")).resolve()
    if not folder.is_dir():
        if os.environ.get("SEGMINT_FORBID_SKIPS"):
            pytest.fail(f"no real tables at {folder}; set SEGMINT_DATA")
        pytest.skip("no real tables here; set SEGMINT_DATA to run this test")
    return folder
