"""Keep from the terminal what a native library says; errors are still raised."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

OUTPUT, ERRORS = 1, 2


@contextmanager
def hushed(stream: int = ERRORS) -> Iterator[None]:
    """Send standard error, or standard output, nowhere inside the ``with``, also what does not come from Python.

    TensorFlow writes lines about its own set-up before any of its settings can stop it, and HiGHS now and then one to
    standard output, where a program may be waiting for JSON.
    """
    try:
        kept = os.dup(stream)
    except OSError:  # a service without it
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, stream)
        os.close(kept)
