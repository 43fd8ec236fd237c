"""Refuse a request whose head can be read in two ways: a proxy in front may have read it in the other."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from segmint.service.app import HEADERS
from segmint.service.problems import Problem

log = logging.getLogger("segmint.service")


class OneMeaning:
    """Answers 400 to such a request and closes the connection, as RFC 9112 (6.1 and 6.3) asks; others reach the app."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        problem = _in_two_ways(scope) if scope["type"] == "http" else None
        if problem is None:
            await self.app(scope, receive, send)
            return
        log.info("- %s (%s) 400", scope["method"], problem.code)
        response = problem.response()
        response.raw_headers.extend(HEADERS)
        await response(scope, receive, send)


def _in_two_ways(scope: Any) -> Problem | None:
    came = Counter(name.lower() for name, _ in scope["headers"])
    gone = {"connection": "close"}  # what follows the head may belong to this request or to the next
    if came[b"content-length"] and came[b"transfer-encoding"]:
        told = "The head has both Content-Length and Transfer-Encoding, so where the body ends is not clear. Send one."
        return Problem(400, "two_lengths", told, headers=gone)
    if came[b"authorization"] > 1:
        return Problem(400, "two_keys", "The head has more than one Authorization. Send one.", headers=gone)
    return None
