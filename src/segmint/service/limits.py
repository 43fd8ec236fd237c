"""How much at a time: calls per key, work in the queue, seconds per answer."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from segmint.service.problems import Problem, stopping

T = TypeVar("T")
LAST_SECONDS = 0.5  # for threads to notice that their program was ended
LAST_ANSWERS = 8  # that say how long the next will take
LONGEST_WAIT = 120  # seconds that a caller is told to wait at most
_MOST_CALLERS = 10_000


class Buckets:
    """A token bucket for each caller.

    Parameters
    ----------
    rate : float
        Calls a second in the long run.
    burst : int
        Calls at once.
    """

    def __init__(self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._filled: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> None:
        """Count one call.

        Raises
        ------
        Problem
            429 with Retry-After, if the caller asks too often.
        """
        if wait := self.wait(caller):
            raise Problem(429, "too_often", "This key asks too often.", headers={"retry-after": str(wait)})
        left = self._left(caller) - 1.0
        if len(self._filled) >= _MOST_CALLERS:
            self._filled.clear()
        self._filled[caller] = (left, self._clock())

    def wait(self, caller: str) -> int:
        """Say after how many seconds the caller may come again; 0 is now. Nothing is counted."""
        left = self._left(caller)
        return 0 if left >= 1.0 else max(1, round((1.0 - left) / self.rate))

    def _left(self, caller: str) -> float:
        tokens, last = self._filled.get(caller, (float(self.burst), self._clock()))
        return min(float(self.burst), tokens + (self._clock() - last) * self.rate)


class Workers:
    """A few threads with a bounded queue and a deadline.

    Parameters
    ----------
    threads, queue : int
        Answers at work at once, and waiting.
    seconds : float
        After which the caller is told that it took too long.
    """

    def __init__(self, threads: int = 2, queue: int = 32, seconds: float = 30.0) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="segmint")
        self._threads, self._room, self.seconds = threads, threads + queue, seconds
        self._spent: deque[float] = deque(maxlen=LAST_ANSWERS)  # seconds of the last answers
        self._waiting: set[asyncio.Future[Any]] = set()
        self._lock, self.busy = Lock(), 0

    @property
    def working(self) -> int:
        """How many answers are at work."""
        return min(self.busy, self._threads)

    @property
    def waiting(self) -> int:
        """How many answers wait for a thread."""
        return max(self.busy - self._threads, 0)

    def until_room(self) -> int:
        """Say after how many seconds a place is free, going by how long the last answers took."""
        spent = list(self._spent)
        mean = sum(spent) / len(spent) if spent else 0.0
        return min(max(round(mean / self._threads), 1), LONGEST_WAIT)

    async def do(self, work: Callable[[], T]) -> T:
        """Do work away from the loop; who waits no more leaves the queue.

        Raises
        ------
        Problem
            503 with Retry-After if the queue is full, 504 after the deadline, 503 as soon as the service stops. A stuck
            answer keeps its place until it ends.
        """
        if self.busy >= self._room:
            wait = {"retry-after": str(self.until_room())}
            raise Problem(503, "busy", "Too many answers are being worked on.", headers=wait)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)  # before there is work: `close` tells all who wait
        job: Future[T] | None = None
        try:
            job = self._begin(work, answer)
            return await asyncio.wait_for(answer, self.seconds)
        except TimeoutError as error:
            if not answer.cancelled():  # the work's own
                raise
            raise Problem(504, "deadline", f"No answer within {self.seconds:g} seconds.") from error
        finally:
            self._waiting.discard(answer)
            if job is not None:
                job.cancel()  # does nothing to what is at work

    def _begin(self, work: Callable[[], T], answer: asyncio.Future[T]) -> Future[T]:
        try:
            job = self._pool.submit(self._timed, work)
        except RuntimeError as error:  # the pool is closed
            raise stopping() from error
        with self._lock:
            self.busy += 1
        job.add_done_callback(partial(self._ended, answer))
        return job

    def _timed(self, work: Callable[[], T]) -> T:
        start = time.monotonic()
        try:
            return work()
        finally:
            self._spent.append(time.monotonic() - start)

    def _ended(self, answer: asyncio.Future[T], job: Future[T]) -> None:
        with self._lock:
            self.busy -= 1
        _on_its_loop(answer, partial(_pass_on, job, answer))

    def close(self) -> None:
        """Take no more work, and tell everybody who still waits that the service stops."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for answer in tuple(self._waiting):
            _on_its_loop(answer, partial(_refuse, answer, stopping()))

    def is_idle(self, seconds: float = LAST_SECONDS) -> bool:
        """Whether no thread is at work any more, or stops within `seconds`."""
        until = time.monotonic() + seconds
        threads = list(self._pool._threads)  # the pool has no other way to say whether it is done
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in threads)


def explain_workers() -> Workers:
    """Make those who explain: one at a time, as each takes two cores for a while, and no more waiting than are done in time."""
    return Workers(threads=1, queue=15)  # 200 rows take a second, or two where the machine is shared


def table_workers() -> Workers:
    """Make those who predict tables: one at a time, as each may take a core for minutes, and a few more in the queue."""
    return Workers(threads=1, queue=7, seconds=300.0)


def page_workers() -> Workers:
    """Make those who work on pages: more of them, as some only wait for what another prepares, and for longer."""
    return Workers(threads=8, seconds=120.0)


def _on_its_loop(answer: asyncio.Future[T], act: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and everybody who waited there
        answer.get_loop().call_soon_threadsafe(act)


def _pass_on(job: Future[T], answer: asyncio.Future[T]) -> None:
    error = stopping() if job.cancelled() else job.exception()
    if error is not None:
        _refuse(answer, error)
    elif not answer.done():
        answer.set_result(job.result())


def _refuse(answer: asyncio.Future[T], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # looked at: an answer nobody waits for may fail quietly
