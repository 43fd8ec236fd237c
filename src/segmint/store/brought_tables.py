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
    with suppress(OSError):
        for place in folder.iterdir():
            with suppress(OSError):  # another is forgotten meanwhile
                whole |= {place: brought_at(place)} if TABLE_ID.fullmatch(place.name) else {}
    return dict(sorted(whole.items(), key=lambda one: one[1], reverse=True))


def brought_at(place: Path) -> datetime:
    """When a table was brought, in UTC."""
    return datetime.fromtimestamp((place / ABOUT).stat().st_mtime, UTC)


def sweep_brought(folder: Path) -> None:
    """Remove what is left of tables that were never whole, as their process died, or that were half forgotten."""
    sweep_dead(folder, TABLE_ID)
    with suppress(OSError):
        for place in [entry for entry in folder.iterdir() if TABLE_ID.fullmatch(entry.name)]:
            if place.is_dir() and not (place / ABOUT).exists():
                shutil.rmtree(place, ignore_errors=True)
