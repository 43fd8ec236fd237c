"""Several models learn at once: small trees take one core each, and a machine has more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

# Each job holds rows of its own in memory.
MOST = 8


def side_by_side(
    jobs: Iterable[Callable[[], None]],
    *,
    here: Iterable[Callable[[], None]] = (),
    finished: Callable[[int], None] = lambda count: None,
) -> None:
    """Do all jobs, as many at once as there are cores.

    Parameters
    ----------
    jobs : iterable of callable
        Each takes one thread, lets others compute meanwhile, and writes where no other does.
    here : iterable of callable
        Jobs that must not run at once, such as the training of networks: done meanwhile, one after the other, by the thread
        that calls.
    finished : callable
        Told by the thread that calls how many of all are done, whenever one is; the last time, all.

    Raises
    ------
    Exception
        What a job raised. Jobs not yet begun are left then, and after a Ctrl-C.
    """
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, MOST))
    try:
        begun = [pool.submit(job) for job in jobs]
        count = 0
        for count, job in enumerate(here, start=1):
            job()
            finished(count + sum(each.done() for each in begun))
        for each in as_completed(begun):
            each.result()
            finished(count + sum(each.done() for each in begun))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who stops does not wait for what is under way
