"""What goes wrong, as problem+json (RFC 9457): a status, a code, a sentence; never a customer's value."""

from __future__ import annotations

import errno
import json
import os
import re
import traceback
from pathlib import Path
from typing import Any

from starlette.responses import Response

from segmint.errors import SegmintError, kind_of
from segmint.service.request_id import ASKED
from segmint.store.staging import system_code

TITLES = {
    400: "This cannot be read",
    401: "Who is asking?",
    403: "This key may not do that",
    404: "There is nothing here",
    405: "Not in this way",
    408: "Too slow",
    409: "This is being worked on",
    413: "Too much",
    415: "This kind of body is not read",
    421: "This address is not served here",
    422: "This makes no sense",
    429: "Too often",
    500: "Something went wrong here",
    503: "Not now",
    504: "This took too long",
}
STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
STORAGE_SECONDS = 60  # after which somebody may have made room
MOST_SAID = 500  # characters of a cause in the log
_FOLDERS = re.compile(r"'/(?:[^'/]+/)*(?=[^'/]+')")
OTHER_TITLES = {"origin": "Sent from another site", "gone": "Nobody waits for it any more"}  # by code


class Problem(Exception):  # noqa: N818 - it is what RFC 9457 calls it
    """A request that cannot be answered as it came.

    Parameters
    ----------
    status : int
    code : str
        Stable, for programs.
    detail : str
        A sentence without any value of the request.
    field : str, optional
        Where in the request.
    headers : dict of str to str, optional
    """

    def __init__(
        self, status: int, code: str, detail: str, *, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.status, self.code, self.detail, self.field = status, code, detail, field
        self.headers = headers or {}
        super().__init__(code)

    def response(self) -> Response:
        """Return the reply."""
        told: dict[str, Any] = {
            "type": "about:blank",
            "title": OTHER_TITLES.get(self.code) or TITLES.get(self.status, "Error"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.field is not None:
            told["field"] = self.field
        if (asked := ASKED.get().id) != "-":
            told["request"] = asked
        return Response(json.dumps(told), self.status, self.headers, media_type="application/problem+json")


def stopping() -> Problem:
    """What callers are told whose answer is not finished when the service ends."""
    return Problem(503, "stopping", "The service is stopping.")


def problem_of(error: SegmintError, field: str | None = None) -> Problem:
    """Turn an error of the product into a problem; a bundle that cannot be used and a package that lacks are ours, the rest is the sender's.

    What mends ours names options and folders that a caller has not: that stands in the log, see `cause_of`.
    """
    code = kind_of(error).removesuffix("Error").lower()
    if code in ("bundle", "missingextra", "run"):
        return Problem(503, code, without_folders(_sentences(error.came, "tell whoever runs the service")))
    return Problem(error.status, code, _sentences(error.came, error.fix), field=field)


def _sentences(came: str, fix: str) -> str:
    lines = [*came.splitlines(), *([f"Next: {fix}"] if fix else [])]
    return " ".join(_ended(line.strip()) for line in lines)


def without_folders(text: str) -> str:
    """Leave of every path in quotes its last part: folders of the server are nobody else's business."""
    return _FOLDERS.sub("'", text)


def _ended(line: str) -> str:
    return line if line.endswith((".", "?", "!")) else f"{line}."


def unexpected(error: Exception) -> Problem:
    """What a caller is told of an error that nobody foresaw: a full or closed disk can be waited for, and of others no cause."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Exception) and system_code(seen) in STORAGE:
            told = "The service cannot use its storage: no room is left, or a folder is closed to it."
            return Problem(503, "storage", told, headers={"retry-after": str(STORAGE_SECONDS)})
        seen = seen.__cause__ or seen.__context__
    return Problem(500, "failed", "The answer could not be made.")


def cause_of(error: Exception) -> str:
    """Say for the log what went wrong and what mends it, in one line; what an unexpected error says may hold anything."""
    if not isinstance(error, SegmintError):
        return place_of(error)
    told = f"{error.came} Next: {error.fix}" if error.fix else error.came
    return one_line(told)[:MOST_SAID]


def one_line(text: str) -> str:
    """Write a text for the log: one that comes from elsewhere may hold line breaks that would write lines of their own."""
    return ascii(" ".join(text.split()))[1:-1]


def place_of(error: Exception) -> str:
    """Say in which line of ours an unexpected error came up, for the log; its message may hold a customer's value.

    What the system says of a file or a disk is its own words.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "segmint" in Path(frame.filename).parts] or list(frames)
    said = f" ({os.strerror(code)})" if (code := system_code(error)) else ""
    kind = f"{type(error).__name__}{said}"
    return f"{kind} at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else kind
