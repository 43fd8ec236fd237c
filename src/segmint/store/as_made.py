"""What a finished run vouches for: the SHA-256 of each of its files, in ``run.json``, under a seal of its own.

It finds damage and what was exchanged, not forgery: who can write the folder can write new hashes as well.

Of the bundle only the manifest counts, which vouches for the rest of it. The page may be written again, so its hashes
stand outside the seal; TensorBoard's log is for looking at and counts for nothing. Files of single customers may be removed.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmint.errors import RunError
from segmint.store import run_files, strict_json
from segmint.store.sealed_folder import in_ascii

JSON = dict[str, Any]

MANIFEST = "bundle/manifest.json"

_PAGES = (run_files.PAGE, run_files.STORED_PAGE)
_WORK = "work"
_LEFT_OUT = ("run.json", _WORK, "tensorboard")
_OPEN_SEAL = ("files", "pages", "seal")
# what segmint reads from a run; anything else that somebody lays beside it, a memo for example, does no harm
_READ = (".json", ".toml", ".parquet", ".csv", ".bin", ".key", ".sql")
_NAMED = 5


def sealed(record: Mapping[str, Any], folder: Path) -> JSON:
    """Return the record of a finished run with the hashes of its files and its seal."""
    told = {name: value for name, value in record.items() if name not in _OPEN_SEAL}
    told = with_pages(told | {"files": {name: _digest(folder / name) for name in _names(folder)}}, folder)
    return told | {"seal": _seal(told)}


def with_pages(record: Mapping[str, Any], folder: Path) -> JSON:
    """Return the record of a finished run whose page was written again; nothing else in it changes."""
    return {**record, "pages": {name: _digest(folder / name) for name in _PAGES if os.path.lexists(folder / name)}}


@dataclass(frozen=True)
class AsMade:
    """How the files of a finished run stand to what it vouches for.

    Attributes
    ----------
    count : int
        How many files it vouches for.
    changed, missing : tuple of str
    removed : tuple of str
        Files of customers that are gone, as they may be; of the fingerprints of ids all that there were.
    added : tuple of str
        Files that the run did not write and segmint would read.
    beside : tuple of str
        Other files that somebody laid into the folder, hidden ones and those of ``work/`` among them.
    """

    count: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    beside: tuple[str, ...]

    @property
    def differences(self) -> str:
        """What is not as the run left it, in a few words; "" if all is."""
        told = (("changed", self.changed), ("missing", self.missing), ("added", self.added))
        return "; ".join(f"{word}: {_some(names)}" for word, names in told if names)

    @property
    def only_pages(self) -> bool:
        """Whether nothing but pages differs: `segmint report` writes them again from the rest."""
        return {*self.changed, *self.missing, *self.added} <= {*_PAGES}

    @property
    def sentence(self) -> str:
        """How many files there are, which were removed, and what lies beside them."""
        told = (("removed since", self.removed), ("laid beside them", self.beside))
        more = [f"; {word}: {_some(names)}" for word, names in told if names]
        return "".join((f"{self.count - len(self.removed)} files as they were", *more))


def look(record: Mapping[str, Any], folder: Path) -> AsMade:
    """Hold the files of a finished run against what its record vouches for, the record itself among them.

    Raises
    ------
    RunError
        If the record vouches for nothing: the run is not finished.
    """
    kept = _vouched(record, folder)
    found = {*_names(folder), *(name for name in _PAGES if os.path.lexists(folder / name))}
    strange = sorted(found - {*kept, *_PAGES})
    changed = [name for name in sorted(found & {*kept}) if not _is_as_made(folder / name, kept[name])]
    if not _is_sealed(record):
        changed.insert(0, "run.json")
    missing, removed = _gone({*kept} - found, kept)
    read = [name for name in strange if name.endswith(_READ)]
    return AsMade(
        count=len(kept) + 1,
        changed=tuple(changed),
        missing=missing,
        removed=removed,
        added=tuple(read),
        beside=(*(name for name in strange if name not in read), *_unseen(folder)),
    )


def orphans(folder: Path) -> list[str]:
    """Name the files in a folder that only a run writes beside its bundle, whatever else a bank keeps there."""
    return sorted(name for name in run_files.OF_A_TRAINING if os.path.lexists(folder / name))


def require_as_made(record: Mapping[str, Any], folder: Path, names: Collection[str] | None = None) -> None:
    """Refuse a finished run that is not as it was left; its page, from which nothing is computed, may differ.

    Parameters
    ----------
    record : dict
    folder : Path
    names : collection of str, optional
        The files that matter, beside the record itself; left out, all that it wrote but the page. One of these names
        that the run did not write must not be there.

    Raises
    ------
    RunError
        If one of them was changed, is missing and may not be, or came later.
    """
    found = look(record, folder) if names is None else _look_at(names, record, folder)
    differ = {*found.changed, *found.missing} - {*_PAGES}
    if differ or (names is not None and found.added):
        raise RunError(
            f"The run {in_ascii(folder.name)} is not as it was left: {found.differences}.",
            expected="the files that the run finished with",
            fix="copy the run again from where it was made, or give its command again; "
            f"all that differs: segmint verify {shlex.quote(str(folder))}",
        )


def _look_at(names: Collection[str], record: Mapping[str, Any], folder: Path) -> AsMade:
    kept = _vouched(record, folder)
    there = {name for name in names if os.path.lexists(folder / name)}
    mine = {name for name in names if name in kept}
    changed = [name for name in sorted(there & mine) if not _is_as_made(folder / name, kept[name])]
    if not _is_sealed(record):
        changed.insert(0, "run.json")
    missing, removed = _gone(mine - there, kept)
    return AsMade(len(mine), tuple(changed), missing, removed, tuple(sorted(there - mine)), ())


def _gone(names: Collection[str], kept: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part what is not there into what is missing and what may have been removed; half a set of fingerprints is missing."""
    whole = all(name in names for name in run_files.FINGERPRINTS if name in kept)
    may = {name for name in run_files.OF_CUSTOMERS if whole or name not in run_files.FINGERPRINTS}
    return tuple(sorted({*names} - may)), tuple(sorted({*names} & may))


def _vouched(record: Mapping[str, Any], folder: Path) -> dict[str, str]:
    files, pages = record.get("files"), record.get("pages")
    if record.get("status") != "done" or not isinstance(files, dict) or not isinstance(pages, dict):
        raise RunError(
            f"The run {in_ascii(folder.name)} vouches for no file: it is not finished, or its run.json was changed.",
            expected="a finished run, whose run.json holds the SHA-256 of each of its files",
            fix="continue it, or give its command again",
        )
    return {**files, **pages}


def _is_sealed(record: Mapping[str, Any]) -> bool:
    return record.get("seal") == _seal(record)


def _seal(record: Mapping[str, Any]) -> str:
    # as it reads from the file: there a tuple is a list, and every key a text
    written = strict_json.from_bytes(
        strict_json.to_bytes({name: value for name, value in record.items() if name not in ("seal", "pages")})
    )
    return strict_json.sha256(strict_json.canonical(written))


def _names(folder: Path) -> Iterator[str]:
    """Name the files that a run vouches for, as they lie in its folder."""
    return (inside.as_posix() for inside in _files(folder) if _counts(inside))


def _unseen(folder: Path) -> list[str]:
    """Name what lies in a finished run's folder and segmint looks at no more, hidden files and what was work; a table may be among it."""
    return sorted(inside.as_posix() for inside in _files(folder) if _is_hidden(inside) or inside.parts[0] == _WORK)


def _files(folder: Path) -> Iterator[Path]:
    """Name every file below a folder, from there; a link counts as a file."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in sorted([*files, *links]):
            yield (here / name).relative_to(folder)


def _is_hidden(inside: Path) -> bool:
    return any(part.startswith(".") for part in inside.parts)


def _counts(inside: Path) -> bool:
    if inside.parts[0] in _LEFT_OUT or inside.as_posix() in _PAGES or _is_hidden(inside):
        return False
    return inside.parts[0] != "bundle" or inside.as_posix() == MANIFEST


def _is_as_made(path: Path, digest: str) -> bool:
    return digest != "" and _digest(path) == digest


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file; "", which equals nothing, of what is none or cannot be read."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _some(names: Collection[str]) -> str:
    shown = ", ".join(in_ascii(name) for name in list(names)[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
