"""Small matrix products on one thread each: threads that wait for each other cost more than such products do."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any


class _Limited:
    """How many are inside now, and what the first of them found: the limit is the whole process's."""

    lock = Lock()
    inside = 0
    before: Any = None


@contextmanager
def plain_products() -> Iterator[None]:
    """Let every matrix product use one thread, inside a ``with``; nothing changes where threads cannot be counted.

    Several threads may be inside: the first limits, and only the last to leave gives back what was before.
    """
    if importlib.util.find_spec("threadpoolctl") is None:
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    with _Limited.lock:
        if not _Limited.inside:
            _Limited.before = threadpool_limits(1, user_api="blas")
        _Limited.inside += 1


def _leave() -> None:
    with _Limited.lock:
        _Limited.inside -= 1
        if not _Limited.inside:
            _Limited.before.restore_original_limits()
            _Limited.before = None
