"""Several models learn at once, and nothing they learn depends on it."""

from __future__ import annotations

import os
import threading
from functools import partial

import numpy as np
import pytest

from segmint.models.distil import Lesson, teach
from segmint.models.side_by_side import side_by_side
from segmint.models.teachers import several_teachers


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.usefixtures("two_cores")
def test_as_many_at_once_as_there_are_cores_and_no_more() -> None:
    now, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(2)

    def job() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(timeout=30)
        with lock:
            now -= 1

    side_by_side([job] * 6)
    assert most == 2


def test_what_must_not_run_at_once_is_done_in_order_by_the_thread_that_calls() -> None:
    done: list[tuple[int, int]] = []
    side_by_side([], here=[partial(lambda k: done.append((k, threading.get_ident())), k) for k in range(5)])
    assert done == [(k, threading.get_ident()) for k in range(5)]


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_a_failure_or_ctrl_c_nothing_is_begun(error: type[BaseException]) -> None:
    begun, hold, begins = [], threading.Event(), threading.Semaphore(0)

    def job() -> None:
        begun.append(1)
        begins.release()
        hold.wait(timeout=30)

    def fails() -> None:
        assert begins.acquire(timeout=30)
        assert begins.acquire(timeout=30)
        raise error

    before = set(threading.enumerate())
    with pytest.raises(error):
        side_by_side([job] * 10, here=[fails])
    hold.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=30)
    assert len(begun) == 2


def test_the_thread_that_calls_is_told_of_each_job_that_is_done() -> None:
    told: list[tuple[int, int]] = []
    jobs = [lambda: None] * 3
    side_by_side(jobs, here=jobs, finished=lambda count: told.append((count, threading.get_ident())))
    counts = [count for count, _ in told]
    assert counts == sorted(counts)
    assert (len(counts), counts[-1]) == (6, 6)
    assert {thread for _, thread in told} == {threading.get_ident()}


def test_what_a_job_raised_is_raised() -> None:
    def job() -> None:
        raise ValueError("no trees")

    with pytest.raises(ValueError, match="no trees"):
        side_by_side([job])


def test_teachers_teach_the_same_on_one_core_and_on_two(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(4)
    natural = draw.normal(size=(600, 3))
    labels = (natural[:, 0] + draw.normal(size=600) > 0).astype(np.int64)

    def lesson(cores: int) -> Lesson:
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
        makers = list(several_teachers([], len(labels)).values())
        encoded = natural.astype(np.float32)
        return teach(
            natural, labels, makers, folds=3, copies=900, swap=0.3, seed=5,
            encoded=lambda came: encoded[came, np.arange(3)], groups=None
        )  # fmt: skip

    one, two = lesson(1), lesson(2)
    assert np.array_equal(one.targets, two.targets)
    assert np.array_equal(one.copy_targets, two.copy_targets)
