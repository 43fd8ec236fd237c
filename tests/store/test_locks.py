"""A folder is locked in one way, and where a file system has no locks nothing is lost silently."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from segmint.errors import RunError
from segmint.store import alone as alone_module
from segmint.store.alone import alone
from segmint.store.locks import open_folder, take_lock
from segmint.store.run import Run
from segmint.store.staging import publish_bytes


@pytest.fixture(params=[errno.ENOLCK, errno.EBADF, errno.EOPNOTSUPP])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_a_lock_is_ours_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    first, second = open_folder(tmp_path), open_folder(tmp_path)
    assert (take_lock(first), take_lock(second)) == ("ours", "another's")
    os.close(first)
    assert take_lock(second, wait=True) == "ours"
    os.close(second)


def test_a_link_is_followed_only_where_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(OSError, match="link'"):
        open_folder(tmp_path / "link")
    os.close(open_folder(tmp_path / "link", follow=True))


def test_another_change_under_way_is_waited_for_and_then_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone_module, "_PATIENCE", 0.05)
    with (
        alone(tmp_path, "promotion"),
        pytest.raises(RunError, match="Another promotion is under way"),
        alone(tmp_path, "promotion"),
    ):
        pass
    with alone(tmp_path, "promotion"):
        pass


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_change_that_could_be_lost_is_refused_in_words(tmp_path: Path) -> None:
    with (
        pytest.raises(RunError, match="cannot be locked for a promotion: nothing was changed") as told,
        alone(tmp_path, "promotion"),
    ):
        pytest.fail("went on")
    assert "local disk" in told.value.fix


@pytest.mark.usefixtures("no_locks")
def test_without_locks_runs_and_files_are_made_all_the_same(tmp_path: Path) -> None:
    publish_bytes(tmp_path / "file", b"whole")
    publish_bytes(tmp_path / "file", b"again")
    assert (tmp_path / "file").read_bytes() == b"again"
    with Run.create(tmp_path / "runs", "run", "", None, {}) as here:
        here.done({})
    assert here.status == "done"
