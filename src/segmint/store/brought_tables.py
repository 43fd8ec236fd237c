"""Where tables that were brought to the dashboard lie in the folder of runs, each in a folder of our own naming."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from segmint.store.staging import sweep_dead

BROUGHT, ABOUT = "tables", "about.json"
TABLE_ID = re.compile(r"[0-9a-f]{16}")


def brought_tables(folder: Path) -> dict[Path, datetime]:
    """Name the folder of every table that is whole, newest first, and when it was brought."""
    whole: dict[Path, datetime] = {}
    for place in _places(folder):
        with suppress(OSError):  # another is forgotten meanwhile
            whole[place] = brought_at(place)
    return dict(sorted(whole.items(), key=lambda one: one[1], reverse=True))


def brought_at(place: Path) -> datetime:
    """When a table was brought, in UTC."""
    return datetime.fromtimestamp((place / ABOUT).stat().st_mtime, UTC)


def half_forgotten(folder: Path) -> dict[Path, datetime]:
    """Name what is left of tables that were forgotten by halves, and when it was last changed."""
    left: dict[Path, datetime] = {}
    for place in _places(folder):
        with suppress(OSError):
            if place.is_dir() and not (place / ABOUT).exists():
                left[place] = datetime.fromtimestamp(place.stat().st_mtime, UTC)
    return left


def sweep_brought(folder: Path) -> None:
    """Remove what is left of tables that were never whole, as their process died, or that were half forgotten."""
    sweep_dead(folder, TABLE_ID)
    for place in half_forgotten(folder):
        shutil.rmtree(place, ignore_errors=True)


def _places(folder: Path) -> list[Path]:
    """Folders named as tables are; a link is none of ours, as with runs."""
    with suppress(OSError):
        return sorted(place for place in folder.iterdir() if TABLE_ID.fullmatch(place.name) and not place.is_symlink())
    return []
