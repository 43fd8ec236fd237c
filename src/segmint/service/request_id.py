"""A name for each request: in the answer, in a problem's body and in every line of the log that is about it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any, NamedTuple

HEADER = b"x-request-id"
MOST = 128
SANE = f"[A-Za-z0-9._:=+/-]{{1,{MOST}}}"
_SANE = re.compile(SANE.encode())


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
        host, port = scope.get("client") or ("", 0)
        with named(host, brought) as header:

            async def with_id(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], header]}
                await send(message)

            await self.app({**scope, "client": (ASKED.get().address, port)}, receive, with_id)


def is_sane(brought: bytes) -> bool:
    """Whether what a caller calls a request may be taken as it is: nothing in it could break a line of the log."""
    return _SANE.fullmatch(brought) is not None


def for_whom(caller: str) -> str:
    """Say for whom a run is made, and by which request."""
    asked = ASKED.get().id
    return caller if asked == "-" else f"{caller}, request {asked}"


@contextmanager
def named(host: str, brought: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
    """Name a request that came from a host for as long as it is answered; yield the header of its answer."""
    name = brought if is_sane(brought) else secrets.token_hex(8).encode()
    kept = ASKED.set(Asked(name.decode(), _address(host)))
    try:
        yield HEADER, name
    finally:
        ASKED.reset(kept)


def _address(host: str) -> str:
    """The address alone, without port and zone; "-" for what is none: `X-Forwarded-For` may say anything."""
    bare = host.rpartition(":")[0] if "]:" in host or host.count(":") == 1 else host
    try:
        found = ip_address(bare.strip("[]").partition("%")[0])
    except ValueError:
        return "-"
    return str(getattr(found, "ipv4_mapped", None) or found)
