"""How a text table is written: encoding, delimiter, decimal sign. Found out or declared."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from segmint.errors import InputError
from segmint.tables.decimal_sign import COMMA, DecimalSigns
from segmint.tables.table_source import ReadOptions
from segmint.tables.text_records import ByteStream, line_blocks, quote_reason

SAMPLE_BYTES = 1 << 20
SAMPLE_RECORDS = 2_000
LATE_RECORDS = 100_000
MAX_HEADER_LINES = 100
DELIMITERS = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}
FALLBACK = "cp1252"
_CONTROL = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f"

# what UTF-8 or another 8-bit encoding looks like when it is read as Windows-1252: "M\u00c3\u00bcller", "Wa\u00b3\u00easa"
_NONSENSE = re.compile(
    "[A-Za-z\u00c0-\u00ff][\u201a\u0192\u201e\u2020\u2021\u2030\u2039\u203a\u201c\u201d\u2022\u02dc\u2122"
    "\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b3\u00b5\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7][A-Za-z\u00c0-\u00ff]"
    "|[a-z][\u0160\u0152\u017d\u0178\u00c2\u00c3][a-z]?"
    "|[A-Za-z][\u201a\u201e]"
    # at the end of a word in capitals it may be Portuguese: "COVILH\u00c3"
    "|(?<![A-Z\u00c0-\u00de])[\u00c2\u00c3](?![A-Za-z\u00c0-\u00ff])"
    "|[\u00c2\u00c3](?![\u00c0-\u00ff])[^\\x00-\\x7f]"
)
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)  # a line for Excel above the header
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
    decimals : dict of str to str
        By column "point", "comma", "both" or "either", where they are not all written alike.
    bom : int
        Bytes of the byte order mark to skip.
    header : tuple of str
        The column names; a quoted one may hold line breaks.
    header_end : int
        The first byte after the header, and after what stands above it, counted behind the byte order mark.
    guessed : bool
        Whether the encoding is a guess: many would give these bytes letters, other ones each.
    """

    encoding: str
    delimiter: str
    decimal: str
    decimals: dict[str, str]
    bom: int
    header: tuple[str, ...]
    header_end: int
    guessed: bool = False


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
        raise _empty(name)
    bom = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
    encoding = options.encoding or ("utf-8" if bom else _find_encoding(opener, sample, name))
    lines = _sample_lines(sample[bom:])
    texts = [line.decode(encoding, errors="replace") for line in lines]
    separator = _SEPARATOR.fullmatch(texts[0])
    above = _lines_above(texts, name, options.header_row) if options.header_row else int(separator is not None)
    skipped = sum(map(len, lines[:above]))
    lines, texts = lines[above:], texts[above:]
    if not any(text.strip() for text in texts):
        raise _empty(name)
    delimiter = options.delimiter or (separator[1] if separator else _find_delimiter(texts, name))
    header, header_lines = _header(texts, delimiter)
    header_end = skipped + sum(map(len, lines[:header_lines]))
    decimal, decimals = options.decimal, dict[str, str]()
    if decimal is None:
        signs = DecimalSigns.of(_sample_records(texts, delimiter))
        if not signs.decided:
            sampled = bom + skipped + sum(map(len, lines[: _sample_end(texts, header_lines)]))
            _look_further(opener, sampled, signs, delimiter, encoding)
        decimal, decimals = signs.decimal(delimiter), signs.where_unlike
    guessed = options.encoding is None and encoding == FALLBACK
    return TextProfile(encoding, delimiter, decimal, decimals, bom, tuple(header), header_end, guessed)


def _empty(name: str) -> InputError:
    return InputError(f"'{name}' is empty.", expected="a header and rows", fix="check the export")


def _lines_above(texts: list[str], name: str, header_row: int) -> int:
    """Say how many lines stand above the declared header."""
    if header_row > len(texts) or not texts[header_row - 1].strip():
        raise InputError(
            f"Line {header_row:,} of '{name}' is no header.",
            expected="the line with the column names, counted from 1",
            fix="correct data.header_row",
        )
    return header_row - 1


def _look_further(opener: Opener, start: int, signs: DecimalSigns, delimiter: str, encoding: str) -> None:
    """Look for decimals from a byte on until some are found: they may start after thousands of whole numbers."""
    unmistakable, found = _unmistakable(delimiter), 0
    with opener() as stream:
        stream.read(start)
        for block in line_blocks(stream):
            if not unmistakable.search(block.data):
                continue
            telling = [line for line in block.lines if unmistakable.search(line)]
            for line in telling:
                for row in _parse(line.decode(encoding, errors="replace"), delimiter):
                    signs.add(row)
            found += len(telling)
            if signs.decided or found > LATE_RECORDS:
                return


def _unmistakable(delimiter: str) -> re.Pattern[bytes]:
    """Make a pattern that finds every field which only one sign explains, and hardly a date; it decides nothing.

    It begins with the sign, because that is found in a tenth of the time. Between commas only a quoted field holds one.
    """
    if delimiter == ",":
        return re.compile(f'" *({COMMA.pattern}) *"'.encode())
    no_date = r"(?<![.,]\d[.,])(?<![.,]\d\d[.,])"
    digits = r"(\d{1,2}|\d{4,}|(?<=\d{4}[.,])\d{3}|(?<!\d0[.,])(?<=0[.,])\d{3}|(?<=[.,]\d{3}[.,])\d{3})"
    return re.compile(f'[.,]{no_date}{digits} *($|[{re.escape(delimiter)}"\r\n])'.encode())


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
    return FALLBACK


def _utf8_lines(opener: Opener) -> tuple[int, list[tuple[int, bytes]]]:
    """Count the lines outside ASCII that are UTF-8; keep those that are not, with their offsets.

    Once `MAX_INVALID` are kept the answer is clear, and reading ends.
    """
    valid = 0
    invalid: list[tuple[int, bytes]] = []
    with opener() as stream:
        for block in line_blocks(stream):
            offset = block.offset
            for line in [] if block.data.isascii() else block.lines:
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
            expected="a declared encoding, such as cp1252, cp1250, cp850, koi8-r or mac-roman",
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
    """Parse the header, then sample lines one by one, so that an open quote swallows nothing; blank ones are no records."""
    header, used = _header(texts, delimiter)
    filled = [text for text in texts[used : _sample_end(texts, used)] if text.strip("\r\n")]
    return [header, *(row for text in filled for row in _parse(text, delimiter))]


def _sample_end(texts: list[str], start: int) -> int:
    """Say behind which line the sample of records ends."""
    filled = [i for i, text in enumerate(texts[start:], start=start) if text.strip("\r\n")]
    return filled[:SAMPLE_RECORDS][-1] + 1 if filled else start


def _header(texts: list[str], delimiter: str) -> tuple[list[str], int]:
    """Parse the first record, whose quoted names may hold line breaks; also tell at which line the rows begin."""
    filled = [i for i, text in enumerate(texts) if text.strip("\r\n")]
    # a spreadsheet may write delimiters for the empty rows above its table
    start = next((i for i in filled if texts[i].strip(f" \t\r\n{delimiter}")), filled[0])
    joined = ""
    for i, text in enumerate(texts[start : start + MAX_HEADER_LINES], start=start + 1):
        joined += text
        try:
            return next(csv.reader([joined], delimiter=delimiter, strict=True)), i
        except csv.Error as error:
            if quote_reason(str(error)) != "unclosed_quote":
                break
    return next(iter(_parse(texts[start], delimiter)), [texts[start]]), start + 1


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
            fix="name the delimiter (data.delimiter), or, where a title stands above the header, the header's line "
            "(data.header_row)",
        )
    return best


def _fit(records: list[list[str]]) -> tuple[float, int]:
    if not records or len(records[0]) < 2:
        return (-1.0, len(records[0]) if records else 0)
    widths = Counter(map(len, records[1:]))
    share = widths[len(records[0])] / max(len(records) - 1, 1)
    return (round(share, 1), len(records[0]))
