"""Which customers a model was trained on, and whose results moved its intercept, without writing down who they are.

Each id becomes 64 bits of a keyed BLAKE2b hash; where customers have no ids, a text of how each looked does. The key lies
beside the file and never leaves the run: without it the fingerprints cannot be tried out against a list of ids. A
stranger among 2,600 customers meets one of a million trained ids by chance with a probability of about 1e-10.

A file begins with the number of its fingerprints (8 bytes) and their BLAKE2b hash under the same key (32 bytes): neither
the key nor the fingerprints can be emptied, cut or exchanged without the other noticing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import distinct
from segmint.contract.ids import bare_ids, in_small_letters
from segmint.errors import RunError
from segmint.store.as_made import require_as_made
from segmint.store.run import RECORD, Run
from segmint.store.run_files import FINGERPRINTS, IDS, KEY, MOVED
from segmint.store.staging import publish_bytes

_COUNT, _SEAL = 8, 32


@dataclass(frozen=True)
class TrainingIds:
    """The fingerprints of trained ids.

    Attributes
    ----------
    fingerprints : ndarray of shape (n_ids,), uint64
        Sorted and distinct.
    key : bytes
    """

    fingerprints: NDArray[np.uint64]
    key: bytes

    def known(self, ids: Iterable[str | None]) -> NDArray[np.bool_]:
        """Tell for each id whether it was trained on; shape (n_ids,). Ids count as `in_small_letters` writes them."""
        asked = _fingerprints(ids, self.key)
        if not self.fingerprints.size:
            return np.zeros(asked.size, dtype=bool)
        place = np.minimum(np.searchsorted(self.fingerprints, asked), self.fingerprints.size - 1)
        return np.asarray(self.fingerprints[place] == asked)


def write_training_ids(folder: Path, ids: Iterable[str | None]) -> None:
    """Keep the fingerprints of `ids` in a run's folder, under a new key."""
    key = secrets.token_bytes(32)
    _keep(folder, distinct(_fingerprints(ids, key)), key)


def carry_training_ids(folder: Path, target: Path) -> None:
    """Keep in the run `target` what the run `folder` knows of trained ids; nothing if it knows nothing."""
    if (known := open_training_ids(folder)) is not None:
        _keep(target, known.fingerprints, known.key)


def carry_moved_ids(folder: Path, target: Path, ids: Iterable[str | None]) -> None:
    """Keep in the run `target` whose results moved its bundle: `ids`, and those who had moved that of the run `folder`.

    They are no trained customers: one number learns nobody by heart, but is found with their answers.
    """
    known, trained = open_moved_ids(folder), open_training_ids(folder)
    carried = known or trained
    key = secrets.token_bytes(32) if carried is None else carried.key
    moved = _fingerprints(ids, key)
    _keep(target, distinct(moved if known is None else np.concatenate([known.fingerprints, moved])), key, MOVED)


def open_training_ids(folder: Path) -> TrainingIds | None:
    """Read what `write_training_ids` kept; None if nothing was, or all of it was removed since.

    Raises
    ------
    RunError
        If the files are damaged, or not those that the finished run vouches for.
    """
    return _open(folder, IDS)


def open_moved_ids(folder: Path) -> TrainingIds | None:
    """Read what `carry_moved_ids` kept; as `open_training_ids`."""
    return _open(folder, MOVED)


def _open(folder: Path, name: str) -> TrainingIds | None:
    _require_its_own(folder)
    there = {each for each in FINGERPRINTS if (folder / each).is_file()}
    if there and (KEY not in there or there == {KEY}):
        raise _damaged(folder, name if KEY in there else KEY)
    if name not in there:
        return None
    key, kept = (folder / KEY).read_bytes(), (folder / name).read_bytes()
    fingerprints = kept[_COUNT + _SEAL :]
    if len(key) != _SEAL or kept != _sealed(fingerprints, key):
        raise _damaged(folder, name)
    return TrainingIds(np.frombuffer(fingerprints, dtype="<u8").astype(np.uint64), key)


def _require_its_own(folder: Path) -> None:
    """Refuse what a finished run does not vouch for; a bundle without its run has nobody to ask."""
    if os.path.lexists(folder / RECORD) and (run := Run.open(folder)).status == "done":
        require_as_made(run.record, folder, FINGERPRINTS)


def _damaged(folder: Path, name: str) -> RunError:
    return RunError(
        f"The {name} of run {folder.name} is damaged or missing: nobody can tell whom its bundle has learned from.",
        expected=f"{IDS} or {MOVED} and the {KEY} that they were written with, as the run left them",
        fix="copy the run again from where it was made, or train again",
    )


def _keep(folder: Path, fingerprints: NDArray[np.uint64], key: bytes, name: str = IDS) -> None:
    publish_bytes(folder / KEY, key)
    publish_bytes(folder / name, _sealed(fingerprints.astype("<u8").tobytes(), key))


def _sealed(fingerprints: bytes, key: bytes) -> bytes:
    """Write before the fingerprints how many they are, and their hash under the key."""
    count = len(fingerprints) // 8
    seal = hashlib.blake2b(fingerprints, digest_size=_SEAL, key=key).digest()
    return count.to_bytes(_COUNT, "little") + seal + fingerprints


def _fingerprints(ids: Iterable[str | None], key: bytes) -> NDArray[np.uint64]:
    """Fingerprint ids as `in_small_letters` writes them."""
    keyed = hashlib.blake2b(digest_size=8, key=key)

    def digest_of(one: str) -> bytes:
        digest = keyed.copy()  # to prepare the key for each id would take longer than to hash it
        digest.update(one.encode("utf-8", "surrogatepass"))
        return digest.digest()

    texts = ids if isinstance(ids, pl.Series) else pl.Series(list(ids), dtype=pl.String)
    # No id is no customer: it gets a fingerprint of its own, so it never looks like a known one.
    digests = [
        secrets.token_bytes(8) if one is None else digest_of(one) for one in in_small_letters(bare_ids(texts)).to_list()
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
