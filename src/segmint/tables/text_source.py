"""Delimited text as a TableSource: every field stays text, every record is counted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from segmint.errors import InputError
from segmint.tables.decimal_sign import unlike
from segmint.tables.rejects import Reject
from segmint.tables.table_source import (
    BATCH,
    JSON,
    MAX_COLUMNS,
    TEXT,
    NoRowsError,
    RawBatch,
    ReadOptions,
    without_empty_rows,
)
from segmint.tables.text_profile import DELIMITERS, FALLBACK, Opener, TextProfile, find_profile
from segmint.tables.text_records import LineBlock, RecordBlock, RecordParser, line_blocks

ENCODING_NAMES = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
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
        self.columns = check_names(self.profile.header, name, in_rows=True)
        self.receipt: dict[str, JSON] = _receipt(self.profile) | dict(receipt or {})
        self._refuse_header_only()

    def batches(self, size: int = BATCH) -> Iterator[RawBatch]:
        """Read from the start, at most `size` rows a batch."""
        waiting = RecordBlock()
        for block in self._record_blocks():
            _append(waiting, block)
            while len(waiting.rows) >= size:
                yield self._batch(_take(waiting, size))
        if waiting.rows or waiting.rejects:
            yield self._batch(waiting)

    def _record_blocks(self) -> Iterator[RecordBlock]:
        profile = self.profile
        parser = RecordParser(delimiter=profile.delimiter, encoding=profile.encoding, width=len(profile.header))
        start = profile.bom + profile.header_end
        with self._opener() as stream:
            stream.read(start)
            yield from parser.blocks(_shifted(line_blocks(stream), start))

    def _batch(self, records: RecordBlock) -> RawBatch:
        fields = zip(*records.rows, strict=True) if records.rows else [()] * len(self.columns)
        frame = pl.DataFrame(
            [pl.Series(name, values, dtype=pl.String) for name, values in zip(self.columns, fields, strict=True)]
        )
        return without_empty_rows(
            RawBatch(frame, np.array(records.numbers, dtype=np.int64), tuple(records.rejects), records.end)
        )

    def _refuse_header_only(self) -> None:
        for block in self._record_blocks():
            if block.rejects or any("".join(row).strip() for row in block.rows):
                return
        raise NoRowsError(f"'{self.name}' has a header and no rows.", self.columns, fix="check the export")


def check_names(names: tuple[str, ...], table: str, *, in_rows: bool = False) -> tuple[str, ...]:
    """Return the column names, stripped, line breaks as blanks, or refuse names that nobody could tell apart.

    Parameters
    ----------
    names : tuple of str
    table : str
        Its name, for the error.
    in_rows : bool
        Whether they were found in a row of the table, so that another row may be meant.

    Raises
    ------
    InputError
        If a name is blank, occurs twice or holds control characters, or if there are more than `MAX_COLUMNS`.
    """
    stripped = tuple(re.sub(r"\s*[\r\n]+\s*", " ", name.strip()) for name in names)
    if found := _problem_with_names(stripped, in_rows=in_rows):
        came, expected, fix = found
        raise InputError(f"The header of '{table}' cannot be used: {came}.", expected=expected, fix=fix)
    return stripped


def _problem_with_names(names: tuple[str, ...], *, in_rows: bool) -> tuple[str, str, str] | None:
    """Say what came, what was expected and what to do."""
    if len(names) > MAX_COLUMNS:
        return (
            f"it has {len(names):,} columns, more than {MAX_COLUMNS:,}",
            f"at most {MAX_COLUMNS:,} columns",
            "leave out the columns that nobody needs",
        )
    row = ", or say in which row the header stands (data.header_row)" if in_rows else ""
    each = "one name for each column, each once"
    if "" in names:
        ends = " (a delimiter at the end of the line makes a blank name)" if in_rows else ""
        return f"column {names.index('') + 1} has no name", each, f"name this column{ends}{row}"
    if len(set(names)) < len(names):
        # told by their places: in a file without a header the names are a customer's values
        first = next(place for place, name in enumerate(names) if names.count(name) > 1)
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
    return (LineBlock(block.lines, block.offset + start, block.last) for block in blocks)


def _append(records: RecordBlock, more: RecordBlock) -> None:
    records.rows += more.rows
    records.numbers += more.numbers
    records.rejects += more.rejects
    records.end = more.end


def _take(records: RecordBlock, count: int) -> RecordBlock:
    """Cut the first `count` rows off, with the rejects that precede the next row."""
    following = records.numbers[count] if len(records.numbers) > count else None
    split = _first_after(records.rejects, following)
    taken = RecordBlock(records.rows[:count], records.numbers[:count], records.rejects[:split], records.end)
    del records.rows[:count], records.numbers[:count], records.rejects[:split]
    return taken


def _first_after(rejects: list[Reject], record: int | None) -> int:
    if record is None:
        return len(rejects)
    return next((i for i, reject in enumerate(rejects) if reject.record > record), len(rejects))


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
