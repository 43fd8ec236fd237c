"""`segmint find`: in which files below the folder of runs somebody stands, and who was trained on."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from segmint.config import Data
from segmint.contract.ids import are_among, bare_ids, without_marks_and_zeros
from segmint.errors import InputError, SegmintError, why
from segmint.flows.read import data_of_list, open_source
from segmint.flows.runs import list_runs
from segmint.flows.settings import RUNS, Place, Settings, settings_of
from segmint.store.run_files import IDS, KEY, MOVED
from segmint.store.training_ids import open_moved_ids, open_training_ids
from segmint.tables.table_source import NoRowsError
from segmint.tables.workbook_source import sheets_as_texts
from segmint.targeting.given_ids import Ids, given_ids
from segmint.wording import counted, some_named

_TABLES = (".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".gz", ".zst")
_LOG = "said.txt"  # what a command that the dashboard started said
_RAW = "raw"  # of rejected.csv: the whole row as it came
_BETWEEN = r"[,;\t|\r\n]"


@dataclass(frozen=True)
class Named:
    """A file that names somebody who is looked for.

    Attributes
    ----------
    file : Path
    rows : int
        So many, by the column that has most; of fingerprints how many of the ids they know.
    columns : tuple of str
        Where the ids stand; empty of fingerprints.
    """

    file: Path
    rows: int
    columns: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Name the file, without a value of it."""
        if not self.columns:
            return f"{self.file}: {counted(self.rows, 'fingerprint')}"
        return f"{self.file}: {counted(self.rows, 'row')}, in {some_named(self.columns, 3)}"


@dataclass(frozen=True)
class Found:
    """Where customers stand below a folder of runs.

    Attributes
    ----------
    folder : Path
    ids : int
        How many were looked for.
    named : tuple of Named
    unread : tuple of (Path, str)
        Tables that could not be read, or not whole, and why: look into them by other means.
    """

    folder: Path
    ids: int
    named: tuple[Named, ...]
    unread: tuple[tuple[Path, str], ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """A line for each file, then how many there are."""
        lines = [each.sentence for each in self.named]
        lines += [f"could not be read: {file} ({reason})" for file, reason in self.unread]
        names = "names" if len(self.named) < 2 else "name"
        who = "the id" if self.ids == 1 else f"any of the {self.ids:,} ids"
        return (
            *lines,
            f"{counted(len(self.named), 'file') if self.named else 'no file'} in {self.folder} {names} {who}",
        )

    def frame(self) -> pl.DataFrame:
        """Return one row per file."""
        rows = [(str(each.file), each.rows, ", ".join(each.columns)) for each in self.named]
        return pl.DataFrame(rows, schema={"file": pl.String, "rows": pl.Int64, "columns": pl.String}, orient="row")


def find_customers(customers: str | Ids, config: Settings = None, *, runs: Place = RUNS) -> Found:
    """Say in which tables below the folder of runs customers stand, and which fingerprints of trained ids know them.

    Ids are compared as everywhere, with every column of text, Parquet and workbooks; who has no id is not found.

    Parameters
    ----------
    customers : str, or polars.Series, list, ndarray or pandas.Series of texts or whole numbers
        Ids.
    config : Config or path, optional
        How tables are read.
    runs : path
        The folder that holds all runs.

    Raises
    ------
    InputError
        If there is no id among `customers`.
    RunError
        If there is no such folder.
    """
    wanted = bare_ids(given_ids([customers] if isinstance(customers, str) else customers)).drop_nulls().unique()
    if wanted.is_empty():
        raise InputError(
            "No id was given.", expected="the ids of customers", fix="say who is looked for: segmint find ID"
        )
    data, folder = settings_of(config).data, list_runs(runs).folder
    named, unread = [], []
    for file in _files(folder):
        try:
            if found := _in_fingerprints(file, wanted) if file.name == KEY else _in_table(file, wanted, data):
                named += found
        except (SegmintError, OSError) as error:
            unread.append((file, error.came if isinstance(error, SegmintError) else why(error)))
    return Found(folder, len(wanted), tuple(named), tuple(unread))


def _files(folder: Path) -> Iterator[Path]:
    """Name every table and key of fingerprints below a folder, hidden ones and those left by halves too."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name == KEY or ".staging-" in name or (name.lower().endswith(_TABLES) and name != _LOG):
                yield Path(place) / name


def _in_fingerprints(key: Path, wanted: pl.Series) -> list[Named]:
    kept = {IDS: open_training_ids(key.parent), MOVED: open_moved_ids(key.parent)}
    known = {name: int(np.sum(each.known(wanted))) for name, each in kept.items() if each is not None}
    return [Named(key.parent / name, count) for name, count in known.items() if count]


def _in_table(file: Path, wanted: pl.Series, data: Data) -> list[Named]:
    """Look into every cell, whatever its column is called."""
    alike, cells = without_marks_and_zeros(wanted).implode(), defaultdict[str, list[pl.Series]](list)
    for frame in _frames(file, data):
        for column in frame.iter_columns():
            texts = column.cast(pl.String)
            bare = bare_ids(_parts(texts) if column.name == _RAW else texts)
            cells[column.name].append(bare.filter(without_marks_and_zeros(bare).is_in(alike).fill_null(False)))
    rows = {name: int(are_among(pl.concat(found), wanted).sum()) for name, found in cells.items()}
    columns = tuple(name for name, count in rows.items() if count)
    return [Named(file, max(rows.values()), columns)] if columns else []


def _parts(records: pl.Series) -> pl.Series:
    return records.str.replace_all(_BETWEEN, "\n").str.split("\n").explode()


def _frames(file: Path, data: Data) -> Iterator[pl.DataFrame]:
    with file.open("rb") as opened:
        is_workbook = opened.read(4) == b"PK\x03\x04"
    if is_workbook:
        yield from sheets_as_texts(file)
        return
    try:
        source = open_source(file, data_of_list(file, data))
    except NoRowsError:
        return
    # a list without a header has somebody there
    yield pl.DataFrame({"the first line": source.columns})
    for batch in source.batches():
        yield batch.frame
        if raw := [reject.raw for reject in batch.rejects]:
            yield pl.DataFrame({_RAW: raw})
