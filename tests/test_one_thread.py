"""Inside, matrix products keep to one thread; outside, everything is as it was."""

from __future__ import annotations

import numpy as np
import pytest

from segmint.one_thread import plain_products

threadpoolctl = pytest.importorskip("threadpoolctl")


def threads() -> list[int]:
    np.eye(2) @ np.eye(2)
    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]


def test_products_keep_to_one_thread_and_only_inside() -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threads()
        with plain_products():
            assert set(threads()) <= {1}
        assert threads() == before


def test_those_who_leave_before_others_leave_the_limit_and_the_last_one_lifts_it() -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threads()
        first, second = plain_products(), plain_products()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(threads()) <= {1}
        second.__exit__(None, None, None)
        assert threads() == before
