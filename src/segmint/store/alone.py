"""One at a time: a lock on a folder, so that nothing is lost between reading a file in it and writing it again."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segmint.errors import RunError, why

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
        If another process holds the lock for longer than a few seconds, or the folder cannot be opened.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise RunError(
            f"The folder '{folder}' cannot be opened for a {what}: {why(error)}.",
            expected="a folder that is there, and that you may read",
            fix="check its name; the folder of runs is named with --runs",
        ) from error
    try:
        _lock(descriptor, what)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise RunError(
                    f"Another {what} is under way in this folder.",
                    expected="one at a time",
                    fix="try again in a moment",
                ) from error
            time.sleep(0.02)
