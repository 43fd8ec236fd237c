"""The folder of runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from segmint.errors import RunError
from segmint.store.run import Run
from segmint.store.runs import find_run, runs_in


def create(runs: Path) -> Run:
    return Run.create(runs, "run", "seed = 7\n", 7, {"bank.csv": "sha256:00"})


def test_runs_are_listed_newest_first_and_strangers_are_passed_over(tmp_path: Path) -> None:
    for name in ("2026-03-14T10-15-02Z-3f9c", "2026-03-15T10-15-02Z-0000"):
        run = create(tmp_path)
        run.done()
        run.folder.rename(tmp_path / name)
    (tmp_path / "notes").mkdir()
    (tmp_path / "2026-03-16T10-15-02Z-0000").mkdir()
    (tmp_path / "2026-03-17T10-15-02Z-0000").symlink_to(tmp_path / "2026-03-15T10-15-02Z-0000")
    assert [run.id for run in runs_in(tmp_path)] == ["2026-03-15T10-15-02Z-0000", "2026-03-14T10-15-02Z-3f9c"]
    assert runs_in(tmp_path / "nowhere") == []


def test_a_run_is_found_by_id_by_the_beginning_of_it_and_by_path(tmp_path: Path) -> None:
    run = create(tmp_path / "runs")
    run.done()
    for name in (run.id, run.id[:-2], run.folder, str(run.folder) + "/"):
        assert find_run(name, tmp_path / "runs").id == run.id
    with pytest.raises(RunError, match="There is no run"):
        find_run(str(run.folder), tmp_path / "runs", paths=False)
    create(tmp_path / "runs").done()
    with pytest.raises(RunError, match="There are several runs"):
        find_run(run.id[:10], tmp_path / "runs")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"status": "dancing"}', b"\xff", b'{"status":"done"', b"[" * 99999]
)
def test_a_damaged_record_is_one_clear_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunError, match="is no run"):
        Run.open(tmp_path)


def test_a_name_that_no_run_can_have_and_a_closed_folder_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(RunError, match="There is no run"):
            find_run(name, tmp_path)

    def closed(self: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "iterdir", closed)
    monkeypatch.setattr(Path, "is_file", closed)
    with pytest.raises(RunError, match="cannot be opened: Permission denied"):
        find_run("2026-03-14T10-15-02Z-3f9c", tmp_path)
