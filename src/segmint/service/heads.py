"""Read the head of a request in one way, and refuse one that has two: a proxy in front may have read it in the other."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import Any
from urllib.parse import unquote

from segmint.service.app import HEADERS
from segmint.service.problems import Problem

log = logging.getLogger("segmint.service")
_ABSOLUTE = re.compile(rb"https?://([^/@]+)(/.*)?", re.IGNORECASE)


class OneMeaning:
    """Answers 400 to such a request and closes the connection, as RFC 9112 (6.1 and 6.3) asks; others reach the app."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        problem = _in_two_ways(scope) if scope["type"] == "http" else None
        if problem is None:
            await self.app(_in_origin_form(scope), receive, send)
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
    if b"%2f" in scope["raw_path"].lower():
        return Problem(400, "encoded_slash", "The path has an encoded slash (%2F). Send it as it is: /.", headers=gone)
    return None


def _in_origin_form(scope: Any) -> Any:
    """Take a target that is a whole address apart, as RFC 9112 (3.2.2) asks: its host goes before that of the head."""
    found = _ABSOLUTE.fullmatch(scope["raw_path"]) if scope["type"] == "http" else None
    if found is None:
        return scope
    path = found[2] or b"/"
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "path": unquote(path.decode()), "raw_path": path, "headers": [(b"host", found[1]), *others]}
