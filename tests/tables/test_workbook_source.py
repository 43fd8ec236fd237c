"""Sheets of workbooks: values as text, one sheet, one header."""

from __future__ import annotations

import datetime
import random
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from segmint.errors import InputError
from segmint.tables.source import ReadOptions, open_table
from segmint.tables.workbook_cells import lost_cells, sheet_xml

ROWS = [["id", "joined", "amount", "member"], ["007", datetime.date(2026, 3, 14), 3.0, True], ["NA", None, 2.5, False]]


def write(folder: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    path = folder / "book.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(i, j, cell)
    return path


def rows_of(path: Path, **options: Any) -> list[tuple[str, ...]]:
    return pl.concat([batch.frame for batch in open_table(path, ReadOptions(**options)).batches()]).rows()


EXPECTED = [("007", "2026-03-14", "3", "true"), ("NA", "", "2.5", "false")]


def test_cells_become_the_text_that_a_csv_would_hold(tmp_path: Path) -> None:
    path = write(tmp_path, {"data": ROWS})
    assert rows_of(path) == EXPECTED
    receipt = open_table(path).receipt
    assert (receipt["format"], receipt["sheet"], receipt["header_row"]) == ("Excel workbook", "data", 1)


def test_titles_above_the_header_and_empty_rows_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, {"data": [["Campaign March"], [], *ROWS[:2], [], ROWS[2]]})
    assert rows_of(path) == EXPECTED
    assert open_table(path).receipt["header_row"] == 3
    assert rows_of(path, header_row=3) == EXPECTED


def test_rows_behind_an_empty_row_keep_their_number(tmp_path: Path) -> None:
    path = write(tmp_path, {"data": [["Campaign March"], [], *ROWS[:2], [], [" "], ROWS[2], [], [None] * 5 + ["note"]]})
    assert [number for batch in open_table(path).batches() for number in batch.records] == [1, 4]
    assert rows_of(path) == EXPECTED


@pytest.mark.parametrize("header_row", [None, 3])
@pytest.mark.parametrize("note", [[], [None, "as of March"]])
def test_empty_columns_and_notes_beside_the_table_are_no_part_of_it(
    tmp_path: Path, note: list[str | None], header_row: int | None
) -> None:
    shifted = [[None, *row] for row in ROWS]
    path = write(tmp_path, {"data": [[None, "Campaign March"], [], shifted[0], [*shifted[1], *note], shifted[2]]})
    assert rows_of(path, header_row=header_row) == EXPECTED
    assert open_table(path).columns == tuple(ROWS[0])


def test_a_column_without_a_name_is_told_as_the_sheet_shows_it(tmp_path: Path) -> None:
    path = write(tmp_path, {"data": [[None, *ROWS[0]], [None, *ROWS[1], "a note"], [None, *ROWS[2]]]})
    with pytest.raises(InputError, match="has no name for column F"):
        open_table(path, ReadOptions(header_row=1))
    with pytest.raises(InputError, match="empty the cells beside the table"):
        open_table(write(tmp_path, {"data": [["id", None], [1, 2], [3, 4]]}))


def test_a_table_beside_a_table_is_not_lost(tmp_path: Path) -> None:
    path = write(tmp_path, {"data": [[*row, None, f"x{i}"] for i, row in enumerate(ROWS)]})
    assert open_table(path).columns == (*ROWS[0], "x0")


def test_a_workbook_with_several_tables_asks_for_the_sheet(tmp_path: Path) -> None:
    path = write(tmp_path, {"March": ROWS, "April": ROWS[:2], "notes": [["only a note"]]})
    with pytest.raises(InputError, match=r"several sheets: March, April(.|\n)*--set data\.sheet=March"):
        open_table(path)
    assert rows_of(path, sheet="April") == EXPECTED[:1]
    with pytest.raises(InputError, match="no sheet 'May'"):
        open_table(path, ReadOptions(sheet="May"))


@pytest.mark.parametrize("sheet", [None, "kunden"])
def test_the_sheet_of_the_example_is_the_one_with_most_rows(tmp_path: Path, sheet: str | None) -> None:
    legend = [["column", "meaning"], ["amount", "in euros"]]
    path = write(tmp_path, {"Deckblatt": [["Campaign"], ["2026"]], "Kunden": ROWS, "Legende": legend})
    with pytest.raises(InputError, match=r"--set data\.sheet=Kunden"):
        open_table(path, ReadOptions(sheet=sheet))


def test_a_sheet_of_one_column_has_a_header_too(tmp_path: Path) -> None:
    source = open_table(write(tmp_path, {"data": [["customer_id"], [1001], [1002]]}))
    (batch,) = source.batches()
    assert batch.frame["customer_id"].to_list() == ["1001", "1002"]


def test_a_header_may_have_numbers_among_its_names(tmp_path: Path) -> None:
    path = write(
        tmp_path, {"data": [["Answers"], [1, 2, 3], ["id", 2023, 2024], ["x", "yes", "no"], ["y", "no", "yes"]]}
    )
    assert open_table(path).columns == ("id", "2023", "2024")
    assert rows_of(path) == [("x", "yes", "no"), ("y", "no", "yes")]


@pytest.mark.parametrize("rows", [[[1, 2], [3, 4]], [[1001], [1002]]])
def test_a_sheet_without_a_header_asks_for_it(tmp_path: Path, rows: list[list[int]]) -> None:
    path = write(tmp_path, {"data": rows})
    with pytest.raises(InputError, match="looks like a header"):
        open_table(path)
    with pytest.raises(InputError, match="Row 9 of"):
        open_table(path, ReadOptions(header_row=9))


def test_ids_that_excel_has_rounded_are_refused(tmp_path: Path) -> None:
    """ING-03."""
    with pytest.raises(InputError, match="more than 15 digits"):
        open_table(write(tmp_path, {"data": [["id", "n"], [1234567890123456789, 1]]}))
    path = write(tmp_path, {"data": [["id", "n"], ["1234567890123456789", 1]]})
    assert rows_of(path) == [("1234567890123456789", "1")]


def test_a_damaged_workbook_is_refused_in_words(tmp_path: Path) -> None:
    """ING-08."""
    whole = write(tmp_path, {"data": [["a", "b"], *([str(i), str(i * i)] for i in range(200))]}).read_bytes()
    draw, damaged, refused = random.Random(1), tmp_path / "damaged.xlsx", 0
    for _ in range(300):
        content = bytearray(whole)
        place = draw.randrange(4, len(content))
        content[place : place + draw.randrange(1, 60)] = draw.randbytes(draw.randrange(60))
        damaged.write_bytes(content)
        try:
            rows_of(damaged)
        except InputError:
            refused += 1
    assert refused > 100


def test_other_archives_and_empty_workbooks_are_refused(tmp_path: Path) -> None:
    """ING-08."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "a;b\n1;2\n")
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 and then nothing")
    (tmp_path / "c.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    for name, sentence in [("a.zip", "no .xlsx workbook"), ("b.xlsx", "no .xlsx"), ("c.xls", "old .xls workbook")]:
        with pytest.raises(InputError, match=sentence):
            open_table(tmp_path / name)
    with pytest.raises(InputError, match="holds no table"):
        open_table(write(tmp_path, {"data": [["a", "b"]]}))


def test_a_sheet_is_named_so_that_a_shell_takes_it(tmp_path: Path) -> None:
    path = write(tmp_path, {"Daten 2025": ROWS, "Daten 2026": ROWS})
    with pytest.raises(InputError) as caught:
        open_table(path)
    assert caught.value.fix.endswith("--set 'data.sheet=Daten 2025'")


def merged(folder: Path, *ranges: tuple[str, str]) -> Path:
    """Write five customers below a title, with some cells merged."""
    path = folder / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("data")
        sheet.merge_range("A1:C1", "customers")
        sheet.write_row(1, 0, ["id", "Beruf", "Ort"])
        for row in range(2, 7):
            sheet.write_row(row, 0, [f"00{row}", f"job {row}", "Bonn"])
        for cells, text in ranges:
            sheet.merge_range(cells, text, book.add_format())
    return path


def test_merged_cells_are_not_taken_for_no_value(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"below its header: 2 cells in column 'Beruf' would be(.|\n)*unmerge the cells"
    ):
        open_table(merged(tmp_path, ("B3:B5", "engineer")))
    with pytest.raises(InputError, match="4 cells in columns 'Beruf' and 'Ort' would be"):
        open_table(merged(tmp_path, ("B3:B5", "engineer"), ("C4:C5", "Ulm"), ("B7:C7", "none")))


def test_cells_merged_from_the_header_downwards_are_not_taken_for_no_value(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 cells in column 'Beruf' would be"):
        open_table(merged(tmp_path, ("B2:B4", "Beruf")))
    with pytest.raises(InputError, match="10 cells in columns 'Beruf' and 'Ort' would be"):
        open_table(merged(tmp_path, ("B2:B7", "Beruf"), ("C2:C7", "Ort")))


def test_merged_titles_footnotes_and_empty_cells_lose_nothing(tmp_path: Path) -> None:
    path = merged(tmp_path, ("A9:C10", "as of May"), ("B4:B5", ""), ("E3:E6", "a note"))
    assert [row[0] for row in rows_of(path)] == ["002", "003", "004", "005", "006", "as of May"]


def formulas(folder: Path, *cells: tuple[str, str]) -> Path:
    path = folder / "formulas.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("notes").write_formula(0, 0, "=1+1", value="")
        sheet = book.add_worksheet("data & more")
        sheet.write_row(0, 0, ["id", *(f"x{i}" for i in range(len(cells)))])
        sheet.write(1, 0, "007")
        for column, (formula, value) in enumerate(cells, start=1):
            sheet.write_formula(1, column, formula, value=value)
    return path


def test_a_formula_that_was_never_calculated_is_not_taken_for_no_value(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"never calculated, as in cell C2\.(.|\n)*save it"):
        open_table(formulas(tmp_path, ("=1", "1"), ("=1+1", "")), ReadOptions(sheet="data & more"))


def test_an_error_is_not_taken_for_no_value(tmp_path: Path) -> None:
    path = formulas(tmp_path, ("=1+1", "2"), ("=1/0", "#DIV/0!"), ('=IF(1>0,"a","")', "a"), ("=NA()", "#N/A"))
    assert rows_of(path) == [("007", "2", "#DIV/0!", "a", "#N/A")]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('<c r="B2" t="str"><f>""</f><v></v></c>', []),
        ('<c r="B2"><f>1+1</f><v></v></c>', [("B2", None)]),
        ('<c r="B2"><f>1+1</f><v/></c>', [("B2", None)]),
        ('<x:c r="B2"><x:f t="shared" si="0"/></x:c>', [("B2", None)]),
        ('<c r="B2"><f t="shared" si="0"/><v>1</v></c><c r="C2" s="1"/>', []),
        ('<c r="B2" s="1" t="e"><v>#REF!</v></c>', [("B2", "#REF!")]),
    ],
)
def test_lost_cells_are_found_however_a_program_writes_them(
    tmp_path: Path, cell: str, found: list[tuple[str, str | None]]
) -> None:
    with zipfile.ZipFile(write(tmp_path, {"data": ROWS})) as book, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as other:
        for part in book.namelist():
            other.writestr(part, cell if part.endswith("sheet1.xml") else book.read(part))
    assert list(lost_cells(sheet_xml(tmp_path / "b.xlsx", "data"))) == found


def test_leading_zeros_that_a_format_shows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["customer", "branch", "postcode", "calls", "amount"])
        formats = ["00000000", "000", "[$-407]00000", "0", "#,##0.00"]
        styles = [book.add_format({"num_format": form}) for form in formats]
        for row, cells in enumerate([(996134, 15, 1067, 3, 7.5), (123456789, "X", None, 12, 8)], start=1):
            for column, (cell, style) in enumerate(zip(cells, styles, strict=True)):
                sheet.write(row, column, cell, style)
        sheet.write_number(3, 0, 15.5, styles[1])  # an amount that is shown rounded
        sheet.write_blank(9, 9, None, styles[0])
    assert rows_of(path) == [
        ("00996134", "015", "01067", "3", "7.5"),
        ("123456789", "X", "", "12", "8"),
        ("15.5", "", "", "", ""),
    ]


@pytest.mark.parametrize("name", ["book.xls", "book.dat", "book.ods"])
def test_a_workbook_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, {"Sheet1": ROWS}).rename(tmp_path / name)
    assert rows_of(path) == EXPECTED
