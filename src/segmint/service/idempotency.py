"""One list for a request, however often it is sent: `Idempotency-Key`, by which a run is found again in its folder."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request

from segmint.service.problems import Problem
from segmint.service.request_id import MOST, is_sane
from segmint.store import strict_json
from segmint.store.run import Run
from segmint.store.runs import runs_in

HEADER = "Idempotency-Key"
REPLAYED = {"idempotent-replayed": "true"}
REMEMBERED = timedelta(hours=24)
SECONDS = 5  # after which to ask again for a list that is being made
_DIGITS = 32  # of a digest: enough to be nobody else's


class Once(NamedTuple):
    """A request that may come again, as digests, since a key may say who a customer is: of caller and key, and of what is asked."""

    key: str
    request: str

    @property
    def words(self) -> str:
        """What the run keeps of it, behind who asked."""
        return f"{self.of_key}{self.request}"

    @property
    def of_key(self) -> str:
        """How that begins, whatever is asked."""
        return f", idempotency {self.key} "


def key_of(request: Request) -> str | None:
    """Tell the digest of who asks and of the key that he sent; None if he sent none.

    Raises
    ------
    Problem
        400 for more than one key, or one that is no key.
    """
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    if len(sent) > 1 or not is_sane(sent[0].encode("latin-1")):
        told = f"Send one {HEADER}, of 1 to {MOST} letters, digits and . _ : = + / -, without quotes."
        raise Problem(400, "idempotency", told)
    return _digest([request.state.name, sent[0]])


def once_of(key: str, asked: Sequence[object], body: bytes | Path) -> Once:
    """Tell what a request with a key asks: a body, and what says how it is read and answered."""
    with io.BytesIO(body) if isinstance(body, bytes) else body.open("rb") as file:
        return Once(key, _digest([*asked, hashlib.file_digest(file, "sha256").hexdigest()]))


def made_before(runs: Path, once: Once) -> Run | None:
    """Find the finished run of the same request among those of the last day; what failed or was interrupted made no list.

    Raises
    ------
    Problem
        422 if the key came with another request, 409 while the list is being made.
    """
    for run in runs_in(runs, since=datetime.now(UTC) - REMEMBERED):
        by = str(run.record.get("by"))
        if once.of_key not in by or (status := run.status) not in ("running", "done"):
            continue
        if once.words not in by:
            told = f"This {HEADER} came before with another body, query or kind of body. Send a new key with a new request."
            raise Problem(422, "idempotency", told)
        if status == "running":
            told = "This list is being made. Send the same request again to have it."
            raise Problem(409, "under_way", told, headers={"retry-after": str(SECONDS)})
        return run
    return None


def _digest(told: Sequence[object]) -> str:
    return strict_json.sha256(strict_json.canonical(told))[:_DIGITS]
