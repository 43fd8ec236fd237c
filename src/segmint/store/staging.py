"""Publish a folder or a file whole or not at all: a crash at any moment leaves the old state or the new.

What is new is written beside its target on the same file system, in a folder with a random name and mode
0700. Then every file is flushed to the disk, then the folder, then one rename makes it visible, then the
parent folder is flushed. An error of a flush is final: a second flush may report success for data that was
lost (Rebello et al. 2020, "Can Applications Recover from fsync Failures?").
"""

from __future__ import annotations

import ctypes
import errno
import os
import pwd
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from segmint.errors import RunError, SegmintError, why
from segmint.store.locks import open_folder, take_lock

Result = TypeVar("Result")

FILE_MODE = 0o600
FOLDER_MODE = 0o700

# What the disk may do to a writer; everything else that goes wrong inside a `with` block is the writer's own
# affair.
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_STAGED = re.compile(r"\.(.*)\.staging-[0-9a-f]{16}", re.DOTALL)
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def staging(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Lend an empty folder; when the block ends well, it becomes `target`, whole.

    Parameters
    ----------
    target : Path
        The folder to be. Missing parents are made, readable by the owner only.
    replace : bool
        Put the new folder in the place of one that exists, by swapping the two in one step.

    Yields
    ------
    Path
        The folder to write into. If the block raises, it is removed and nothing is published.

    Raises
    ------
    RunError
        If `target` exists and `replace` is false, if the disk is full or failing, or if something other than
        files and folders was written.
    """
    target = Path(target).absolute()
    if not replace:
        require_free(target)
    with _stage_beside(target) as folder:
        with disk_explained(target, _DISK_ERRORS):
            yield folder
        with disk_explained(target):
            _seal(folder)
            if replace and os.path.lexists(target):
                _swap(folder, target)
            else:
                folder.rename(target)
        _make_lasting(target)


def publish_file(path: Path, write: Callable[[Path], Result], *, keep_access: bool = False) -> Result:
    """Let `write` make one file, which then becomes `path`, whole; return what `write` does.

    Parameters
    ----------
    path : Path
        The file to be; one that exists is replaced in one step.
    write : callable (Path) -> Result
        Gets a path with the same file name in a folder of its own, and writes exactly that file.
    keep_access : bool
        Whether a file that is replaced passes its owner, group and mode on, or what of them lets everybody read it still who could.

    Raises
    ------
    RunError
        As for `staging`; with `keep_access` also if somebody could not read the file any more.
    """
    path = Path(path).absolute()
    with _stage_beside(path) as folder:
        with disk_explained(path, _DISK_ERRORS):
            result = write(folder / path.name)
        with disk_explained(path):
            _seal(folder)
            if keep_access and path.is_file():
                _pass_access_on(path, folder / path.name)
            (folder / path.name).rename(path)
        _make_lasting(path)
    return result


def publish_bytes(path: Path, content: bytes) -> None:
    """Make `content` the file `path`, whole; as `publish_file`."""
    publish_file(path, lambda staged: write_file(staged, content))


def write_file(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600; `staging` flushes it when it publishes."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, FILE_MODE), "wb") as file:
        file.write(content)


@contextmanager
def passing_folder(place: Path) -> Iterator[Path]:
    """Lend an empty folder of mode 0700 beside `place` that is removed when the block ends.

    What a process leaves that dies meanwhile goes with ``sweep_dead(place.parent, re.compile(re.escape(place.name)))``.
    """
    folder, lock = _new_locked_folder(place)
    with _removed(folder, lock):
        yield folder


def sweep_dead(folder: Path, published: re.Pattern[str]) -> None:
    """Remove what dead processes left in a folder; what is locked belongs to a living one.

    Parameters
    ----------
    folder : Path
    published : re.Pattern
        What the names of the targets are like, of long ones the first 100 bytes, whose unfinished states go.
    """
    with suppress(OSError):  # tidying up may fail; publishing must not fail because of it
        staged = [(entry, _STAGED.fullmatch(entry.name)) for entry in folder.iterdir()]
        for entry, name in staged:
            if name is not None and published.fullmatch(name[1]):
                with suppress(OSError):
                    _remove_unlocked(entry)


def sweep_below(folder: Path) -> None:
    """Remove what dead processes left anywhere below a folder, whatever it was to become; links are not followed."""
    for place, below, _ in os.walk(folder):  # what cannot be listed is passed over
        staged = [name for name in below if _STAGED.fullmatch(name)]
        below[:] = [name for name in below if name not in staged]
        for name in staged:
            with suppress(OSError):
                _remove_unlocked(Path(place, name))


def remove_folder(folder: Path) -> None:
    """Remove a folder whose lock the caller holds: it is gone at once, and what a crash leaves of it is swept like any leftover.

    Raises
    ------
    RunError
        If it cannot be removed, or not all of it.
    """
    aside = folder.parent / f".{_short(folder.name)}.staging-{secrets.token_hex(8)}"
    try:
        folder.rename(aside)
        shutil.rmtree(aside)
    except OSError as error:
        raise RunError(
            f"It could not be removed: {why(error)}.",
            expected="a folder that may be changed",
            fix="ask its owner for it",
        ) from error


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents with mode 0700, flushed to the disk."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(FOLDER_MODE)
        path.chmod(FOLDER_MODE)
        _flush(real_path(path.parent))


def real_path(path: Path) -> Path:
    """Follow every link of a path that an operator named: what lies there is meant, not the link.

    Where links lead in a circle the path stays as it is, for the system to refuse.
    """
    return Path(os.path.realpath(path))


def written_to(path: Path) -> Path:
    """Name the file that is written under a path, for people: of a link the one that it leads to."""
    return real_path(path) if path.is_symlink() else path


@contextmanager
def _stage_beside(target: Path) -> Iterator[Path]:
    with disk_explained(target):
        make_folder(target.parent)
        sweep_dead(target.parent, re.compile(re.escape(_short(target.name))))
        folder, lock = _new_locked_folder(target)
    # After a swap this is the old state, after an error the unfinished one; after a rename there is nothing here.
    with _removed(folder, lock):
        yield folder


@contextmanager
def _removed(folder: Path, lock: int) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _new_locked_folder(target: Path) -> tuple[Path, int]:
    """Make a staging folder and hold its lock, which the system lets go when this process dies."""
    while True:
        folder = target.parent / f".{_short(target.name)}.staging-{secrets.token_hex(8)}"
        folder.mkdir(FOLDER_MODE)
        # Someone may sweep the folder in the moment between making and locking it: then another one is made.
        try:
            folder.chmod(FOLDER_MODE)
            lock = open_folder(folder)
        except FileNotFoundError:
            continue
        except OSError:
            folder.rmdir()
            raise
        take_lock(lock, wait=True)  # where there are no locks leftovers stay, nothing else is lost
        if folder.exists():
            return folder, lock
        os.close(lock)


def _short(name: str) -> str:
    """Cut a name for that of a staging folder; file systems count the bytes of a name, not its characters."""
    return os.fsencode(name)[:100].decode("utf-8", "ignore")


def _remove_unlocked(folder: Path) -> None:
    lock = open_folder(folder)
    try:
        if take_lock(lock) == "ours":
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _seal(folder: Path) -> None:
    """Set the modes and flush everything to the disk, files before the folders that hold them."""
    # Left to itself, `os.walk` passes over a folder that it cannot list.
    for place, _, names in os.walk(folder, topdown=False, onerror=_raise):
        for name in names:
            file = Path(place, name)
            if not stat.S_ISREG(file.lstat().st_mode):
                raise RunError(
                    f"'{name}' is neither a file nor a folder.",
                    expected="files and folders only, no links",
                    fix="copy the content instead of linking to it",
                )
            _flush(file, mode=FILE_MODE)
        _flush(Path(place), mode=FOLDER_MODE)


def _pass_access_on(old: Path, new: Path) -> None:
    """Give a file the owner, group and mode of the one that it replaces, or what lets everybody read it who could.

    Only the system's administrator may give a file away, and only to a group of one's own may one pass it on: where everybody
    may read a file, neither is needed, and where a group may, its owner is not.
    """
    known, made = old.stat(), new.stat()
    if _access(known) == _access(made):
        return
    descriptor = os.open(new, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, _passed_on(descriptor, known))
        os.fsync(descriptor)
    except PermissionError as error:
        raise RunError(
            f"'{old.name}' belongs to another user or group, and not everybody who may read it now could read the new one.",
            expected="a user who may give the file to whom it belongs",
            fix="run the command as the user that the file belongs to; the file was left as it was",
        ) from error
    finally:
        os.close(descriptor)


def _passed_on(descriptor: int, known: os.stat_result) -> int:
    """Pass owner and group on as far as one may; return the mode that goes with them.

    Raises
    ------
    PermissionError
        If somebody could not read the file any more.
    """
    mode = _access(known)[-1]
    with suppress(PermissionError):
        os.fchown(descriptor, known.st_uid, known.st_gid)
        return mode
    everybody = mode & stat.S_IRGRP and mode & stat.S_IROTH
    try:
        os.fchown(descriptor, -1, known.st_gid)
    except PermissionError:
        if not everybody:
            raise
        return mode & ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3  # to a group of ours no more than to everybody
    if not everybody and not (mode & stat.S_IRGRP and _may_be_in(known.st_uid, known.st_gid)):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    return mode


def _may_be_in(user: int, group: int) -> bool:
    """Whether a user reads what a group may; of one whom the system does not know by name, as in a container, the file itself says so."""
    try:
        known = pwd.getpwuid(user)
        return user == 0 or group in os.getgrouplist(known.pw_name, known.pw_gid)
    except (KeyError, OSError):
        return True


def _access(known: os.stat_result) -> tuple[int, int, int]:
    return known.st_uid, known.st_gid, stat.S_IMODE(known.st_mode) & 0o777


def _raise(error: OSError) -> None:
    raise error


def _flush(path: Path, *, mode: int | None = None) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swap(folder: Path, target: Path) -> None:
    """Exchange two folders in one step: there is no moment without a whole one in place."""
    libc = ctypes.CDLL(None, use_errno=True)
    exchange = getattr(libc, "renameat2", None)
    if exchange is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if exchange(_AT_FDCWD, os.fsencode(folder), _AT_FDCWD, os.fsencode(target), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _make_lasting(target: Path) -> None:
    try:
        _flush(real_path(target.parent))
    except OSError as error:
        raise RunError(
            f"'{target.name}' is in place, but the disk did not confirm it: {os.strerror(error.errno or 0)}.",
            expected="a disk that confirms what it was given",
            fix="check the disk, then run the command again",
        ) from error


@contextmanager
def disk_explained(target: Path, codes: frozenset[int] | None = None) -> Iterator[None]:
    """Say in words why something for `target` cannot be written: a full or failing disk, a folder that is closed."""
    try:
        yield
    except SegmintError:
        raise
    except Exception as error:
        code = system_code(error)
        if code not in codes if codes is not None else not isinstance(error, OSError):
            raise
        full = code in _NO_ROOM
        raise RunError(
            f"'{target}' could not be written: {os.strerror(code)}{_free(target.parent) if full else ''}.",
            expected=f"a folder that can be written to{', with room left' if full else ''}",
            fix=f"{'make room or ' if full else ''}choose another folder; no part of it is there, what was there is untouched",
        ) from error


def system_code(error: Exception) -> int:
    """Find the system's number of what went wrong; libraries written in Rust only say it: "(os error 28)"."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    said = re.search(r"\(os error (\d+)\)", str(error))
    return int(said[1]) if said else 0


def _free(folder: Path) -> str:
    try:
        return f" ({shutil.disk_usage(folder).free / 1e6:,.0f} MB are free)"
    except OSError:
        return ""


def require_free(target: Path) -> None:
    """Refuse a name that is taken, before long work rather than after it.

    Raises
    ------
    RunError
        If something lies there.
    """
    if os.path.lexists(target):
        raise _exists(target)


def require_writable(target: Path, option: str) -> None:
    """Refuse a place that cannot be written to, before long work rather than after it.

    Parameters
    ----------
    target : Path
        The file or folder to be; its parents need not be there.
    option : str
        What names another place: "--out".

    Raises
    ------
    RunError
        If something that is no folder lies above it, nothing may be written there, or the libraries that write tables
        would take it for another place.
    """
    _refuse_other_bytes(Path(target).absolute(), option)
    above = next(folder for folder in Path(target).absolute().parents if os.path.lexists(folder))
    if not above.is_dir():
        came = f"'{above}' is no folder, so nothing can be written into it."
    elif not os.access(above, os.W_OK | os.X_OK):
        came = f"Nothing may be written into the folder '{above}'."
    else:
        return
    raise RunError(came, expected="a folder that can be written to", fix=f"name another place: {option}")


def _refuse_other_bytes(target: Path, option: str) -> None:
    """Refuse a name that the system writes in other bytes than UTF-8, in which Arrow and Polars write it."""
    if os.fsencode(target) != str(target).encode("utf-8", "replace"):
        raise RunError(
            f"'{ascii(str(target))[1:-1]}' has letters that cannot be written in the encoding of file names here, "
            f"{sys.getfilesystemencoding()}.",
            expected="names of ASCII letters, or UTF-8 as the encoding",
            fix=f"set LC_ALL=C.UTF-8 or PYTHONUTF8=1, or name another place: {option}",
        )


def _exists(target: Path) -> RunError:
    return RunError(
        f"'{target.name}' exists already.",
        expected="a name that is free",
        fix="choose another name, or move what is there away",
    )
