"""Which tables a run's bundle has learned from, by fingerprint: what its network was trained on, and what moved its intercept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segmint.errors import RunError
from segmint.store import strict_json
from segmint.store.as_made import require_as_made
from segmint.store.run import Run
from segmint.store.staging import publish_bytes

TABLES = "learned_tables.json"
_MOVES = "update"


@dataclass(frozen=True)
class LearnedTables:
    """Fingerprints of the tables that a bundle has learned from.

    Attributes
    ----------
    trained : frozenset of str
        That its network was trained on; empty where nobody can tell.
    moved : frozenset of str
        Whose results moved its intercept. One number learns nobody by heart, so they are no trained customers.
    """

    trained: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()

    @classmethod
    def of(cls, folder: Path) -> LearnedTables:
        """Ask the run `folder`; nothing is known of a bundle without its run.

        Raises
        ------
        RunError
            If what an update kept is damaged, or is not what the finished run vouches for.
        """
        try:
            run = Run.open(folder)
        except RunError:
            return cls()
        if run.status == "done":
            require_as_made(run.record, folder, (TABLES,))
        record = run.record
        read = frozenset(record["inputs"].values())
        if record["command"] != _MOVES:
            return cls(trained=read)
        kept = _kept(folder)
        return cls(kept.trained, kept.moved | read)


def carry_learned_tables(folder: Path, target: Path) -> None:
    """Keep in the run `target`, which moves the bundle of the run `folder`, what that had learned from."""
    known = LearnedTables.of(folder)
    content = strict_json.to_bytes({"trained": sorted(known.trained), "moved": sorted(known.moved)})
    publish_bytes(target / TABLES, content)


def _kept(folder: Path) -> LearnedTables:
    if not (folder / TABLES).is_file():
        return LearnedTables()
    try:
        told = strict_json.from_bytes((folder / TABLES).read_bytes())
        return LearnedTables(frozenset(told["trained"]), frozenset(told["moved"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"The {TABLES} of run {folder.name} is damaged.",
            expected="the fingerprints of the tables that its bundle has learned from",
            fix="update the bundle again: segmint update",
        ) from error
