"""``runs/PROMOTED``: which run's bundle is in use, pinned by the hash of its manifest, and which were before.

Each step of the history holds the hash of the one before, and the file that of the last: none can be changed, taken out
or put in by itself. Whoever can write the file can write all of it anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from segmint.errors import BundleError
from segmint.store import strict_json
from segmint.store.sealed_folder import opened_folder, read_file
from segmint.store.staging import real_path

WORD = "PROMOTED"

RUN_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z-[0-9a-f]{4}")
_LIMIT = 1 << 24

_Run = Annotated[str, Field(pattern=rf"\A{RUN_ID.pattern}\z")]
_Hash = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
_Link = Annotated[str, Field(pattern=r"\A([0-9a-f]{64})?\z")]


@checked(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Entry:
    """One step of the history.

    Attributes
    ----------
    run, manifest : str
        The bundle in use from then on: its run, and the SHA-256 of its manifest.
    when : str
        In UTC.
    action : {"promote", "rollback"}
    back : int or None
        The place in the history to which a rollback would return.
    gate : dict
        The answer of the comparison that let it pass, and the reason if it was promoted despite it.
    by, host, version : str
        Who did it, on which machine, with which segmint.
    before : str
        SHA-256 of the step before; "" for the first.
    because : str or None
        A person's reason to go back.
    """

    run: _Run
    manifest: _Hash
    when: str
    action: Literal["promote", "rollback"]
    back: int | None
    gate: dict[str, Any]
    by: str
    host: str
    version: str
    before: _Link
    because: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, the step before among it."""
        return strict_json.sha256(strict_json.canonical(asdict(self)))


@dataclass(frozen=True)
class Pinned:
    """The champion: its run and the SHA-256 of its bundle's manifest."""

    runs: Path
    run: str
    manifest: str


@checked(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class _File:
    run: _Run
    manifest: _Hash
    history: Annotated[list[Entry], Field(min_length=1)]
    head: _Hash


_READER = TypeAdapter(_File)


def read_promoted(runs: Path | None) -> Pinned:
    """Read which run is promoted.

    Raises
    ------
    BundleError
        If none is, or the file says something else than a run, a hash and a history.
    """
    told = _read(runs) if runs is not None else None
    if runs is None or told is None:
        raise BundleError(
            "No run is promoted here.",
            expected=f"the file {WORD} in the folder of runs",
            fix="promote one: `segmint promote runs/<id>`, or name a run with --bundle",
        )
    return Pinned(runs=runs, run=told.run, manifest=told.manifest)


def read_history(runs: Path) -> list[Entry]:
    """Return every promotion and rollback, oldest first; the last one is in use.

    Raises
    ------
    BundleError
        If the file cannot be trusted.
    """
    told = _read(runs)
    return told.history if told is not None else []


def needed_runs(runs: Path) -> list[str]:
    """Name the run in use, then those to which one rollback after the other would return.

    Raises
    ------
    BundleError
        If the file cannot be trusted.
    """
    told = _read(runs)
    if told is None:
        return []
    needed, back = [told.run], told.history[-1].back if told.history else None
    while back is not None:
        needed.append(told.history[back].run)
        back = told.history[back].back
    return needed


def _read(runs: Path) -> _File | None:
    if not os.path.lexists(runs / WORD):
        return None
    with opened_folder(real_path(runs)) as folder:  # the operator's own folder may be a link, what lies in it not
        return _parsed(read_file(folder, WORD, limit=_LIMIT))


def require_readable(content: bytes) -> None:
    """Refuse bytes that would not be read again as the file of a history.

    Raises
    ------
    BundleError
        If the file could not be trusted.
    """
    _parsed(content)


def _parsed(content: bytes) -> _File:
    try:
        strict_json.from_bytes(content)
        told = _READER.validate_json(content)
    except (ValidationError, ValueError) as error:
        raise _nonsense() from error
    whole = all(one.back is None or 0 <= one.back < place for place, one in enumerate(told.history))
    last = told.history[-1]
    if not whole or (last.run, last.manifest) != (told.run, told.manifest):
        raise _nonsense()
    _require_chain(told)
    return told


def to_bytes(history: Sequence[Entry]) -> bytes:
    """Write the file of a history, whose last step is in use."""
    last = history[-1]
    return strict_json.to_bytes(
        {"run": last.run, "manifest": last.manifest, "history": [asdict(one) for one in history], "head": last.digest}
    )


def _require_chain(told: _File) -> None:
    links = ["", *(one.digest for one in told.history)]
    held = [*(one.before for one in told.history), told.head]
    for place, (link, kept) in enumerate(zip(links, held, strict=True)):
        if link != kept:
            raise BundleError(
                f"The history in {WORD} was changed after it was written: step {max(place, 1)} of {len(told.history)} "
                "is not what the next one, or the end of the file, says it was.",
                expected="the file as `segmint promote` and `segmint rollback` wrote it",
                fix=f"put back a copy of {WORD} from before, or move it away and promote a run again: `segmint promote runs/<id>`",
            )


def _nonsense() -> BundleError:
    return BundleError(
        f"The file {WORD} does not name a run, its bundle's hash and a history.",
        expected="the file as `segmint promote` wrote it",
        fix="move it away and promote a run again: `segmint promote runs/<id>`",
    )
