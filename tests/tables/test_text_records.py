"""Records of delimited text: counted, and broken ones cost themselves only."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.errors import InputError
from segmint.tables import text_records
from segmint.tables.text_records import RecordBlock, RecordParser, line_blocks


def parse(text: str | bytes, *, width: int = 3, block: int = 1 << 20, delimiter: str = ";") -> RecordBlock:
    data = text if isinstance(text, bytes) else text.encode()
    parser = RecordParser(delimiter=delimiter, encoding="utf-8", width=width)
    whole = RecordBlock()
    for part in parser.blocks(line_blocks(io.BytesIO(data), block_bytes=block)):
        whole.rows += part.rows
        whole.numbers += part.numbers
        whole.rejects += part.rejects
        whole.end = part.end
    return whole


def reasons(block: RecordBlock) -> list[tuple[int, str]]:
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
    parser = RecordParser(delimiter=";", encoding="utf-8", width=2)
    blocks = parser.blocks(line_blocks(io.BytesIO(f'1;"open\n{line}\n2;b\n'.encode() * 40), block_bytes=1 << 17))
    assert reasons(next(blocks))[:2] == [(1, "unclosed_quote"), (2, "too_few_fields")]


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
