"""Open a folder of few known files without trusting it: no links, no strange files, no surprise in size."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segmint.errors import BundleError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: opening a pipe that nobody writes to would wait for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@contextmanager
def opened_folder(path: Path, *, below: tuple[str, ...] = ()) -> Iterator[int]:
    """Open a folder, then the folders `below` it one by one, none of them a link; yields a descriptor.

    Raises
    ------
    BundleError
        If one of them is missing, or is no folder but a link or a file.
    """
    descriptor = -1
    name = path.name
    try:
        descriptor = os.open(path, _FOLDER)
        for name in below:
            inner = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
    except (OSError, ValueError) as error:
        if descriptor >= 0:
            os.close(descriptor)
        raise refused(name, "is missing, or is a link or a file where a folder should be") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_file(folder: int, name: str, *, limit: int) -> bytes:
    """Read one file of an opened folder.

    Parameters
    ----------
    folder : int
        Descriptor of the folder.
    name : str
        A plain file name.
    limit : int
        Bytes that the file may have at most; looked at before anything is read.

    Raises
    ------
    BundleError
        If it is missing, a link, linked twice, no regular file, too large, or changes while it is read.
    """
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except (OSError, ValueError) as error:
        raise refused(name, "is missing or is a link") from error
    try:
        return _read_regular(descriptor, name, limit)
    except OSError as error:
        raise refused(name, "cannot be read") from error
    finally:
        os.close(descriptor)


def _read_regular(descriptor: int, name: str, limit: int) -> bytes:
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise refused(name, "is not a regular file")
    if facts.st_nlink != 1:
        raise refused(name, "is known under a second name (a hard link)")
    if facts.st_size > limit:
        raise refused(name, f"has {facts.st_size:,} bytes; at most {limit:,} are read")
    content = _read(descriptor, facts.st_size + 1)
    if len(content) != facts.st_size:
        raise refused(name, "changed while it was read")
    return content


def _read(descriptor: int, count: int) -> bytes:
    parts: list[bytes] = []
    while count and (part := os.read(descriptor, min(count, 1 << 24))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def refused(name: str, why: str) -> BundleError:
    """Make the error that names the file and says what is wrong with it."""
    return BundleError(
        f"In this bundle '{in_ascii(name)}' {why}.",
        expected="a bundle as segmint wrote it",
        fix="copy it again from where it was made, or train again",
    )


def in_ascii(name: str) -> str:
    """Make a name fit for a terminal and a log: strangers choose names too."""
    return ascii(name[:80])[1:-1]
