"""Work away from the loop: whoever waits is told when the service ends, and who waits no more leaves the queue."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import pytest

from segmint.service.children import list_workers
from segmint.service.limits import Workers, explain_workers, page_workers, table_workers
from segmint.service.problems import Problem


def code_of(told: object) -> object:
    return told.code if isinstance(told, Problem) else told


def test_whoever_still_waits_is_told_when_the_service_ends_and_what_is_stuck_is_seen() -> None:
    workers, stuck = Workers(threads=1, queue=2), threading.Event()

    async def go() -> list[object]:
        threading.Timer(0.3, workers.close).start()
        waiting = (workers.do(lambda: stuck.wait(30)) for _ in range(3))
        return [code_of(told) for told in await asyncio.gather(*waiting, return_exceptions=True)]

    assert asyncio.run(go()) == ["stopping"] * 3
    assert not workers.is_idle(0.1)
    with pytest.raises(Problem, match="stopping"):
        asyncio.run(workers.do(lambda: None))
    stuck.set()
    assert workers.is_idle(20)
    assert workers.busy == 0


def test_who_waits_no_more_leaves_the_queue_and_what_is_at_work_keeps_its_place() -> None:
    workers, stuck, begun = Workers(threads=1, queue=1, seconds=0.2), threading.Event(), []

    def work() -> None:
        begun.append(1)
        stuck.wait(30)

    async def go() -> list[object]:
        told = await asyncio.gather(*(workers.do(work) for _ in range(3)), return_exceptions=True)
        assert workers.busy == 1
        return [code_of(one) for one in told]

    assert asyncio.run(go()) == ["deadline", "deadline", "busy"]
    stuck.set()
    workers.close()
    assert workers.is_idle(20)
    assert len(begun) == 1


def test_who_finds_a_full_queue_is_told_to_come_when_the_last_answers_would_be_done() -> None:
    workers = Workers(threads=2)
    assert workers.until_room() == 1
    asyncio.run(workers.do(lambda: None))
    assert workers.until_room() == 1
    for seconds, wait in ((80.0, 40), (300.0, 120)):
        workers._spent.clear()
        workers._spent.append(seconds)
        assert workers.until_room() == wait
    workers.close()


def test_what_work_raises_reaches_who_asked() -> None:
    workers = Workers(threads=1)
    for error in (TimeoutError, KeyError):

        def work(error: type[Exception] = error) -> None:
            raise error

        with pytest.raises(error):
            asyncio.run(workers.do(work))
    assert asyncio.run(workers.do(lambda: 5)) == 5
    workers.close()


def test_who_waits_last_for_reasons_gets_them_in_time_and_the_document_says_how_many_may_wait() -> None:
    pools = [Workers(), explain_workers(), table_workers(), page_workers(), list_workers()]
    assert pools[1]._room * 1.8 < pools[1].seconds  # seconds that the most rows of a request may take
    text = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
    said = re.search(r"answers at work and waiting;[^|]*[|] ([0-9; ]+) [|]", text)
    assert said is not None
    assert said[1] == "; ".join(str(pool._room) for pool in pools)
    for pool in pools:
        pool.close()
