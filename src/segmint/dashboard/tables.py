"""Tables that were brought to the dashboard: streamed to disk, each in a folder of our own naming."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segmint.errors import InputError, RunError, why
from segmint.store.brought_tables import ABOUT, TABLE_ID, brought_at, brought_tables, sweep_brought
from segmint.store.staging import FILE_MODE, staging, write_file
from segmint.wording import in_plain_letters

TEXTS, PACKED = (".csv", ".txt", ".tsv"), (".gz", ".zst")
# ".csv.gz" before ".gz": all of it is kept in the file's name
ENDINGS = (*TEXTS, ".xlsx", ".parquet", *(text + packed for packed in PACKED for text in TEXTS), *PACKED)
WORKBOOKS = (".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods")  # that their own program saves as .xlsx
MOST_BYTES = 2 << 30
SAID, TOLD = "said.txt", "told.json"


@dataclass(frozen=True)
class Table:
    """One table: its id (ours), its name (theirs, for show), where it lies."""

    id: str
    name: str
    path: Path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    @property
    def brought(self) -> datetime:
        """When it was brought, in UTC."""
        return brought_at(self.path.parent)

    @property
    def contract(self) -> Path | None:
        """The contract that a person reviewed for this table, if there is one."""
        path = self.path.parent / "contract.toml"
        return path if path.is_file() else None


class Tables:
    """A folder of tables; of what a stranger calls a file only plain letters and its ending become a file's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def receive(
        self, name: str, chunks: AsyncIterator[bytes], *, declared: int = 0, most: int = MOST_BYTES
    ) -> Table:
        """Write a body to disk as it comes; of what is `declared` to have too many bytes none is asked for.

        Raises
        ------
        InputError
            For an ending that is no table's, an empty body, or more bytes than the limit; nothing stays behind.
        RunError
            If the disk is full or failing; nothing stays behind either.
        """
        ending = next((e for e in ENDINGS if name.lower().endswith(e)), None)
        if ending is None:
            raise _no_table(name)
        if declared > most:
            raise _too_large(most)
        place, file = self.folder / secrets.token_hex(8), f"{plain(name[: -len(ending)])}{ending}"
        with staging(place) as staged:
            await _write(staged / file, chunks, most)
            write_file(staged / ABOUT, json.dumps({"name": name[:200], "file": file}).encode())
        return Table(place.name, name[:200], place / file)

    def sweep(self) -> None:
        """Remove what is left of tables that were never whole, as their process died, or that were half forgotten."""
        sweep_brought(self.folder)

    def find(self, table: str) -> Table:
        """Open a table by its id.

        Raises
        ------
        RunError
            If there is none.
        """
        place = self.place(table)
        with suppress(OSError, ValueError, KeyError, TypeError):  # somebody tidied up in our folder
            about = json.loads((place / ABOUT).read_text("utf-8"))
            file = str(about["file"])
            if Path(file).name == file and (place / file).is_file():
                return Table(table, str(about["name"]), place / file)
        raise _unknown()

    def place(self, table: str) -> Path:
        """The folder of a table by its id, also where the table itself is gone from it.

        Raises
        ------
        RunError
            If there is none.
        """
        place = self.folder / table
        if not TABLE_ID.fullmatch(table) or not (place / ABOUT).is_file():
            raise _unknown()
        return place

    def forget(self, table: str) -> None:
        """Delete a table, its contract and what was said about it, also where the table itself is gone already.

        Raises
        ------
        RunError
            If there is none, or it cannot be deleted.
        """
        place = self.place(table)
        with writing("deleted from"):
            (place / ABOUT).unlink()  # from now on it is found no more, whatever becomes of the rest
            shutil.rmtree(place)

    def all(self) -> list[Table]:
        """Every table that can be opened, newest first."""
        tables = []
        for place in brought_tables(self.folder):
            with suppress(RunError):
                tables.append(self.find(place.name))
        return tables


@contextmanager
def writing(what: str = "written into") -> Iterator[None]:
    """Say in words that the folder of a table is closed, full or failing.

    Raises
    ------
    RunError
        If the system refuses what is done in the block.
    """
    try:
        yield
    except OSError as error:
        raise RunError(
            f"Nothing may be {what} the folder of this table: {why(error)}.",
            expected="a folder of runs that can be written to",
            fix="ask whoever runs segmint here for access to it, or for room in it",
        ) from error


def _unknown() -> RunError:
    return RunError("There is no such table here.", expected="a table of the list", fix="bring it again")


def _no_table(name: str) -> InputError:
    expected = f"{', '.join(TEXTS)} (also packed: {', '.join(PACKED)}), .xlsx or .parquet"
    fix = f"save it as {'.xlsx' if name.lower().endswith(WORKBOOKS) else '.csv'}"
    return InputError("This file has no ending of a table.", expected=expected, fix=fix)


def _too_large(most: int) -> InputError:
    return InputError(
        "The table is larger than this page takes.",
        expected=f"at most {most >> 20:,} MiB",
        fix="run it at the command line: segmint run",
    )


def plain(name: str) -> str:
    """Keep of a file's name, without folders and ending, what runs and reports can show and no program takes for more."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", in_plain_letters(last))
    kept = kept.strip("_-")[:60]
    return kept if kept and f"{kept}.txt" != SAID else "table"


async def _write(path: Path, chunks: AsyncIterator[bytes], most: int) -> None:
    taken = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        async for chunk in chunks:
            taken += len(chunk)
            if taken > most:
                raise _too_large(most)
            file.write(chunk)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())  # long for a large table, and others wait on the loop
    if not taken:
        raise InputError("The file is empty.", expected="a table", fix="choose another file")
