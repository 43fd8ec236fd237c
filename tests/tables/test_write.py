"""What is written: whole, in a stream, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import errno
import random
import resource
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from segmint.tables import write
from segmint.tables.write import safe_for_spreadsheets, write_csv, write_parquet, write_safe_csv, write_safe_workbook

FRAMES = [pl.DataFrame({"id": ["007", None], "n": [1.5, -2.0]}), pl.DataFrame({"id": ['a"b;c\nd'], "n": [None]})]
FRAMES[1] = FRAMES[1].cast({"n": pl.Float64})

STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "\0=",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    '"=',
    "'=",
    ";=",
    "\ufeff=",
    "|",
]
BODIES = [
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://x","y")',
    'WEBSERVICE("http://x")',
    "SUM(A1:A9)",
    "x;=1+1",
    'x",=1+1',
]


def hostile(count: int) -> list[str]:
    draw = random.Random(1)
    return [draw.choice(STARTS) + draw.choice(BODIES) + str(i) for i in range(count)]


def test_a_stream_of_frames_becomes_one_file(tmp_path: Path) -> None:
    assert write_csv(FRAMES, tmp_path / "t.csv") == 3
    assert (tmp_path / "t.csv").read_text() == 'id,n\n007,1.5\n,-2.0\n"a""b;c\nd",\n'
    assert write_parquet(FRAMES, tmp_path / "t.parquet") == 3
    assert pl.read_parquet(tmp_path / "t.parquet").equals(pl.concat(FRAMES))


def test_no_text_is_a_formula_however_the_file_is_cut(tmp_path: Path) -> None:
    """OUT-01: what a spreadsheet sees with any of the usual separators never begins like a formula."""
    texts = hostile(5_000)
    frame = pl.DataFrame({"=1+1": texts, "amount": [-1.5] * 5_000, "@x": ["-7"] * 5_000})
    path = tmp_path / "t.csv"
    assert write_safe_csv([frame], path) == 5_000
    data = path.read_bytes().decode()
    assert "\0" not in data
    for separator in (",", ";", "\t", "|"):
        for row in csv.reader(data.splitlines(keepends=True), delimiter=separator):
            for cell in row:
                start = cell.lstrip(" \t\r\n\"'\ufeff")[:1]
                assert cell[:1] == "'" or start not in "=+@＝＋－＠-" or start == "" or is_number(cell)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 5_001
    assert rows[0] == ["'=1+1", "amount", "'@x"]
    assert {row[1] for row in rows[1:]} == {"-1.5"}
    assert {row[2] for row in rows[1:]} == {"-7"}
    assert [row[0].removeprefix("'") for row in rows[1:]] == [text.replace("\0", "") for text in texts]


def is_number(cell: str) -> bool:
    try:
        float(cell.split(",")[0].split(";")[0].strip('"'))
    except ValueError:
        return False
    return True


def test_harmless_text_stays_as_it_is() -> None:
    frame = pl.DataFrame({"city": ["Łódź", "a-b", "", None, "-3.5", "x@y.z"], "n": [1, 2, 3, 4, 5, 6]})
    assert safe_for_spreadsheets(frame).equals(frame)


def test_lengths_of_time_are_written_as_a_clock_writes_them(tmp_path: Path) -> None:
    frame = pl.DataFrame({"wait": pl.Series([570, None, -60], dtype=pl.Int64).cast(pl.Duration("ms")) * 1000})
    write_safe_csv([frame], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8").split() == ['"wait"', '"00:09:30"', '"-00:01:00"']


def test_a_workbook_holds_no_formula_and_keeps_every_digit(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    frame = pl.DataFrame(
        {
            "=name": ["=1+1", "{=1+1}", None],
            "id": [1234567890123456789, 1, 2],
            "n": [0.25, float("nan"), float("inf")],
            "day": [date(2026, 3, 14), None, date(1850, 1, 1)],
            "long": ["x" * 40_000, "a", ""],
        }
    )
    assert write_safe_workbook([frame.head(2), frame.tail(1)], tmp_path / "t.xlsx", title="Predictions") == 3
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["Predictions"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["'=name", "id", "n", "day", "long"]
    assert rows[1] == ["'=1+1", "1234567890123456789", 0.25, "2026-03-14", "x" * write.CELL_CHARACTERS]
    assert [row[2] for row in rows[2:]] == [None, None]
    assert rows[3][1:4] == [2, None, "1850-01-01"]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_a_workbook_keeps_every_digit_of_decimals(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    long = pl.Series(["12345678901234567890", None]).cast(pl.Decimal(20, 0))
    frame = pl.DataFrame({"id": long, "price": pl.Series(["0.25", "3.00"]).cast(pl.Decimal(9, 2))})
    write_safe_workbook([frame], tmp_path / "t.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "t.xlsx").active.iter_rows(min_row=2, values_only=True))
    assert rows == [("12345678901234567890", 0.25), (None, 3)]


def test_a_workbook_goes_on_on_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.setattr(write, "SHEET_ROWS", 2)
    frame = pl.DataFrame({"n": [1, 2, 3]})
    assert write_safe_workbook([frame.head(1), frame.tail(2)], tmp_path / "t.xlsx") == 3
    sheets = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets
    assert [[cell.value for cell in sheet["A"]] for sheet in sheets] == [["n", 1, 2], ["n", 3]]


@pytest.mark.parametrize("room", [3_000, 100_000])  # of a part that every workbook has, and of the rows
def test_what_the_system_refuses_is_its_own_error_for_a_workbook_too(room: int, tmp_path: Path) -> None:
    frame, limits = pl.DataFrame({"n": range(5_000 if room > 10_000 else 5)}), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write_safe_workbook([frame], tmp_path / "t.xlsx")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert type(caught.value) is OSError
    assert caught.value.errno == errno.EFBIG


def test_temporary_files_of_a_workbook_lie_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: pytest.fail("a file in the folder of everybody"))
    seen: list[int] = []

    def frames() -> Iterator[pl.DataFrame]:
        yield FRAMES[0]
        seen.append(len(list(tmp_path.iterdir())))

    write_safe_workbook(frames(), tmp_path / "t.xlsx")
    assert seen == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["t.xlsx"]


def test_a_workbook_holds_the_numbers_and_days_that_are_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    frame = pl.DataFrame({"amount": ["1.005,64", "=1+1"], "day": ["14.3.2026", "?"], "id": ["007", "008"]})
    values = {"amount": pl.Series([1005.64, None]), "day": pl.Series([date(2026, 3, 14), None])}
    write_safe_workbook([frame], tmp_path / "t.xlsx", read=lambda _: values)
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["Table"]
    _, first, second = sheet.iter_rows()
    assert [first[0].value, first[1].value.date(), first[2].value] == [1005.64, date(2026, 3, 14), "007"]
    assert [cell.value for cell in second] == ["'=1+1", "?", "008"]
