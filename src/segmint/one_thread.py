"""Small matrix products on one thread each: threads that wait for each other cost more than such products do."""

from __future__ import annotations

import importlib.util
from contextlib import AbstractContextManager, nullcontext


def plain_products() -> AbstractContextManager[object]:
    """Let every matrix product use one thread, inside a ``with``; nothing changes where threads cannot be counted."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits
