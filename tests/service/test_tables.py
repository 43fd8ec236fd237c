"""Tables of customers do not stay on the disk, also where the service was killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from segmint.service import start, tables
from segmint.store.staging import passing_folder

DIES = """
import os, signal
from segmint.service import tables
from segmint.store.staging import passing_folder
with passing_folder(tables._place()) as folder:
    (folder / "table.csv").write_text("SECRET")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return place


def test_what_a_killed_service_left_goes_at_the_next_start_and_what_is_in_use_stays(temporary: Path) -> None:
    (temporary / "other").mkdir()
    assert subprocess.run([sys.executable, "-c", DIES], check=False).returncode < 0
    (left,) = [place for place in temporary.iterdir() if place.name != "other"]
    assert (left.stat().st_mode & 0o777, (left / "table.csv").read_text()) == (0o700, "SECRET")
    with passing_folder(tables._place()) as in_use:
        tables.sweep()
        assert {place.name for place in temporary.iterdir()} == {in_use.name, "other"}
    assert [place.name for place in temporary.iterdir()] == ["other"]


def test_a_start_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def swept() -> None:
        raise InterruptedError

    monkeypatch.setattr(start, "bound", lambda *_: [])
    monkeypatch.setattr(start, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(tables, "sweep", swept)
    with pytest.raises(InterruptedError):
        start.start("PROMOTED", Path("runs"), host="127.0.0.1", port=1)


@pytest.mark.parametrize(("path", "status"), [("/v1/predict", 200), ("/v1/predict?data.decimal=x", 422)])
def test_an_answer_leaves_no_table_behind(
    ask: Callable[..., httpx.Response], temporary: Path, path: str, status: int
) -> None:
    answer = ask("POST", path, b"age,job\n41,student\n", headers={"content-type": "text/csv"})
    assert answer.status_code == status
    assert list(temporary.iterdir()) == []
