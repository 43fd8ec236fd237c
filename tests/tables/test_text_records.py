"""Records of delimited text: counted, and broken ones cost themselves only."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.errors import InputError
from segmint.tables import text_records
from segmint.tables.rejects import Reject
from segmint.tables.text_records import RecordParser, line_blocks


@dataclass
class Parsed:
    """All records of a text, whatever its blocks."""

    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    end: int = 0


def parse(
    text: str | bytes, *, width: int = 3, block: int = 1 << 20, delimiter: str = ";", encoding: str = "utf-8"
) -> Parsed:
    data = text if isinstance(text, bytes) else text.encode()
    parser = RecordParser(delimiter=delimiter, encoding=encoding, columns=[f"c{place}" for place in range(width)])
    whole = Parsed()
    for part in parser.blocks(line_blocks(io.BytesIO(data), block_bytes=block)):
        whole.rows += map(list, part.frame.rows())
        whole.numbers += part.records.tolist()
        whole.rejects += part.rejects
        whole.end = part.done
    return whole


def reasons(block: Parsed) -> list[tuple[int, str]]:
    return [(reject.record, reject.reason) for reject in block.rejects]


def test_ragged_records_are_rejected_and_no_column_shifts() -> None:
    """ING-06."""
    block = parse("1;a;x\n2;b\n3;c;z;extra\n4;d;w\n")
    assert block.rows == [["1", "a", "x"], ["4", "d", "w"]]
    assert block.numbers == [1, 4]
    assert reasons(block) == [(2, "too_few_fields"), (3, "too_many_fields")]
    assert block.rejects[1].raw == "3;c;z;extra"


@pytest.mark.parametrize("broken_row", [0, 150, 299])
@pytest.mark.parametrize("fully_quoted", [False, True])
def test_an_unclosed_quote_costs_one_record(broken_row: int, fully_quoted: bool) -> None:
    """ING-06."""
    line = '"{0}";"b";"c"\n' if fully_quoted else "{0};b;c\n"
    lines = [line.format(i) for i in range(300)]
    lines[broken_row] = f'{broken_row};"open;c\n'
    block = parse("".join(lines))
    assert reasons(block) == [(broken_row + 1, "unclosed_quote")]
    assert len(block.rows) == 299


def test_two_unclosed_quotes_do_not_swallow_the_rows_between_them() -> None:
    """ING-06."""
    block = parse('1;"open;x\n2;b;y\n3;c;z\n4;zz";w\n5;e;v\n')
    assert reasons(block) == [(1, "unclosed_quote")]
    assert block.rows == [["2", "b", "y"], ["3", "c", "z"], ["4", 'zz"', "w"], ["5", "e", "v"]]


def test_line_breaks_inside_a_quoted_field_stay_in_the_field() -> None:
    """ING-06."""
    block = parse('1;"two\nlines";x\r\n2;"three\r\nmore\r\nlines";y\r\n3;c;z\r\n')
    assert [row[1] for row in block.rows] == ["two\nlines", "three\r\nmore\r\nlines", "c"]
    assert block.numbers == [1, 2, 3]
    assert block.rejects == []


@pytest.mark.parametrize("block", [64, 1 << 20])
def test_a_pasted_letter_of_many_lines_is_one_field(block: int) -> None:
    letter = "\n".join(f"line {i} of what the customer wrote" for i in range(400))
    parsed = parse(f'1;"{letter}";x\n2;b;y\n', block=block)
    assert parsed.rows == [["1", letter, "x"], ["2", "b", "y"]]
    assert parsed.rejects == []


def test_a_quote_never_closed_above_long_lines_reads_no_further_than_a_field_may_reach() -> None:
    line = "x" * (text_records.MAX_JOINED_BYTES + 1)
    parser = RecordParser(delimiter=";", encoding="utf-8", columns=["a", "b"])
    blocks = parser.blocks(line_blocks(io.BytesIO(f'1;"open\n{line}\n2;b\n'.encode() * 40), block_bytes=1 << 17))
    rejects = next(blocks).rejects
    assert [(reject.record, reject.reason) for reject in rejects[:2]] == [(1, "unclosed_quote"), (2, "too_few_fields")]


def test_a_quote_inside_a_bare_field_is_a_quote() -> None:
    assert parse('1;5" pipe;x\n2;"say ""hi""";y\n').rows == [["1", '5" pipe', "x"], ["2", 'say "hi"', "y"]]


def test_text_after_a_closing_quote_is_rejected_not_mangled() -> None:
    block = parse('1;"a"b;x\n2;b;y\n')
    assert reasons(block) == [(1, "bad_quote")]
    assert block.rows == [["2", "b", "y"]]


def test_other_broken_records_say_why() -> None:
    long = "x" * 200_000
    block = parse(b"1;a\0;x\n2;\xff;y\n3;" + long.encode() + b";z\n4;d;w\n")
    assert reasons(block) == [(1, "nul_character"), (2, "undecodable"), (3, "field_too_long")]
    assert block.rejects[1].raw == "2;\\xff;y"
    assert len(block.rejects[2].raw) == 65_536


def test_every_line_end_and_a_missing_last_one_are_understood() -> None:
    """ING-04."""
    assert parse("1;a;x\r2;b;y\n3;c;z\r\n4;d;w").numbers == [1, 2, 3, 4]


def test_separators_of_other_scripts_do_not_cut_records() -> None:
    odd = "a\x0bb\x0cc\x1cd\x85e\u2028f"
    assert parse(f"1;{odd};x\n").rows == [["1", odd, "x"]]


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
def test_block_size_changes_nothing(block: int) -> None:
    """ING-13."""
    text = '1;"two\r\nlines";x\r\n\r\n2;"open;y\r3;c\n4;"a""b";z\n5;e;v'
    small, large = parse(text, block=block), parse(text)
    assert (small.rows, small.numbers) == (large.rows, large.numbers)
    assert small.rejects == large.rejects


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_records, "MAX_LINE_BYTES", 1_000)
    with pytest.raises(InputError, match="no line end in 1,200 bytes"):
        parse("a" * 3_000, block=400)


def check_every_byte(data: bytes, block: int) -> None:
    records = parse(data, block=block, width=2)
    told = [(number, "".join(row)) for number, row in zip(records.numbers, records.rows, strict=True)]
    told = sorted([*told, *((reject.record, reject.raw) for reject in records.rejects)])
    numbers = [number for number, _ in told]
    assert numbers == sorted(set(numbers))
    # a line of delimiters moves the number of the records behind it
    if not any(line and not line.strip(b"; \t") for line in data.splitlines()):
        assert numbers == list(range(1, len(told) + 1))
    assert records.end == len(data)
    # nothing is lost, nothing is told twice, and everything stays in its order
    assert letters("".join(text for _, text in told)) == letters(data.decode(errors="backslashreplace"))


def letters(text: str) -> str:
    return "".join(char for char in text if char in LETTERS)


LETTERS = "a1\0ä"
PIECES = st.sampled_from([b"a", b"1", b";", b";", b'"', b'"', b"\n", b"\r\n", b"\r", b"\0", b"\xc3\xa4", b"\xff"])


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=60).map(b"".join), st.sampled_from([1, 5, 1 << 20]))
def test_every_byte_belongs_to_one_record(data: bytes, block: int) -> None:
    """ING-02."""
    check_every_byte(data, block)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(st.lists(PIECES, max_size=200).map(b"".join), st.sampled_from([1, 5, 1 << 20]))
def test_every_byte_belongs_to_one_record_at_full_size(data: bytes, block: int) -> None:
    """ING-02."""
    check_every_byte(data, block)


CELLS = st.sampled_from(
    ["", "a", "1,5", " a ", "\t", "ä", "\ufeff", "\u2028", "\x0c", "\x1c", "NA", "x^", "#", "\\", "'", "ab" * 40]
)
NASTY = st.sampled_from(["\0", '"', '"a"', '"a\n', 'b"', "\r", "\n", "\x1a", "a" * 200, "{0}", "{0}{0}", "\udcff"])


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A table in which a few cells, or none, are nasty."""
    width, delimiter = (
        draw(st.integers(1, 4)),
        draw(st.sampled_from([";", ",", "\t", "|", " ", "^", "x", "0", "\\", "-", "\x01"])),
    )
    line = st.lists(CELLS, min_size=width, max_size=width)
    if draw(st.booleans()):
        line = st.one_of(*[line] * 9, st.lists(CELLS | NASTY, max_size=width + 1), st.just([""] * width))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(delimiter.join(cells).format(delimiter) for cells in draw(st.lists(line, max_size=12)))
    encoding = draw(st.sampled_from(["utf-8", "cp1252", "shift_jis", "gb18030"]))
    data = (text + draw(st.sampled_from([end, ""]))).encode(
        encoding, "surrogateescape" if encoding == "utf-8" else "ignore"
    )
    return {"text": data, "width": width, "delimiter": delimiter, "encoding": encoding}


def check_both_ways(table: dict[str, Any], block: int) -> None:
    limit = csv.field_size_limit(150)
    try:
        fast = parse(**table, block=block)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(RecordParser, "_parse_clean", lambda parser, data: None)
            assert parse(**table, block=block) == fast
    finally:
        csv.field_size_limit(limit)


@settings(max_examples=150, deadline=None)
@given(tables(), st.sampled_from([1, 30, 1 << 20]))
def test_clean_blocks_read_at_once_are_what_they_are_line_by_line(table: dict[str, Any], block: int) -> None:
    """ING-13."""
    check_both_ways(table, block)


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(tables(), st.sampled_from([1, 30, 1 << 20]))
def test_clean_blocks_read_at_once_are_what_they_are_line_by_line_at_full_size(
    table: dict[str, Any], block: int
) -> None:
    """ING-13."""
    check_both_ways(table, block)


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("x^;b;c", True),
        ("\ufeffa;b;c", True),
        (" ;;x", True),
        (";;", False),
        ("a;b", False),
        ("a;b;c;d", False),
        ('a;"b";c', False),
        ("a\rb;c;d", False),
        ("a;\0;c", False),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_block_is_read_at_once_if_every_line_is_clean(line: str, clean: bool, end: str) -> None:
    parser = RecordParser(delimiter=";", encoding="utf-8", columns=["a", "b", "c"])
    for lines in ([line, "1;2;3", "4;5;6"], ["1;2;3", line]):
        frame = parser._parse_clean(end.join(lines).encode())
        assert (frame is not None) is clean
        assert frame is None or frame.rows() == [tuple(cells.split(";")) for cells in lines]
