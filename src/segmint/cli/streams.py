"""The standard streams of a process whose caller has closed some of them, or reads no more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def open_closed_streams() -> None:
    """Let what is said where the caller has closed standard output or error go nowhere.

    The number of the stream is taken too: else the next file that is opened gets it, and whatever a library says there
    stands in that file.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere < number:
                os.dup2(nowhere, number)
                os.close(nowhere)
                nowhere = number
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8", errors="backslashreplace", closefd=False))


def flush_streams() -> None:
    """Write out what waits in standard output and error; whoever reads no more misses it."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
