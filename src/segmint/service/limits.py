"""How much at a time: calls per key, work in the queue, seconds per answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from segmint.service.problems import Problem

T = TypeVar("T")
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
        self._room, self.seconds = threads + queue, seconds
        self.busy = 0

    async def do(self, work: Callable[[], T]) -> T:
        """Do work away from the loop.

        Raises
        ------
        Problem
            503 with Retry-After if the queue is full, 504 after the deadline. A stuck answer keeps its place until it
            ends.
        """
        if self.busy >= self._room:
            raise Problem(503, "busy", "Too many answers are being worked on.", headers={"retry-after": "1"})
        self.busy += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._free)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.seconds)
        except TimeoutError as error:
            if future.done():
                raise
            raise Problem(504, "deadline", f"No answer within {self.seconds:g} seconds.") from error

    def _free(self, future: asyncio.Future[T]) -> None:
        self.busy -= 1
        if not future.cancelled():
            future.exception()  # looked at: an answer nobody waits for may fail quietly

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def is_idle(self, seconds: float) -> bool:
        """Whether no thread is at work any more, or stops within `seconds`."""
        until = time.monotonic() + seconds
        threads = list(self._pool._threads)  # the pool has no other way to say whether it is done
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in threads)
