"""Trained customers are recognised without being written down."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.errors import RunError
from segmint.store.training_ids import (
    carry_moved_ids,
    carry_training_ids,
    open_moved_ids,
    open_training_ids,
    write_training_ids,
)


def test_known_ids_are_counted_and_strangers_are_not(tmp_path: Path) -> None:
    write_training_ids(tmp_path, [str(i) for i in range(5000)])
    kept = open_training_ids(tmp_path)
    assert kept is not None
    assert kept.known([str(i) for i in range(4000, 7000)]).sum() == 1000
    assert kept.known(pl.Series(["1", "A1", None, "-1"])).tolist() == [True, False, False, False]
    assert len(kept.fingerprints) == 5000


def test_ids_are_known_whether_a_spreadsheet_dropped_the_zeros_before_them_or_not(tmp_path: Path) -> None:
    write_training_ids(tmp_path, ["0000017", "18", "000"])
    kept = open_training_ids(tmp_path)
    assert kept is not None
    assert kept.known(["17", "0000017", "17.0", "018", "0", "170", "0A17"]).tolist() == [True] * 5 + [False] * 2


def test_an_id_has_the_fingerprint_that_earlier_versions_gave_it(tmp_path: Path) -> None:
    write_training_ids(tmp_path, ["ABC-1", "Zoë"])
    kept = open_training_ids(tmp_path)
    assert kept is not None
    hashes = [hashlib.blake2b(one.encode(), digest_size=8, key=kept.key).digest() for one in ("abc-1", "zoë")]
    assert kept.fingerprints.tolist() == sorted(int.from_bytes(each, "little") for each in hashes)


def test_missing_ids_are_nobody(tmp_path: Path) -> None:
    write_training_ids(tmp_path, [None, None, "7"])
    kept = open_training_ids(tmp_path)
    assert kept is not None
    assert kept.known([None, "7", ""]).tolist() == [False, True, False]


def test_no_id_can_be_read_from_the_files(tmp_path: Path) -> None:
    ids = [f"customer-{i:06d}" for i in range(300)]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_training_ids(tmp_path / name, ids)
    for path in tmp_path.rglob("*.*"):
        assert b"customer" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # Two runs on the same customers share no fingerprint: each has a key of its own.
    first, second = open_training_ids(tmp_path / "one"), open_training_ids(tmp_path / "two")
    assert first is not None
    assert second is not None
    assert not np.isin(first.fingerprints, second.fingerprints).any()


def test_what_a_run_knows_can_be_carried_to_the_next(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir()
    write_training_ids(first, ["7 ", "8"])
    carry_training_ids(first, second)
    kept = open_training_ids(second)
    assert kept is not None
    assert kept.known([" 7", "8", "9"]).tolist() == [True, True, False]
    carry_training_ids(tmp_path / "nowhere", third)
    assert open_training_ids(third) is None


def test_who_moved_a_bundle_is_kept_apart_from_whom_it_was_trained_on_and_carried_on(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir()
    write_training_ids(first, ["1"])
    assert open_moved_ids(first) is None
    for before, after, ids in ((first, second, ["2", None]), (second, third, [" 3"])):
        carry_training_ids(before, after)
        carry_moved_ids(before, after, ids)
    trained, moved = open_training_ids(third), open_moved_ids(third)
    assert trained is not None
    assert moved is not None
    assert trained.known(["1", "2", "3"]).tolist() == [True, False, False]
    assert moved.known(["1", "2", "3", None]).tolist() == [False, True, True, False]
    nobody_knows = tmp_path / "fourth"
    nobody_knows.mkdir()
    carry_moved_ids(tmp_path / "nowhere", nobody_knows, ["4"])
    again = open_moved_ids(nobody_knows)
    assert again is not None
    assert again.known(["4"]).sum() == 1
    assert open_training_ids(nobody_knows) is None


def test_a_table_without_ids_keeps_none(tmp_path: Path) -> None:
    assert open_training_ids(tmp_path) is None
    write_training_ids(tmp_path, [])
    kept = open_training_ids(tmp_path)
    assert kept is not None
    assert kept.known(["1"]).sum() == 0


def _emptied(folder: Path) -> None:
    (folder / "training_ids.bin").write_bytes(b"")


def _cut(folder: Path) -> None:
    kept = (folder / "training_ids.bin").read_bytes()
    (folder / "training_ids.bin").write_bytes(kept[:-8])


def _none_left(folder: Path) -> None:
    (folder / "training_ids.bin").write_bytes(bytes(40))


def _another_key(folder: Path) -> None:
    (folder / "training_ids.key").write_bytes(bytes(32))


def _short_key(folder: Path) -> None:
    (folder / "training_ids.key").write_bytes(b"")


def _no_key(folder: Path) -> None:
    (folder / "training_ids.key").unlink()


def _key_alone(folder: Path) -> None:
    (folder / "training_ids.bin").unlink()


@pytest.mark.parametrize("damage", [_emptied, _cut, _none_left, _another_key, _short_key, _no_key, _key_alone])
def test_fingerprints_and_key_are_refused_when_one_of_them_is_not_as_it_was_written(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    write_training_ids(tmp_path, ["1", "2"])
    damage(tmp_path)
    with pytest.raises(RunError, match="damaged or missing"):
        open_training_ids(tmp_path)


def test_who_moved_a_bundle_is_refused_under_another_key(tmp_path: Path) -> None:
    carry_moved_ids(tmp_path / "nowhere", tmp_path, ["1"])
    _another_key(tmp_path)
    with pytest.raises(RunError, match="damaged or missing"):
        open_moved_ids(tmp_path)
