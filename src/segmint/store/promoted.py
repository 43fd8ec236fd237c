"""``runs/PROMOTED``: which run's bundle is in use, pinned by the hash of its manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from segmint.errors import BundleError
from segmint.store import strict_json
from segmint.store.sealed_folder import opened_folder, read_file

WORD = "PROMOTED"

RUN_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z-[0-9a-f]{4}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LIMIT = 1 << 12


@dataclass(frozen=True)
class Promoted:
    """The champion: its run and the SHA-256 of its bundle's manifest."""

    runs: Path
    run: str
    manifest: str


def read_promoted(runs: Path | None) -> Promoted:
    """Read which run is promoted.

    Raises
    ------
    BundleError
        If none is, or the file says something else than a run id and a hash.
    """
    if runs is None or not (runs / WORD).is_file():
        raise BundleError(
            "No run is promoted here.",
            expected=f"the file {WORD} in the folder of runs",
            fix="promote one: `segmint promote runs/<id>`, or name a run with --bundle",
        )
    with opened_folder(runs) as folder:
        content = read_file(folder, WORD, limit=_LIMIT)
    try:
        told = strict_json.from_bytes(content)
    except ValueError:
        told = {}
    run, manifest = told.get("run"), told.get("manifest")
    if not (isinstance(run, str) and RUN_ID.fullmatch(run)):
        raise _nonsense()
    if not (isinstance(manifest, str) and _SHA256.fullmatch(manifest)):
        raise _nonsense()
    return Promoted(runs=runs, run=run, manifest=manifest)


def _nonsense() -> BundleError:
    return BundleError(
        f"The file {WORD} does not name a run and its bundle's hash.",
        expected='{"run": "<id>", "manifest": "<sha256>"}',
        fix="promote a run again: `segmint promote runs/<id>`",
    )
