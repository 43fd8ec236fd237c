"""Small matrix products on one thread each: threads that wait for each other cost more than such products do."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from segmint.shared_setting import SharedSetting


def plain_products() -> AbstractContextManager[None]:
    """Let every matrix product of the process use one thread, inside a ``with``; nothing changes where threads cannot be counted."""
    return nullcontext() if importlib.util.find_spec("threadpoolctl") is None else _ONE_THREAD.held()


def _limit() -> Callable[[], object]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    restore: Callable[[], object] = threadpool_limits(1, user_api="blas").restore_original_limits
    return restore


_ONE_THREAD = SharedSetting(_limit)
