"""Delimited text as a TableSource: every field stays text, every record is counted."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from segmint.errors import InputError
from segmint.tables.decimal_sign import unlike
from segmint.tables.table_source import (
    BATCH,
    BATCH_CELLS,
    JSON,
    MAX_COLUMNS,
    TEXT,
    NoRowsError,
    RawBatch,
    ReadOptions,
    rows_at_once,
    without_empty_rows,
)
from segmint.tables.text_profile import DELIMITERS, FALLBACK, Opener, TextProfile, find_profile
from segmint.tables.text_records import LineBlock, RecordParser, line_blocks

ENCODING_NAMES = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
BATCH_BLOCKS = 16
GUESSED = f"{ENCODING_NAMES[FALLBACK]} (a guess)"


class TextSource:
    """A delimited text file.

    Parameters
    ----------
    name : str
        The file's name.
    opener : callable
        Opens the uncompressed bytes anew, in an encoding in which line ends are single ASCII bytes.
    options : ReadOptions
    fingerprint : str
    size : int
        Uncompressed bytes, 0 if unknown.
    receipt : mapping
        What is already known of how the bytes are read (compression, encoding).

    Raises
    ------
    InputError
        If the bytes are no text table with a header and rows.
    """

    rows: int | None = None

    def __init__(
        self,
        name: str,
        opener: Opener,
        options: ReadOptions,
        *,
        fingerprint: str,
        size: int,
        receipt: Mapping[str, JSON] | None = None,
    ) -> None:
        self.name, self.fingerprint, self.size = name, fingerprint, size
        self._opener = opener
        self.profile = find_profile(opener, name, options)
        fields = check_names(self.profile.header, name, in_rows=True, nameless=True)
        self.columns = tuple(filter(None, fields))
        # no name of a column begins with a control character
        self._fields = tuple(field or f"\0{place}" for place, field in enumerate(fields))
        if len(self.columns) < len(fields) and not self._nameless_are_empty():
            check_names(self.profile.header, name, in_rows=True)
        self.receipt: dict[str, JSON] = _receipt(self.profile) | dict(receipt or {})
        self._refuse_header_only()

    def batches(self, size: int = BATCH) -> Iterator[RawBatch]:
        """Read from the start, at most `size` rows a batch, fewer where they are wide or long."""
        size, waiting = rows_at_once(size, BATCH_CELLS // len(self.columns)), list[RawBatch]()
        for block in self._record_blocks():
            if block.frame.height or block.rejects:
                waiting.append(block)
            elif waiting:
                waiting[-1] = replace(waiting[-1], done=block.done)
            rows = sum(part.frame.height for part in waiting)
            most = size if len(waiting) < BATCH_BLOCKS else rows_at_once(size, rows)
            if rows > most:
                *batches, rest = _cut(_joined(waiting), most)
                waiting = [rest]
                yield from map(without_empty_rows, batches)
        if waiting:
            yield from map(without_empty_rows, _cut(_joined(waiting), size))

    def _record_blocks(self) -> Iterator[RawBatch]:
        for block in self._all_fields():
            yield replace(block, frame=block.frame.select(self.columns))

    def _all_fields(self) -> Iterator[RawBatch]:
        profile = self.profile
        parser = RecordParser(delimiter=profile.delimiter, encoding=profile.encoding, columns=self._fields)
        start = profile.bom + profile.header_end
        with self._opener() as stream:
            stream.read(start)
            yield from parser.blocks(_shifted(line_blocks(stream), start))

    def _nameless_are_empty(self) -> bool:
        """Whether the columns without a name hold nothing; where no row is that wide, their delimiters were no columns."""
        rows = rejects = 0
        for block in self._all_fields():
            if not without_empty_rows(replace(block, frame=block.frame.drop(self.columns))).frame.is_empty():
                return False
            rows, rejects = rows + block.frame.height, rejects + len(block.rejects)
        return bool(rows) or not rejects

    def _refuse_header_only(self) -> None:
        for block in self._record_blocks():
            if block.rejects or without_empty_rows(block).frame.height:
                return
        raise NoRowsError(f"'{self.name}' has a header and no rows.", self.columns, fix="check the export")


def check_names(
    names: tuple[str, ...], table: str, *, in_rows: bool = False, nameless: bool = False
) -> tuple[str, ...]:
    """Return the column names, stripped, line breaks as blanks, or refuse names that nobody could tell apart.

    Parameters
    ----------
    names : tuple of str
    table : str
        Its name, for the error.
    in_rows : bool
        Whether they were found in a row of the table, so that another row may be meant.
    nameless : bool
        Whether names may be blank, as long as one is not.

    Raises
    ------
    InputError
        If a name is blank, occurs twice or holds control characters, or if there are more than `MAX_COLUMNS`.
    """
    stripped = tuple(re.sub(r"\s*[\r\n]+\s*", " ", name.strip()) for name in names)
    if found := _problem_with_names(stripped, in_rows=in_rows, nameless=nameless):
        came, expected, fix = found
        raise InputError(f"The header of '{table}' cannot be used: {came}.", expected=expected, fix=fix)
    return stripped


def _problem_with_names(names: tuple[str, ...], *, in_rows: bool, nameless: bool) -> tuple[str, str, str] | None:
    """Say what came, what was expected and what to do."""
    if len(names) > MAX_COLUMNS:
        return (
            f"it has {len(names):,} columns, more than {MAX_COLUMNS:,}",
            f"at most {MAX_COLUMNS:,} columns",
            "leave out the columns that nobody needs",
        )
    row = ", or say in which row the header stands (data.header_row)" if in_rows else ""
    each = "one name for each column, each once"
    if "" in names and not (nameless and any(names)):
        ends = " (a delimiter at the end of the line makes a blank name)" if in_rows else ""
        return f"column {names.index('') + 1} has no name", each, f"name this column{ends}{row}"
    named = list(filter(None, names))
    if len(set(named)) < len(named):
        # told by their places: in a file without a header the names are a customer's values
        first = next(place for place, name in enumerate(names) if name and names.count(name) > 1)
        second = names.index(names[first], first + 1)
        return f"columns {first + 1} and {second + 1} have the same name", each, f"rename one of them{row}"
    for place, name in enumerate(names, start=1):
        if any(unicodedata.category(char) == "Cc" for char in name):
            return (
                f"the name of column {place} holds control characters",
                "names of letters, digits and signs",
                "rename this column",
            )
    return None


def _shifted(blocks: Iterator[LineBlock], start: int) -> Iterator[LineBlock]:
    """Count bytes from the start of the file instead of the end of its header."""
    return (LineBlock(block.data, block.offset + start, block.last) for block in blocks)


def _joined(batches: list[RawBatch]) -> RawBatch:
    frame = pl.concat([batch.frame for batch in batches], rechunk=True)
    records = np.concatenate([batch.records for batch in batches])
    return RawBatch(frame, records, tuple(reject for batch in batches for reject in batch.rejects), batches[-1].done)


def _cut(batch: RawBatch, size: int) -> Iterator[RawBatch]:
    """Cut a batch after each `size` rows, and behind the rejects that precede the next one."""
    rejects = batch.rejects
    for start in range(0, max(batch.frame.height, 1), size):
        rows, following = slice(start, start + size), batch.records[start + size : start + size + 1]
        known = bisect(rejects, following[0], key=lambda reject: reject.record) if following.size else len(rejects)
        yield replace(batch, frame=batch.frame[rows], records=batch.records[rows], rejects=rejects[:known])
        rejects = rejects[known:]


def _receipt(profile: TextProfile) -> dict[str, JSON]:
    encoding = GUESSED if profile.guessed else ENCODING_NAMES.get(profile.encoding.lower(), profile.encoding)
    return {
        "format": TEXT,
        "delimiter": profile.delimiter,
        "delimiter_name": DELIMITERS.get(profile.delimiter, repr(profile.delimiter)),
        "encoding": encoding + (" with byte order mark" if profile.bom else ""),
        "decimal": profile.decimal,
        **unlike(profile.decimals),
    }
