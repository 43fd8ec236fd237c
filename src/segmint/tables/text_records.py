"""Delimited text to records, so that every record is counted and one broken record costs one record.

Frame libraries drop, pad or swallow broken lines. Here a line is a record, unless a quoted field is still
open at its end: then the following lines are tried with it (an embedded line break), and if no record of the
right width comes of it only that line is rejected. A last record without a line end that lacks fields has a reason of its own: the text may be cut off.
A block of lines in which none of this can occur, as in most tables, is left to a frame library, which reads it ten times as fast.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Protocol

import numpy as np
import polars as pl

from segmint.errors import InputError
from segmint.tables.rejects import CUT_OFF, MAX_RAW, Reject
from segmint.tables.table_source import RawBatch

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 16 << 20
MAX_JOINED_LINES = 1_000
MAX_JOINED_BYTES = 65_536
# in these a line alone is decoded as it is among others, and no other byte means a sign of ASCII
PLAIN_ENCODINGS = {"utf-8", "cp1252", "iso8859-1", "ascii"}
BLANKS = b" \t\r\n"
END_OF_FILE = b"\x1a"  # as DOS, and hosts that write for it, end a text

DETAILS = {
    "too_few_fields": "fewer fields than the header has names",
    "too_many_fields": "more fields than the header has names",
    "unclosed_quote": "a quoted field that is never closed",
    "bad_quote": "text after the closing quote of a field",
    "field_too_long": f"a field of more than {csv.field_size_limit():,} characters",
    "undecodable": "bytes that do not belong to the file's encoding",
    "nul_character": "a NUL character",
    CUT_OFF: "no line end and too few fields: the table may be cut off here",
}


class ByteStream(Protocol):
    """Anything with ``read``."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes."""


@dataclass(frozen=True)
class LineBlock:
    """Whole lines with their line ends; `offset` is the first byte, `last` says that nothing follows."""

    data: bytes
    offset: int
    last: bool

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines one by one."""
        # bytes.splitlines knows only \n, \r and \r\n; str.splitlines would also cut at form feeds and U+2028
        return self.data.splitlines(keepends=True)


class _Broken(Exception):  # noqa: N818 - a signal between the functions of this file
    """A record that is no row; `reason` is its code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _NeedMoreLines(Exception):  # noqa: N818 - a signal between the functions of this file
    """What closes the open quote may come with the next block."""


def line_blocks(stream: ByteStream, *, block_bytes: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    r"""Cut a stream into whole lines; a line ends with ``\n``, ``\r\n`` or ``\r``.

    Raises
    ------
    InputError
        If a line is longer than `MAX_LINE_BYTES`: no table looks like that.
    """
    offset, rest = 0, b""
    while True:
        chunk = stream.read(block_bytes)
        buffer = rest + chunk
        # a final "\r" may be half of "\r\n"
        end = max(buffer.rfind(b"\n"), buffer.rfind(b"\r", 0, -1)) + 1 if chunk else len(buffer)
        rest = buffer[end:]
        if len(rest) > MAX_LINE_BYTES:
            raise InputError(
                f"There is no line end in {len(rest):,} bytes from byte {offset:,} on.",
                expected=f"a text table with lines of at most {MAX_LINE_BYTES:,} bytes",
                fix="check that this is the right file",
            )
        yield LineBlock(buffer[:end], offset, last=not chunk)
        if not chunk:
            return
        offset += end


class RecordParser:
    """Turn blocks of lines into batches of records of one width.

    Parameters
    ----------
    delimiter : str
        One character.
    encoding : str
        An encoding in which line ends and quotes are single ASCII bytes.
    columns : sequence of str
        Names of a record's fields.
    """

    def __init__(self, *, delimiter: str, encoding: str, columns: Sequence[str]) -> None:
        self.delimiter, self.encoding, self.columns, self.width = delimiter, encoding, columns, len(columns)
        self._nothing = BLANKS + delimiter.encode(encoding, "ignore")
        self._has_blank_line = re.compile(b"\n[%b]*\n" % re.escape(self._nothing)).search
        plain = delimiter.isascii() and delimiter not in '"\0\r\n' and self.width > 1
        self._may_be_clean = plain and codecs.lookup(encoding).name in PLAIN_ENCODINGS

    def blocks(self, lines: Iterator[LineBlock]) -> Iterator[RawBatch]:
        """Parse every block; record numbers start at 1."""
        number, rest = 1, b""
        for block in lines:
            whole = LineBlock(rest + block.data, block.offset - len(rest), block.last)
            records, number = self._parse(whole, number)
            rest = whole.data[records.done - whole.offset :]
            yield records

    def _parse(self, block: LineBlock, number: int) -> tuple[RawBatch, int]:
        """Parse a block up to a byte that is told as done; also tell the number of the next record."""
        end = block.offset + len(block.data)
        frame = self._parse_clean(block.data)
        if frame is not None:
            following = number + frame.height
            return RawBatch(frame, np.arange(number, following, dtype=np.int64), done=end), following
        rows = self._parse_at_once(block.lines)
        if rows is None:
            return self._parse_one_by_one(block, number)
        counted = list(accumulate((bool(line.strip(BLANKS)) for line in block.lines), initial=number))
        numbers = [counted[i] for i, line in enumerate(block.lines) if not self._is_blank(line)]
        return RawBatch(self._frame(rows), np.array(numbers, dtype=np.int64), done=end), counted[-1]

    def _parse_clean(self, data: bytes) -> pl.DataFrame | None:
        """Parse lines that are a record each, without quotes; None if any of them may be something else."""
        data = data.replace(b"\r\n", b"\n")
        if not self._may_be_clean or not data or any(sign in data for sign in (b'"', b"\0", b"\r")):
            return None
        data += b"" if data.endswith(b"\n") else b"\n"
        try:
            data = data if data.isascii() else data.decode(self.encoding).encode()
        except UnicodeDecodeError:
            return None
        if self._has_blank_line(b"\n" + data) or not self._has_fields(data):
            return None
        # Polars takes first bytes that look like it for a byte order mark or for compressed data
        guard = self.delimiter.encode() * (self.width - 1) + b"\n"
        names = dict.fromkeys(self.columns, pl.String)
        frame = pl.read_csv(guard + data, has_header=False, schema=names, separator=self.delimiter, quote_char=None)
        return frame[1:].fill_null("")

    def _has_fields(self, data: bytes) -> bool:
        """Tell whether each line has as many fields as a record, and none that is too long."""
        signs = np.frombuffer(data, dtype=np.uint8)
        is_line_end = signs == ord("\n")
        ends = np.flatnonzero(is_line_end | (signs == ord(self.delimiter)))
        at_line_ends = is_line_end[ends[self.width - 1 :: self.width]]
        if len(ends) != self.width * np.count_nonzero(is_line_end) or not at_line_ends.all():
            return False
        return bool(np.diff(ends, prepend=-1).max() <= csv.field_size_limit())

    def _frame(self, rows: list[list[str]]) -> pl.DataFrame:
        fields = zip(*rows, strict=True) if rows else [()] * self.width
        return pl.DataFrame(
            [pl.Series(name, texts, dtype=pl.String) for name, texts in zip(self.columns, fields, strict=True)]
        )

    def _parse_at_once(self, lines: list[bytes]) -> list[list[str]] | None:
        """Parse clean lines in one go; None if any of them needs a closer look."""
        filled = [line for line in lines if not self._is_blank(line)]
        try:
            texts = [line.decode(self.encoding) for line in filled]
            rows = list(csv.reader(texts, delimiter=self.delimiter, strict=True))
        except (UnicodeDecodeError, csv.Error):
            return None
        # equal counts mean that no quoted field swallowed a line
        clean = len(rows) == len(filled) and all(len(row) == self.width for row in rows)
        return rows if clean and not any(b"\0" in line for line in filled) else None

    def _parse_one_by_one(self, block: LineBlock, number: int) -> tuple[RawBatch, int]:
        """Parse line by line."""
        rows, numbers, rejects, i = list[list[str]](), list[int](), list[Reject](), 0
        while i < len(block.lines):
            if self._is_blank(block.lines[i]):
                number, i = number + bool(block.lines[i].strip(BLANKS)), i + 1
                continue
            try:
                row, used = self._record_at(block, i)
            except _NeedMoreLines:
                break
            except _Broken as broken:
                used = 1
                reason = CUT_OFF if self._is_cut(broken.reason, block.lines[i]) else broken.reason
                rejects.append(self._reject(reason, block.lines[i], number))
            else:
                rows.append(row)
                numbers.append(number)
            number, i = number + 1, i + used
        end = block.offset + sum(map(len, block.lines[:i]))
        return RawBatch(self._frame(rows), np.array(numbers, dtype=np.int64), tuple(rejects), end), number

    def _record_at(self, block: LineBlock, i: int) -> tuple[list[str], int]:
        """Parse the record that starts at line `i`; also tell how many lines it takes."""
        try:
            return self._record(block.lines[i]), 1
        except _Broken as broken:
            if broken.reason != "unclosed_quote":
                raise
        joined = block.lines[i : i + MAX_JOINED_LINES]
        if len(joined) < MAX_JOINED_LINES and sum(map(len, joined)) <= MAX_JOINED_BYTES and not block.last:
            raise _NeedMoreLines
        return self._record_over_lines(joined)

    def _record_over_lines(self, lines: list[bytes]) -> tuple[list[str], int]:
        """Parse a record with line breaks inside a quoted field."""
        raw = lines[0]
        for used, line in enumerate(lines[1:], start=2):
            raw += line
            if len(raw) > MAX_JOINED_BYTES:
                break
            if b'"' in line:
                try:
                    return self._record(raw), used
                except _Broken as broken:
                    if broken.reason != "unclosed_quote":
                        break
            if self._is_record(line):
                break  # a whole record inside the open field: the quote was never meant to reach this far
        raise _Broken("unclosed_quote")

    def _is_blank(self, line: bytes) -> bool:
        """Tell an empty line, or one of delimiters only, as spreadsheets write below a table, from a record.

        A line of delimiters is counted all the same: the rows behind it keep their number.
        """
        return not line.strip(self._nothing)

    def _is_cut(self, reason: str, line: bytes) -> bool:
        """Tell the beginning of a record, with which a half-copied text ends, from a broken record."""
        if line.endswith((b"\n", b"\r")) or line == END_OF_FILE:
            return False
        fewer = line.count(self.delimiter.encode(self.encoding)) < self.width - 1
        return fewer or reason in ("too_few_fields", "unclosed_quote")

    def _is_record(self, line: bytes) -> bool:
        try:
            self._record(line)
        except _Broken:
            return False
        return True

    def _record(self, raw: bytes) -> list[str]:
        """Parse bytes that hold one record, or raise `_Broken`."""
        if b"\0" in raw:
            raise _Broken("nul_character")
        try:
            rows = list(csv.reader([raw.decode(self.encoding)], delimiter=self.delimiter, strict=True))
        except UnicodeDecodeError:
            raise _Broken("undecodable") from None
        except csv.Error as error:
            raise _Broken(quote_reason(str(error))) from None
        width = len(rows[0])
        if width != self.width:
            raise _Broken("too_few_fields" if width < self.width else "too_many_fields")
        return rows[0]

    def _reject(self, reason: str, line: bytes, number: int) -> Reject:
        raw = line.decode(self.encoding, errors="backslashreplace").rstrip("\r\n")[:MAX_RAW]
        return Reject(number, reason, f"The record has {DETAILS[reason]}.", raw)


def quote_reason(message: str) -> str:
    """Name what csv complains of."""
    if "unexpected end of data" in message:
        return "unclosed_quote"
    return "field_too_long" if "field larger" in message else "bad_quote"
