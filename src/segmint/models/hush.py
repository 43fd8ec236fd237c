"""Keep from the terminal what a native library says while it loads; errors are still raised."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hushed() -> Iterator[None]:
    """Send standard error nowhere inside the ``with``, also what does not come from Python.

    TensorFlow writes lines about its own set-up there before any of its settings can stop it.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a service without standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
