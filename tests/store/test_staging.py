"""Published whole or not at all, for the owner only (BND-07)."""

from __future__ import annotations

import errno
import os
import pwd
import resource
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmint.errors import RunError
from segmint.store import staging as module
from segmint.store.staging import (
    _may_be_in,
    disk_explained,
    make_folder,
    publish_file,
    require_writable,
    staging,
    write_file,
)


@pytest.fixture
def umask_none() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> set[tuple[str, int]]:
    paths = [folder, *folder.rglob("*")]
    return {("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode)) for path in paths}


def fail_in(target: Path, error: type[BaseException]) -> None:
    with staging(target) as folder:
        write_file(folder / "a", b"1")
        raise error


def test_a_folder_appears_whole_when_the_block_ends(tmp_path: Path) -> None:
    with staging(tmp_path / "deep" / "bundle") as folder:
        write_file(folder / "a", b"1")
        make_folder(folder / "inner" / "more")
        (folder / "inner" / "more" / "b").write_bytes(b"2")
        assert not (tmp_path / "deep" / "bundle").exists()
    assert (tmp_path / "deep" / "bundle" / "inner" / "more" / "b").read_bytes() == b"2"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["bundle"]


def test_nothing_appears_when_the_block_fails(tmp_path: Path) -> None:
    for error in (ValueError, KeyboardInterrupt, FileNotFoundError):
        with pytest.raises(error):
            fail_in(tmp_path / "bundle", error)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_refused_unless_its_replacement_is_asked_for(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        with staging(tmp_path / "bundle", replace=content == b"new") as folder:
            write_file(folder / content.decode(), content)
    assert [path.name for path in (tmp_path / "bundle").iterdir()] == ["new"]
    with pytest.raises(RunError, match="exists already"), staging(tmp_path / "bundle"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_failed_replacement_leaves_the_old_folder(tmp_path: Path) -> None:
    with staging(tmp_path / "bundle") as folder:
        write_file(folder / "old", b"1")
    with pytest.raises(ValueError, match="no"), staging(tmp_path / "bundle", replace=True):
        raise ValueError("no")
    assert (tmp_path / "bundle" / "old").read_bytes() == b"1"


def test_two_who_publish_the_same_name_leave_one_whole_folder(tmp_path: Path) -> None:
    def both() -> None:
        with staging(tmp_path / "bundle") as first:
            write_file(first / "a", b"first")
            with staging(tmp_path / "bundle") as second:
                write_file(second / "a", b"second")

    with pytest.raises(RunError, match="could not be written"):
        both()
    assert (tmp_path / "bundle" / "a").read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    publish_file(path, lambda staged: staged.write_text("old"))
    publish_file(path, lambda staged: staged.write_text("new"))
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_replaces_a_link_does_not_write_through_it(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("untouched")
    (tmp_path / "list.csv").symlink_to(tmp_path / "elsewhere")
    publish_file(tmp_path / "list.csv", lambda staged: staged.write_text("new"))
    assert (tmp_path / "elsewhere").read_text() == "untouched"
    assert not (tmp_path / "list.csv").is_symlink()


@pytest.mark.usefixtures("umask_none")
def test_everything_is_for_the_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    with staging(tmp_path / "a" / "bundle") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("careless")
    publish_file(tmp_path / "a" / "list.csv", lambda path: path.write_text("careless"))
    assert modes(tmp_path / "a") == {("folder", 0o700), ("file", 0o600)}


def test_a_folder_that_is_a_link_is_written_into_like_the_folder_itself(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "linked").symlink_to("volume")
    publish_file(tmp_path / "linked" / "list.csv", lambda staged: staged.write_text("whole"))
    with staging(tmp_path / "linked" / "deep" / "bundle") as folder:
        write_file(folder / "a", b"1")
    assert (tmp_path / "volume" / "list.csv").read_text() == "whole"
    assert (tmp_path / "volume" / "deep" / "bundle" / "a").read_bytes() == b"1"
    assert (tmp_path / "linked").is_symlink()


def test_a_file_that_is_replaced_passes_its_access_on_before_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "shared.csv", []
    publish_file(path, lambda staged: staged.write_text("first"), keep_access=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    known, rename = path.stat(), Path.rename
    monkeypatch.setattr(os, "fchown", lambda _, user, group: seen.append((user, group)))

    def watched(staged: Path, target: Path) -> Path:
        seen.append(stat.S_IMODE(staged.stat().st_mode))
        return rename(staged, target)

    monkeypatch.setattr(Path, "rename", watched)
    publish_file(path, lambda staged: staged.write_text("second"), keep_access=True)
    assert seen == [(known.st_uid, known.st_gid), 0o640]
    publish_file(path, lambda staged: staged.write_text("third"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("mode", "may_keep_group", "then"), [
    (0o400, True, None), (0o660, True, 0o660), (0o644, True, 0o644), (0o660, False, None), (0o644, False, 0o644),
    (0o664, False, 0o644), (0o604, True, None), (0o604, False, None),
])  # fmt: skip
def test_a_file_of_somebody_else_is_replaced_only_where_they_can_read_it_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, may_keep_group: bool, then: int | None
) -> None:
    path = shared_file(tmp_path, monkeypatch, mode, may_keep_group)
    if then is not None:
        publish_file(path, lambda staged: staged.write_text("new"), keep_access=True)
    else:
        with pytest.raises(RunError, match="belongs to another user or group"):
            publish_file(path, lambda staged: staged.write_text("new"), keep_access=True)
    assert path.read_text() == ("old" if then is None else "new")
    assert stat.S_IMODE(path.stat().st_mode) == (mode if then is None else then)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_somebody_outside_of_its_group_is_not_taken_from_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared_file(tmp_path, monkeypatch, 0o640, may_keep_group=True)
    monkeypatch.setattr("segmint.store.staging._may_be_in", lambda user, group: False)
    with pytest.raises(RunError, match="not everybody who may read it now"):
        publish_file(path, lambda staged: staged.write_text("new"), keep_access=True)
    path.chmod(0o644)
    publish_file(path, lambda staged: staged.write_text("new"), keep_access=True)
    assert path.read_text() == "new"


def test_who_is_in_a_group_is_known_of_named_users_and_believed_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = pwd.getpwnam("nobody")
    assert _may_be_in(nobody.pw_uid, nobody.pw_gid)
    assert not _may_be_in(nobody.pw_uid, 54_321)
    assert _may_be_in(0, 54_321)  # root reads every file
    monkeypatch.setattr(pwd, "getpwuid", lambda user: {}[user])
    assert _may_be_in(nobody.pw_uid, 54_321)


def shared_file(folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int, may_keep_group: bool) -> Path:
    """A file that may not be given to its owner, and to its group only if said so."""
    path = folder / "shared.csv"
    path.write_text("old")
    path.chmod(mode)

    def refused(_: int, user: int, __: int) -> None:
        if user != -1 or not may_keep_group:
            raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr(os, "fchown", refused)
    return path


def test_links_are_not_published(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="neither a file nor a folder"), staging(tmp_path / "bundle") as folder:
        (folder / "passwd").symlink_to("/etc/passwd")
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    child = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from segmint.store.staging import staging
        with staging(Path(sys.argv[1])) as folder:
            (folder / "half").write_text("x")
            print(folder, flush=True)
            time.sleep(60)
    """)
    target = tmp_path / "bundle"
    with subprocess.Popen([sys.executable, "-c", child, str(target)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        held = Path(other.stdout.readline().strip())
        with staging(target) as folder:
            write_file(folder / "a", b"1")
        assert held.is_dir(), "a living process lost its folder"
        other.kill()
        other.wait()
    assert held.is_dir()
    with staging(target, replace=True) as folder:
        write_file(folder / "a", b"2")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["a" * 251 + ".csv", "客" * 83 + ".csv", "é" * 125 + ".csv"])
def test_a_name_of_as_many_bytes_as_a_file_may_have_is_published_and_swept(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    left = []
    publish_file(target, lambda path: (write_file(path, b"1"), left.append(path.parent.name)))
    (tmp_path / left[0]).mkdir()
    publish_file(target, lambda path: write_file(path, b"2"))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert target.read_bytes() == b"2"


def test_a_folder_that_is_swept_the_moment_it_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Path] = []

    def open_swept(path: Path, flags: int, mode: int = 0o777) -> int:
        if ".staging-" in str(path) and not swept:
            swept.append(Path(path))
            Path(path).rmdir()
        return real(path, flags, mode)

    real = os.open
    monkeypatch.setattr(module.os, "open", open_swept)
    publish_file(tmp_path / "a", lambda path: path.write_bytes(b"1"))
    assert swept
    assert (tmp_path / "a").read_bytes() == b"1"


def test_names_of_unfinished_folders_cannot_be_guessed(tmp_path: Path) -> None:
    names: set[str] = set()
    for _ in range(50):
        with staging(tmp_path / "bundle", replace=True) as folder:
            names.add(folder.name)
    assert len(names) == 50
    assert all(len(name.rpartition("-")[2]) == 16 for name in names)


def test_an_error_of_a_flush_is_final_and_never_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fails(descriptor: int) -> None:
        asked.append(descriptor)
        raise OSError(errno.EIO, "bad disk")

    monkeypatch.setattr(module.os, "fsync", fails)
    with pytest.raises(RunError, match="could not be written: Input/output error"), staging(tmp_path / "b") as folder:
        write_file(folder / "a", b"1")
    assert len(asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_explained_and_leaves_what_was_there(tmp_path: Path) -> None:
    """CRA-06: a write that comes short, as on a full disk or a quota."""
    path = tmp_path / "list.csv"
    publish_file(path, lambda staged: staged.write_bytes(b"old"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(RunError, match=r"File too large \(.* MB are free\)"):
            publish_file(path, lambda staged: write_file(staged, bytes(1_000_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_publishing_a_small_file_costs_little(tmp_path: Path) -> None:
    start = time.perf_counter()
    for number in range(20):
        publish_file(tmp_path / "run.json", lambda path, text=str(number): path.write_text(text))
    assert (time.perf_counter() - start) / 20 < 0.5


def test_publishing_loads_no_numerical_library() -> None:
    code = "import segmint.store.staging, sys; print([m for m in ('numpy', 'polars', 'pydantic') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("kind", ["write_parquet", "write_csv"])
def test_a_full_disk_is_said_whoever_writes(tmp_path: Path, kind: str) -> None:
    import polars as pl

    frame = pl.DataFrame({"a": range(200_000)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(RunError, match=r"/t' could not be written: File too large \(.* MB are free"):
            publish_file(tmp_path / "t", lambda path: getattr(frame, kind)(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("code", "room"), [(errno.ENOSPC, True), (errno.EACCES, False), (errno.ENOTDIR, False)])
def test_what_cannot_be_written_is_named_whole_and_room_is_asked_for_where_it_lacks(
    tmp_path: Path, code: int, room: bool
) -> None:
    with (
        pytest.raises(RunError, match=f"'{tmp_path}/runs/t' could not be written") as caught,
        disk_explained(tmp_path / "runs" / "t"),
    ):
        raise OSError(code, os.strerror(code))
    assert [word in str(caught.value) for word in ("make room", "MB are free", "room left")] == [room, False, room]


def test_a_place_that_cannot_be_written_to_is_refused_with_the_option_that_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hist.csv").write_text("not a folder")
    require_writable(tmp_path / "new" / "folder" / "p.csv", "--out")
    assert not (tmp_path / "new").exists()
    with pytest.raises(RunError, match=r"hist\.csv' is no folder") as caught:
        require_writable(tmp_path / "hist.csv" / "p.csv", "--out")
    assert caught.value.fix == "name another place: --out"
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(RunError, match="Nothing may be written into"):
        require_writable(tmp_path / "p.csv", "--out")
