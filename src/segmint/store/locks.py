"""The lock of a folder that is open: the system lets go of it when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Literal

Lock = Literal["ours", "another's", "none"]


def open_folder(folder: Path, *, follow: bool = False) -> int:
    """Open a folder to lock it; closing the descriptor lets go of the lock.

    Parameters
    ----------
    folder : Path
    follow : bool
        Whether the folder may be a link to one.
    """
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))


def take_lock(descriptor: int, *, wait: bool = False) -> Lock:
    """Take the lock of an open folder; say whether it is ours now, another's, or there is none on this file system.

    Parameters
    ----------
    descriptor : int
        From `open_folder`.
    wait : bool
        Whether to wait until another one lets go of it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "another's"
    except OSError:  # network file systems may have none, ENOLCK or EBADF, or none for now
        return "none"
    return "ours"
