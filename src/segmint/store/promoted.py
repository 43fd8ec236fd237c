"""``runs/PROMOTED``: which run's bundle is in use, pinned by the hash of its manifest, and which were before."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
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
    """

    run: _Run
    manifest: _Hash
    when: str
    action: Literal["promote", "rollback"]
    back: int | None
    gate: dict[str, Any]


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
    history: list[Entry] = Field(default_factory=list)


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


def _read(runs: Path) -> _File | None:
    if not os.path.lexists(runs / WORD):
        return None
    with opened_folder(real_path(runs)) as folder:  # the operator's own folder may be a link, what lies in it not
        content = read_file(folder, WORD, limit=_LIMIT)
    try:
        strict_json.from_bytes(content)
        told = _READER.validate_json(content)
    except (ValidationError, ValueError) as error:
        raise _nonsense() from error
    whole = all(one.back is None or 0 <= one.back < place for place, one in enumerate(told.history))
    last = told.history[-1] if told.history else None
    if not whole or (last is not None and (last.run, last.manifest) != (told.run, told.manifest)):
        raise _nonsense()
    return told


def _nonsense() -> BundleError:
    return BundleError(
        f"The file {WORD} does not name a run, its bundle's hash and a history.",
        expected="the file as `segmint promote` wrote it",
        fix="move it away and promote a run again: `segmint promote runs/<id>`",
    )
