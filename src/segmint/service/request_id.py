"""A name for each request: in the answer, in a problem's body and in every line of the log that is about it."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Any, NamedTuple

HEADER = b"x-request-id"
_SANE = re.compile(rb"[A-Za-z0-9._:=+/-]{1,128}")


class Asked(NamedTuple):
    """A request as the log names it: its id and the address that it came from; "-" outside of any."""

    id: str = "-"
    address: str = "-"


ASKED: ContextVar[Asked] = ContextVar("asked", default=Asked())  # noqa: B039 - it cannot be changed


class WithRequestId:
    """Takes the id that a request brings, or makes one where it brings none or one that could break a line of the log."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Name a request, pass it on and name its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        brought = next((value for name, value in scope["headers"] if name == HEADER), b"")
        named = brought if _SANE.fullmatch(brought) else secrets.token_hex(8).encode()

        async def with_id(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (HEADER, named)]}
            await send(message)

        kept = ASKED.set(Asked(named.decode(), scope["client"][0] if scope.get("client") else "-"))
        try:
            await self.app(scope, receive, with_id)
        finally:
            ASKED.reset(kept)
