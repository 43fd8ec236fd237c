"""One at a time: a lock on a folder, so that nothing is lost between reading a file in it and writing it again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segmint.errors import RunError, why
from segmint.store.locks import open_folder, take_lock

_PATIENCE = 5.0  # seconds to wait for another one to end


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Hold the lock of a folder; the system lets go of it when the process ends, however it ends.

    Parameters
    ----------
    folder : Path
    what : str
        What is done alone, for the error: "promotion".

    Raises
    ------
    RunError
        If another process holds the lock for longer than a few seconds, or the folder cannot be opened, or the file system
        has no locks: without one, of two changes at once the first would be lost, and nobody would know.
    """
    try:
        descriptor = open_folder(folder, follow=True)
    except OSError as error:
        raise RunError(
            f"The folder '{folder}' cannot be opened for a {what}: {why(error)}.",
            expected="a folder that is there, and that you may read",
            fix="check its name; the folder of runs is named with --runs",
        ) from error
    try:
        _lock(descriptor, folder, what)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while (lock := take_lock(descriptor)) == "another's":
        if time.monotonic() > end:
            raise RunError(
                f"Another {what} is under way in this folder.",
                expected="one at a time",
                fix="try again in a moment",
            )
        time.sleep(0.02)
    if lock == "none":
        raise RunError(
            f"The folder '{folder}' cannot be locked for a {what}: nothing was changed, as of two at once one could be lost.",
            expected="a folder on a file system with locks, as local disks have them",
            fix="try again in a moment; if that does not help, keep the folder on a local disk",
        )
