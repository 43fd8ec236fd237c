"""`segmint find`: in which files below the folder of runs somebody stands, and who was trained on."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from segmint.config import Data
from segmint.contract.hints import looks_like_id, names_customer, plain_name
from segmint.contract.ids import are_among, bare_ids, in_small_letters, small_letters
from segmint.errors import InputError, SegmintError, why
from segmint.flows.runs import list_runs
from segmint.flows.steps.read import data_of_list, open_source
from segmint.flows.steps.settings import RUNS, Place, Settings, settings_of
from segmint.progress import Progress, silent
from segmint.store.run_files import IDS, KEY, MOVED
from segmint.store.training_ids import open_moved_ids, open_training_ids
from segmint.tables.byte_stream import wide_encoding_of
from segmint.tables.rejects import MAX_RAW
from segmint.tables.table_source import NoRowsError
from segmint.tables.workbook_source import sheets_as_texts
from segmint.targeting.given_ids import Ids, given_ids
from segmint.targeting.named_files import id_columns_of, ids_of, require_every_record
from segmint.wording import counted, some_named

Unread = tuple[Path, str]

_TABLES = (".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".gz", ".zst")
_LOG = "said.txt"  # what a command that the dashboard started said
_RAW = "raw"  # of rejected.csv: the whole row as it came
_FIRST = "the first line"


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


@dataclass(frozen=True, repr=False)
class FoundCustomers:
    """Where customers stand below a folder of runs.

    Attributes
    ----------
    folder : Path
    ids : int
        How many were looked for.
    named : tuple of Named
    unread : tuple of (Path, str)
        Tables and folders that could not be read, or not whole, and why: look into them by other means.
    """

    folder: Path
    ids: int
    named: tuple[Named, ...]
    unread: tuple[Unread, ...]

    def __repr__(self) -> str:
        return f"<FoundCustomers in {self.folder}: {counted(len(self.named), 'file')}>"

    @property
    def sentences(self) -> tuple[str, ...]:
        """A line for each file, then how many there are."""
        lines = [each.sentence for each in self.named]
        lines += [f"could not be read: {file} ({reason})" for file, reason in self.unread]
        names = "names" if len(self.named) < 2 else "name"
        who = "the id" if self.ids == 1 else f"any of the {self.ids:,} ids"
        files = counted(len(self.named), "file") if self.named else "no file"
        unread = f"; {len(self.unread):,} could not be read, and may" if self.unread else ""
        return (*lines, f"{files} in {self.folder} {names} {who}{unread}")

    def frame(self) -> pl.DataFrame:
        """Return one row per file."""
        rows = [(str(each.file), each.rows, ", ".join(each.columns)) for each in self.named]
        return pl.DataFrame(rows, schema={"file": pl.String, "rows": pl.Int64, "columns": pl.String}, orient="row")


def find_customers(
    customers: str | Ids, config: Settings = None, *, runs: Place = RUNS, progress: Progress = silent
) -> FoundCustomers:
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
    progress : callable, optional
        Hears how many bytes of all files were looked into.

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
    # where a header stands is said of a table, and segmint's own files lie here too: rows above it are looked into
    told, folder = settings_of(config).data.model_copy(update={"header_row": None}), list_runs(runs).folder
    ways = [told, told.model_copy(update={"encoding": None})] if told.encoding else [told]
    named: list[Named] = []
    files, unread = _files(folder)
    done, total = 0, sum(files.values())
    for file, size in files.items():
        progress("looking into files", done, total)

        def tell(share: float, before: int = done, size: int = size) -> None:
            progress("looking into files", before + int(share * size), total)

        found, reason = _in_file(file, wanted, ways, tell)
        named += found
        unread += [(file, reason)] if reason else []
        done += size
    progress("looking into files", total, total)
    return FoundCustomers(folder, len(wanted), tuple(named), tuple(unread))


def ids_listed(source: Path | str) -> list[str]:
    """Read who is looked for from a file, or from what is typed, one id a line.

    Parameters
    ----------
    source : path
        Any table: its column of customer ids, or its only one, whose first line may be an id. ``-`` is standard input.

    Raises
    ------
    InputError
        If it cannot be read whole, or nobody can tell which column holds ids.
    PolicyError
        If a spreadsheet has shortened an id.
    """
    if str(source) == "-":
        return _typed()
    name, table = Path(source).name, None
    try:
        table = open_source(source, data_of_list(source, Data()))
        batches = list(table.batches())
        header = table.columns
    except NoRowsError as error:
        batches, header = [], error.columns
    require_every_record(batches, name, InputError, "each may be somebody who is looked for")
    nobody = pl.DataFrame(schema=dict.fromkeys(header, pl.String))
    frame = pl.concat([batch.frame for batch in batches] or [nobody])
    columns = id_columns_of(frame, None) or [each for each in header if names_customer(plain_name(each))]
    if not columns and len(header) > 1:
        raise InputError(
            f"'{name}' has {len(header)} columns, and none is named as one of customer ids.",
            expected="one id a line, or a column named customer_id",
            fix="name the column in the file's first line, or leave the others out",
        )
    # of a column with another name the first line may be a customer
    headless = table is None or table.receipt["format"] != "Parquet"
    first = [header[0]] if headless and not columns and not looks_like_id(plain_name(header[0])) else []
    return [*first, *(each for column in columns or header for each in ids_of(frame[column], name).drop_nulls())]


def _typed() -> list[str]:
    content = sys.stdin.buffer.read()
    try:
        return content.decode(wide_encoding_of(content) or "utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(
            "What was typed is no text in UTF-8.", expected="one id a line", fix="save the ids to a file, and name that"
        ) from None


def _files(folder: Path) -> tuple[dict[Path, int], list[Unread]]:
    """Name every table and key of fingerprints below a folder with its size, hidden ones and those left by halves too.

    Links are followed, each folder once; what can be no table to read, or leads nowhere, is named with the reason.
    """
    unread: list[Unread] = []
    found: dict[Path, int] = {}
    seen = set()
    for place, folders, names in os.walk(
        folder, onerror=lambda error: unread.append((Path(error.filename), why(error))), followlinks=True
    ):
        facts = Path(place).stat()
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        folders.sort()
        for file in (Path(place) / name for name in sorted(names)):
            if not (_may_name_customers(file.name) or (file.is_symlink() and not file.exists())):
                continue
            try:
                facts = file.stat()
            except OSError as error:
                unread.append((file, why(error)))
                continue
            if stat.S_ISREG(facts.st_mode):
                found[file] = facts.st_size
            else:
                unread.append((file, "a pipe or a device"))
    return found, unread


def _may_name_customers(name: str) -> bool:
    return name == KEY or ".staging-" in name or (name.lower().endswith(_TABLES) and name != _LOG)


def _in_fingerprints(key: Path, wanted: pl.Series) -> list[Named]:
    kept = {IDS: open_training_ids(key.parent), MOVED: open_moved_ids(key.parent)}
    known = {name: int(np.sum(each.known(wanted))) for name, each in kept.items() if each is not None}
    return [Named(key.parent / name, count) for name, count in known.items() if count]


def _in_file(
    file: Path, wanted: pl.Series, ways: Sequence[Data], tell: Callable[[float], None]
) -> tuple[list[Named], str]:
    """Look into a file, read in each way until somebody is found; with why nobody could look into it whole, or ""."""
    reasons = []
    for data in ways:
        try:
            if file.name == KEY:
                return _in_fingerprints(file, wanted), ""
            named, reason = _in_table(file, wanted, data, tell)
        except (SegmintError, OSError, pl.exceptions.PolarsError) as error:
            named, reason = [], error.came if isinstance(error, SegmintError) else why(error)
        if named:
            return named, reason
        reasons.append(reason)
    return [], reasons[0] if all(reasons) else ""


def _in_table(file: Path, wanted: pl.Series, data: Data, tell: Callable[[float], None]) -> tuple[list[Named], str]:
    """Look into every cell, whatever its column is called; with what could not be seen."""
    alike = in_small_letters(wanted).unique()
    rows, cells, cut = Counter[str](), defaultdict[str, list[pl.Series]](list), False
    for frame in _frames(file, data, tell):
        for column in frame.iter_columns():
            texts = column.cast(pl.String)
            if column.name == _RAW:
                cut = cut or bool((texts.str.len_chars() >= MAX_RAW).any())
            # what files put around an id leaves it whole: a cell that does not hold it needs no closer look
            texts = texts.filter(small_letters(texts).str.contains_any(alike.to_list()).fill_null(False))
            if column.name == _RAW or frame.width == 1:
                rows[column.name] += _rows_with(small_letters(texts), alike)
                continue
            bare = bare_ids(texts)
            cells[column.name].append(bare.filter(in_small_letters(bare).is_in(alike.implode()).fill_null(False)))
    rows.update({name: int(are_among(pl.concat(found), wanted).sum()) for name, found in cells.items()})
    columns = tuple(name for name, count in rows.items() if count)
    unseen = f"a rejected record is longer than the {MAX_RAW:,} characters that are kept" if cut else ""
    return [Named(file, max(rows.values()), columns)] if columns else [], unseen


def _rows_with(records: pl.Series, ids: pl.Series) -> int:
    """Count the rows, but for capitals as they came, in which an id stands, with no letter or digit beside it but zeros before.

    How they part cells nobody knows: whoever may be named there is found, and sometimes a number that is nobody's id.
    """
    held = records.str.extract_many(ids.to_list(), overlapping=True)
    return sum(
        any(re.search(rf"(?<![^\W_])0*{re.escape(each)}(?![^\W_])", record) for each in found)
        for record, found in zip(records, held, strict=True)
    )


def _frames(file: Path, data: Data, tell: Callable[[float], None]) -> Iterator[pl.DataFrame]:
    with file.open("rb") as opened:
        is_workbook = opened.read(4) == b"PK\x03\x04"
    if is_workbook:
        yield from sheets_as_texts(file)
        return
    # a list without a header has somebody there
    try:
        source = open_source(file, data_of_list(file, data))
    except NoRowsError as error:
        yield pl.DataFrame({_FIRST: error.columns})
        return
    yield pl.DataFrame({_FIRST: source.columns})
    for batch in source.batches():
        yield batch.frame
        if raw := [reject.raw for reject in batch.rejects]:
            yield pl.DataFrame({_RAW: raw})
        tell(min(1.0, batch.done / source.size) if source.size else 0.0)
