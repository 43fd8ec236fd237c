"""How a text table is written: encoding, delimiter, decimal sign. Found out or declared."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from segmint.errors import InputError
from segmint.tables.table_source import ReadOptions
from segmint.tables.text_records import ByteStream, line_blocks

SAMPLE_BYTES = 1 << 20
SAMPLE_RECORDS = 2_000
DELIMITERS = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}
_CONTROL = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f"
_POINT = re.compile(r"[+-]?(\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d+|0\.\d+|\d{1,3}(,\d{3})+\.\d+)")
_COMMA = re.compile(r"[+-]?(\d*,(\d{1,2}|\d{4,})|\d{4,},\d+|0,\d+|\d{1,3}(\.\d{3})+,\d+)")
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")

# what UTF-8 or another 8-bit encoding looks like when it is read as Windows-1252: "M\u00c3\u00bcller", "Wa\u00b3\u00easa"
_NONSENSE = re.compile(
    "[A-Za-z\u00c0-\u00ff][\u201a\u0192\u201e\u2020\u2021\u2030\u2039\u203a\u201c\u201d\u2022\u02dc\u2122"
    "\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b3\u00b5\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7][A-Za-z\u00c0-\u00ff]"
    "|[a-z][\u0160\u0152\u017d\u0178\u00c2\u00c3][a-z]?"
    "|[A-Za-z][\u201a\u201e]"
    "|[\u00c2\u00c3](?![A-Za-z\u00c0-\u00ff])"
)
MAX_INVALID = 10_000

Opener = Callable[[], AbstractContextManager[ByteStream]]


@dataclass(frozen=True)
class TextProfile:
    """How a text table is written.

    Attributes
    ----------
    encoding : str
        Python's name of the encoding.
    delimiter : str
        One character.
    decimal : {"point", "comma", "ambiguous"}
        "ambiguous" when all numbers could be read both ways, like ``1.234``, or when both occur.
    bom : int
        Bytes of the byte order mark to skip.
    header : tuple of str
        The column names.
    header_end : int
        The first byte after the header, counted behind the byte order mark.
    """

    encoding: str
    delimiter: str
    decimal: str
    bom: int
    header: tuple[str, ...]
    header_end: int


def find_profile(opener: Opener, name: str, options: ReadOptions) -> TextProfile:
    """Find out how a text table is written.

    Parameters
    ----------
    opener : callable
        Opens the uncompressed bytes anew.
    name : str
        The file's name, for errors.
    options : ReadOptions
        What the user declared; that is not questioned.

    Raises
    ------
    InputError
        If this is no text table: empty, binary, without delimiter or with unusable column names.
    """
    with opener() as stream:
        sample = stream.read(SAMPLE_BYTES)
    if not sample.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        raise InputError(f"'{name}' is empty.", expected="a header and rows", fix="check the export")
    bom = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
    encoding = options.encoding or ("utf-8" if bom else _find_encoding(opener, sample, name))
    lines = _sample_lines(sample[bom:])
    texts = [line.decode(encoding, errors="replace") for line in lines]
    delimiter = options.delimiter or _find_delimiter(texts, name)
    records = _sample_records(texts, delimiter)
    start = next(i for i, line in enumerate(lines) if line.strip(b"\r\n"))
    header_end = sum(map(len, lines[: start + 1]))
    decimal = options.decimal or find_decimal(records[1:], delimiter)
    return TextProfile(encoding, delimiter, decimal, bom, tuple(records[0]), header_end)


def find_decimal(records: Iterable[list[str]], delimiter: str) -> str:
    """Tell from number-like fields whether decimals are written with a point or a comma."""
    fields = [text.strip() for record in records for text in record if "." in text or "," in text]
    point = any(_POINT.fullmatch(text) for text in fields)
    comma = any(_COMMA.fullmatch(text) for text in fields)
    either = any(_EITHER.fullmatch(text) for text in fields)
    if point and comma:
        return "ambiguous"
    if comma:
        return "comma"
    # where the comma parts the fields, nobody writes 1.234 for a thousand
    return "ambiguous" if either and not point and delimiter != "," else "point"


def _find_encoding(opener: Opener, sample: bytes, name: str) -> str:
    valid, invalid = _utf8_lines(opener)
    control = sum(sample.count(byte) for byte in _CONTROL) / len(sample)
    if control > (0.02 if invalid else 0.1):
        raise InputError(
            f"'{name}' is not text: {control:.0%} of its first bytes are control characters.",
            expected="delimited text (, ; tab or |), Parquet or a workbook",
            fix="export the table as CSV or Parquet",
        )
    if len(invalid) <= valid:
        return "utf-8"  # lines that are not are rejected one by one
    _refuse_mojibake(invalid, name)
    return "cp1252"


def _utf8_lines(opener: Opener) -> tuple[int, list[tuple[int, bytes]]]:
    """Count the lines outside ASCII that are UTF-8; keep those that are not, with their offsets.

    Once `MAX_INVALID` are kept the answer is clear, and reading ends.
    """
    valid = 0
    invalid: list[tuple[int, bytes]] = []
    with opener() as stream:
        for block in line_blocks(stream):
            offset = block.offset
            for line in block.lines:
                if not line.isascii():
                    if _is_utf8(line):
                        valid += 1
                    elif len(invalid) < MAX_INVALID:
                        invalid.append((offset, line))
                offset += len(line)
    return valid, invalid


def _refuse_mojibake(lines: list[tuple[int, bytes]], name: str) -> None:
    """Refuse bytes that Windows-1252 can read only as nonsense: symbols inside words, or nothing at all."""
    for offset, line in lines:
        try:
            strange = _NONSENSE.search(line.decode("cp1252"))
        except UnicodeDecodeError as error:
            position = error.start
        else:
            if strange is None:
                continue
            position = strange.start()
        raise InputError(
            f"'{name}' is neither UTF-8 nor Windows-1252: see byte {offset + position:,}.",
            expected="a declared encoding, such as cp1250, cp850, koi8-r or mac-roman",
            fix="declare it (data.encoding), or export the table as UTF-8",
        )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _sample_lines(sample: bytes) -> list[bytes]:
    lines = sample.splitlines(keepends=True)
    return lines[:-1] if len(sample) >= SAMPLE_BYTES and len(lines) > 1 else lines


def _sample_records(texts: list[str], delimiter: str) -> list[list[str]]:
    """Parse sample lines one by one, so that an open quote swallows nothing; blank lines are no records."""
    filled = [text for text in texts if text.strip("\r\n")][:SAMPLE_RECORDS]
    return [row for text in filled for row in _parse(text, delimiter)]


def _parse(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return []


def _find_delimiter(texts: list[str], name: str) -> str:
    """Choose the delimiter that gives the header at least two names and most rows the header's width."""
    best = max(DELIMITERS, key=lambda delimiter: _fit(_sample_records(texts, delimiter)))
    if _fit(_sample_records(texts, best))[1] < 2:
        raise InputError(
            f"No delimiter is found in '{name}': the header would be a single column.",
            expected=f"columns parted by one of {', '.join(DELIMITERS.values())}",
            fix="name the delimiter (data.delimiter) or export the table with one of these",
        )
    return best


def _fit(records: list[list[str]]) -> tuple[float, int]:
    if not records or len(records[0]) < 2:
        return (-1.0, len(records[0]) if records else 0)
    widths = Counter(map(len, records[1:]))
    share = widths[len(records[0])] / max(len(records) - 1, 1)
    return (round(share, 1), len(records[0]))
