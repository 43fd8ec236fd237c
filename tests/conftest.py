"""Fixtures that everyone knows."""

from __future__ import annotations

import os
from collections.abc import Callable
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


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call segmint as typed; the exit code, and what it wrote to either stream."""
    from segmint.cli import main

    def call(*argv: object) -> tuple[int, str, str]:
        code = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
