"""Delimited text to records, so that every record is counted and one broken record costs one record.

Frame libraries drop, pad or swallow broken lines. Here a line is a record, unless a quoted field is still
open at its end: then the following lines are tried with it (an embedded line break), and if no record of the
right width comes of it only that line is rejected. A last record without a line end that lacks fields has a reason of its own: the text may be cut off.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from segmint.errors import InputError
from segmint.tables.rejects import CUT_OFF, MAX_RAW, Reject

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 16 << 20
MAX_JOINED_LINES = 1_000
MAX_JOINED_BYTES = 65_536
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

    lines: list[bytes]
    offset: int
    last: bool


@dataclass
class RecordBlock:
    """Records of one block: rows, their numbers, the rejects between them, and the byte at which the block ends."""

    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    end: int = 0


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
        # bytes.splitlines knows only \n, \r and \r\n; str.splitlines would also cut at form feeds and U+2028
        lines = buffer.splitlines(keepends=True)
        # a final "\r" may be half of "\r\n"
        rest = lines.pop() if chunk and lines and not lines[-1].endswith(b"\n") else b""
        if len(rest) > MAX_LINE_BYTES:
            raise InputError(
                f"There is no line end in {len(rest):,} bytes from byte {offset:,} on.",
                expected=f"a text table with lines of at most {MAX_LINE_BYTES:,} bytes",
                fix="check that this is the right file",
            )
        yield LineBlock(lines, offset, last=not chunk)
        if not chunk:
            return
        offset += len(buffer) - len(rest)


class RecordParser:
    """Turn blocks of lines into blocks of records of one width.

    Parameters
    ----------
    delimiter : str
        One character.
    encoding : str
        An encoding in which line ends and quotes are single ASCII bytes.
    width : int
        Fields of a record.
    """

    def __init__(self, *, delimiter: str, encoding: str, width: int) -> None:
        self.delimiter, self.encoding, self.width = delimiter, encoding, width
        self._nothing = b" \t\r\n" + delimiter.encode(encoding, "ignore")

    def blocks(self, lines: Iterator[LineBlock]) -> Iterator[RecordBlock]:
        """Parse every block; record numbers start at 1."""
        number, rest = 1, LineBlock([], 0, last=False)
        for block in lines:
            offset = rest.offset if rest.lines else block.offset
            whole = LineBlock(rest.lines + block.lines, offset, block.last)
            records, used, number = self._parse(whole, number)
            records.end = whole.offset + sum(map(len, whole.lines[:used]))
            rest = LineBlock(whole.lines[used:], records.end, last=False)
            yield records

    def _parse(self, block: LineBlock, number: int) -> tuple[RecordBlock, int, int]:
        """Parse a block; also tell how many lines are used up, and the number of the next record."""
        rows = self._parse_at_once(block.lines)
        if rows is None:
            return self._parse_one_by_one(block, number)
        counted = list(accumulate((bool(line.strip()) for line in block.lines), initial=number))
        numbers = [counted[i] for i, line in enumerate(block.lines) if not self._is_blank(line)]
        return RecordBlock(rows, numbers), len(block.lines), counted[-1]

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

    def _parse_one_by_one(self, block: LineBlock, number: int) -> tuple[RecordBlock, int, int]:
        """Parse line by line."""
        records, i = RecordBlock(), 0
        while i < len(block.lines):
            if self._is_blank(block.lines[i]):
                number, i = number + bool(block.lines[i].strip()), i + 1
                continue
            try:
                row, used = self._record_at(block, i)
            except _NeedMoreLines:
                break
            except _Broken as broken:
                used = 1
                reason = CUT_OFF if self._is_cut(broken.reason, block.lines[i]) else broken.reason
                records.rejects.append(self._reject(reason, block.lines[i], number))
            else:
                records.rows.append(row)
                records.numbers.append(number)
            number, i = number + 1, i + used
        return records, i, number

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
