"""Cut off who sends a request's head, or reads an answer, too slowly, and send away who comes when all seats are taken.

Probes of health have no seat and are answered all the same: a service that is merely full must not be restarted.

Slow bodies are cut by `body.limited`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from segmint.service.app import HEADERS, PROBES, closing
from segmint.service.problems import Problem
from segmint.service.request_id import named

HEAD_SECONDS = 8.0
READ_SECONDS = 8.0  # for every 64 KiB or so of an answer
SEATS = 512  # connections at once
NO_SEAT = "segmint.no_seat"  # in the scope of a request whose connection came when all were taken

log = logging.getLogger("segmint.service")
# uvicorn writes it for every such request; ours stands in the log instead
logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg != "Invalid HTTP request received.")
Timer = asyncio.TimerHandle | None


class OnceASecond:
    """Logs a line a second at most, and in it how often it was due since the last: a flood would fill the disk."""

    def __init__(self, line: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._line, self._clock = line, clock
        self._untold, self._again = 0, clock()

    def note(self, *told: object) -> None:
        """Count once more; `told` stands in the line before the count."""
        self._untold += 1
        if self._clock() >= self._again:
            log.warning(self._line, *told, self._untold)
            self._untold, self._again = 0, self._clock() + 1.0


class Crowd:
    """Sends callers away, and says when to come again: uvicorn's own answer says neither why nor when.

    Parameters
    ----------
    app : ASGI application
        Answers who has a seat, and who asks for health.
    count : callable
        Called for each who is sent away.
    """

    def __init__(
        self, app: Any, count: Callable[[], Any] = lambda: None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app, self._count = app, count
        self._log = OnceASecond("- (all %s connections taken) 503, turned away: %s", clock=clock)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or send away who asks it."""
        if not scope.get(NO_SEAT):
            await self.app(scope, receive, send)
            return
        if scope["path"] in PROBES:
            await self.app(scope, receive, closing(send))
            return
        self._count()
        self._log.note(SEATS)
        busy = Problem(503, "crowded", "Too many are connected.", headers={"retry-after": "1", "connection": "close"})
        response = busy.response()
        response.raw_headers.extend(HEADERS)
        await response(scope, receive, send)


class Impatient(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # uvicorn picks the parser at run time
    """uvicorn's protocol with a clock for heads and for readers: it has none, and a few hundred such sockets block it."""

    app: Any
    client: tuple[str, int] | None
    no_http = OnceASecond("- (not_http) 400, sent: %s")
    _head: Timer = None
    _reader: Timer = None

    def connection_made(self, transport: Any) -> None:
        """Start the clock of the first head; beyond the last seat, `Crowd` is told so of every request of this connection."""
        super().connection_made(transport)
        if len(self.connections) > SEATS:
            self.app = partial(_without_seat, self.app)
        self._head = self.loop.call_later(HEAD_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Stop the clock when a head is whole; start it when another begins."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_head()
        elif self._head is None and (before is None or before.response_complete):
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other mistake is answered; an answer under way is only cut."""
        with named((self.client or ("", 0))[0]) as header:
            self.no_http.note()
            problem = Problem(400, "not_http", "This is no HTTP request.").response()
        if self.cycle is None or self.cycle.response_complete:
            headers = [*problem.raw_headers, *HEADERS, header, (b"connection", b"close")]
            lines = [b"HTTP/1.1 400 Bad Request", *(name + b": " + value for name, value in headers)]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(problem.body)]))
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of an upgrade that is not made: uvicorn would advise everybody to install a library."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop both clocks."""
        self._stop_head()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the reader's clock: the answer waits for the reader."""
        super().pause_writing()
        self._reader = self._reader or self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the reader's clock."""
        super().resume_writing()
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def _stop_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


async def _without_seat(app: Any, scope: Any, receive: Any, send: Any) -> None:
    await app({**scope, NO_SEAT: True}, receive, send)
