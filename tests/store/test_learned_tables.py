"""A bundle that was moved still knows the table that its network learned, and tells it from those that moved it."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.errors import RunError
from segmint.store.learned_tables import TABLES, LearnedTables, carry_learned_tables
from segmint.store.run import Run


def finished(runs: Path, command: str, *fingerprints: str) -> Path:
    with Run.create(runs, command, "", 1, {f"{mark}.csv": mark for mark in fingerprints}) as here:
        here.done({})
    return here.folder


def carried(folder: Path, target: Path) -> None:
    """Let a finished run have moved the bundle of another."""
    carry_learned_tables(folder, target)
    Run.open(target).done({})


def test_what_was_trained_on_and_what_moved_is_carried_from_update_to_update(tmp_path: Path) -> None:
    run, first, second = finished(tmp_path, "run", "t"), *(finished(tmp_path, "update", mark) for mark in "ab")
    assert LearnedTables.of(run) == LearnedTables(frozenset("t"))
    carried(run, first)
    carried(first, second)
    assert LearnedTables.of(first) == LearnedTables(frozenset("t"), frozenset("a"))
    assert LearnedTables.of(second) == LearnedTables(frozenset("t"), frozenset("ab"))


def test_of_a_bundle_without_its_run_only_what_moved_it_is_known(tmp_path: Path) -> None:
    bare, moved, older = tmp_path / "bare", finished(tmp_path, "update", "a"), finished(tmp_path, "update", "b")
    bare.mkdir()
    assert LearnedTables.of(bare) == LearnedTables()
    carried(bare, moved)
    assert LearnedTables.of(moved) == LearnedTables(moved=frozenset("a"))
    assert LearnedTables.of(older) == LearnedTables(moved=frozenset("b"))


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"trained": 1, "moved": []}'])
def test_damage_is_said(tmp_path: Path, content: bytes) -> None:
    folder = finished(tmp_path, "update", "a")
    (folder / TABLES).write_bytes(content)
    Run.open(folder).done({})
    with pytest.raises(RunError, match="is damaged"):
        LearnedTables.of(folder)


def test_what_the_run_does_not_vouch_for_is_refused(tmp_path: Path) -> None:
    run, moved = finished(tmp_path, "run", "t"), finished(tmp_path, "update", "a")
    carried(run, moved)
    (moved / TABLES).write_text('{"trained": [], "moved": []}')
    with pytest.raises(RunError, match=f"changed: {TABLES}"):
        LearnedTables.of(moved)
    (moved / TABLES).unlink()
    with pytest.raises(RunError, match=f"missing: {TABLES}"):
        LearnedTables.of(moved)
