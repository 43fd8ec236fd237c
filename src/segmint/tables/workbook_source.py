"""A sheet of an .xlsx workbook as a TableSource. Values only: a formula is read as the value it showed last."""

from __future__ import annotations

import datetime
import re
import shlex
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from segmint.errors import InputError
from segmint.tables.decimal_sign import decimal_of, signs_of_texts
from segmint.tables.frame_source import FrameSource
from segmint.tables.table_source import JSON, WORKBOOK, ReadOptions
from segmint.tables.text_source import check_names
from segmint.tables.workbook_cells import lost_cells, merged_ranges, padded_cells, sheet_xml
from segmint.wording import counted, quoted

MAX_XML_BYTES = 512 << 20
MAX_EXPANSION = 200
HARMLESS_BYTES = 16 << 20
MAX_CELLS = 20_000_000
HEADER_SEARCH = 50
# Excel keeps fifteen digits; what looks longer is not what was typed
MAX_EXACT = 10**15
_REFERENCE = re.compile(rb'<(?:\w+:)?c[ \n][^>]{0,200}?r="([A-Z]{1,3})([0-9]{1,7})"')
_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,7})")

Rows = list[list[str]]


class SeveralSheetsError(InputError):
    """A workbook that has several sheets with something in them, and nobody says which is meant."""


def open_workbook(path: Path, options: ReadOptions, *, fingerprint: str) -> FrameSource:
    """Open one sheet of a workbook.

    Parameters
    ----------
    path : Path
    options : ReadOptions
        `sheet` is needed when several sheets hold tables; `header_row` when no row looks like the header; `decimal`
        when numbers were typed as texts with a comma.
    fingerprint : str

    Raises
    ------
    InputError
        If this is no .xlsx workbook, expands beyond all measure, the sheet or header has to be named, or cells of the
        table are merged: only the first of them holds the value.
    """
    _refuse_bomb(path)
    sheet, rows = _chosen_sheet(_read_sheets(path, options), path.name)
    try:
        xml = sheet_xml(path, sheet)
        _fill_in_errors(rows, xml, path)
        _fill_in_zeros(rows, xml, path)
        merged = list(merged_ranges(xml))
    except _DAMAGED_PARTS as error:
        raise _not_a_workbook(path) from error
    header, places = _find_table(rows, options.header_row, path.name)
    table = [[row[column] for column in places] for row in rows[header:]]
    names = check_names(tuple(table[0]), path.name, in_rows=True)
    _refuse_merged(rows, header, dict(zip(places, names, strict=True)), merged, path.name)
    body = table[1:] if any(map(any, table[1:])) else []
    columns = zip(*body, strict=True) if body else [()] * len(names)
    cells = dict(zip(names, columns, strict=True))
    signs = _signs(cells) if options.decimal is None else {}
    # beside other signs only what stays a number is certain to be read as it is
    frame = pl.DataFrame([_series(name, column, typed=bool(signs)) for name, column in cells.items()])
    receipt: dict[str, JSON] = {
        "format": WORKBOOK,
        "sheet": sheet,
        "header_row": header + 1,
        "decimal": options.decimal or "point",
        **signs,
    }
    return FrameSource(frame, name=path.name, receipt=receipt, fingerprint=fingerprint)


def sheets_as_texts(path: Path) -> Iterator[pl.DataFrame]:
    """Read every sheet of a workbook cell by cell, whatever is a header there; columns have their letters as names.

    Raises
    ------
    InputError
        As `open_workbook`, but for sheets, headers and merged cells.
    """
    _refuse_bomb(path)
    for rows in _read_sheets(path, ReadOptions(), fewest=1).values():
        yield pl.DataFrame({_letters(number): texts for number, texts in enumerate(zip(*rows, strict=True))})


class _Number(str):
    """The text of a cell that is a number: it says nothing of how texts are written."""

    __slots__ = ()


def _series(name: str, column: Sequence[str], *, typed: bool) -> pl.Series:
    """Hold cells as texts; with `typed`, a column of nothing but numbers, of which some have decimals, as numbers."""
    if typed and _has_decimals_only(column):
        return pl.Series(name, [float(cell) if cell else None for cell in column], dtype=pl.Float64)
    return pl.Series(name, column, dtype=pl.String)


def _has_decimals_only(column: Sequence[str]) -> bool:
    """Whether all filled cells are numbers, and not all whole: those may be ids, and are read alike by either sign."""
    filled = [cell for cell in column if cell]
    return all(isinstance(cell, _Number) for cell in filled) and not all(
        cell.lstrip("-").isdecimal() for cell in filled
    )


def _signs(cells: Mapping[str, Sequence[str]]) -> dict[str, JSON]:
    """Note how texts write decimals; beside commas, also how the numbers among the texts of a column are written."""
    mixed = {name: column for name, column in cells.items() if not _has_decimals_only(column)}
    texts = {name: ["" if isinstance(c, _Number) else c for c in column] for name, column in mixed.items()}
    found = signs_of_texts(_texts(texts))
    has_commas = any(decimal_of(found, name, [name]) == "comma" for name in mixed)
    return signs_of_texts(_texts(mixed)) if has_commas else found


def _texts(columns: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


# what an archive that was cut or overwritten makes its reader say
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, UnicodeDecodeError)
_DAMAGED_PARTS = (*_DAMAGE, LookupError, ValueError)


def _refuse_bomb(path: Path) -> None:
    """Look at the archive's directory and at the cells' references before anything is unfolded."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names:
                raise _not_a_workbook(path)
            total = sum(member.file_size for member in members)
            if total > MAX_XML_BYTES or total > max(HARMLESS_BYTES, MAX_EXPANSION * path.stat().st_size):
                raise _too_large(path, f"unfolds to {total:,} bytes")
            for name in sorted(names):
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    _refuse_far_cells(archive, name, path)
    except _DAMAGE as error:
        raise _not_a_workbook(path) from error


def _refuse_far_cells(archive: zipfile.ZipFile, member: str, path: Path) -> None:
    # readers make a full rectangle up to the last cell, however few cells there are
    last_row, last_column, rest = 0, 0, b""
    with archive.open(member) as sheet:
        while chunk := sheet.read(1 << 20):
            text = rest + chunk
            found = _REFERENCE.findall(text)
            if found:
                last_row = max(last_row, max(int(row) for _, row in found))
                last_column = max(last_column, max(_column_number(letters) for letters, _ in found))
            if last_row * last_column > MAX_CELLS:
                raise _too_large(path, f"spans {last_row:,} rows and {last_column:,} columns")
            rest = text[-256:]


def _letters(column: int) -> str:
    """Write the number of a column, counted from 0, as Excel does: B is 1, AA is 26."""
    rest, last = divmod(column, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("A") + last)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _read_sheets(path: Path, options: ReadOptions, *, fewest: int = 2) -> dict[str, Rows]:
    """Read the wanted sheet, or all of them; sheets with less than two rows hold no table."""
    import python_calamine

    wanted, comma = options.sheet, options.decimal == "comma"
    try:
        # by its content: from a path the reader goes by the suffix
        with path.open("rb") as file, python_calamine.CalamineWorkbook.from_filelike(file) as book:
            names = list(book.sheet_names)
            if wanted is not None and wanted not in names:
                raise InputError(
                    f"'{path.name}' has no sheet '{wanted}'.",
                    expected=f"one of {', '.join(names)}",
                    fix=_naming(max(names, key=lambda name: book.get_sheet_by_name(name).height)),
                )
            chosen = [wanted] if wanted is not None else names
            sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in chosen}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _not_a_workbook(path) from error
    texts = {
        name: [[_text(cell, path.name, comma=comma) for cell in row] for row in rows] for name, rows in sheets.items()
    }
    return {name: rows for name, rows in texts.items() if sum(any(row) for row in rows) >= fewest}


def _fill_in_errors(rows: Rows, xml: bytes, path: Path) -> None:
    """Put errors such as ``#N/A`` where the reader left nothing; a formula without its value could be anything."""
    for reference, error_text in lost_cells(xml):
        if error_text is None:
            raise _never_calculated(path, reference)
        if place := _place(reference):
            row, column = place
            rows[row][column] = error_text


def _fill_in_zeros(rows: Rows, xml: bytes, path: Path) -> None:
    """Write whole numbers with the leading zeros that their format shows: 00996134 is an id or a code."""
    for reference, width in padded_cells(path, xml):
        row, column = _place(reference) or (0, 0)
        # cells that have a format and no value may lie beyond the last one that was read
        for cell in rows[row][column : column + 1] if row < len(rows) else []:
            if isinstance(cell, _Number) and cell.isdecimal():
                rows[row][column] = _Number(cell.zfill(width))


def _place(reference: str) -> tuple[int, int] | None:
    """Return row and column of a cell such as ``B2``, counted from 0."""
    found = _PLACE.fullmatch(reference)
    return None if found is None else (int(found[2]) - 1, _column_number(found[1].encode()) - 1)


def _refuse_merged(rows: Rows, header: int, names: dict[int, str], merged: Sequence[str], workbook: str) -> None:
    """Refuse a table that would lose values: of merged cells all but the first are read as empty."""
    lost: Counter[str] = Counter()
    for reference in merged:
        lost.update(names[column] for column in _lost_by_merge(reference, rows, header, names))
    if lost:
        where = f"{'column' if len(lost) == 1 else 'columns'} {quoted(list(lost))}"
        raise InputError(
            f"'{workbook}' has merged cells below its header: {counted(lost.total(), 'cell')} in {where} would be read as empty.",
            expected="a value in each cell of its own",
            fix="unmerge the cells and write the value into each row that it is true of",
        )


def _lost_by_merge(reference: str, rows: Rows, header: int, names: Collection[int]) -> list[int]:
    """Name the column of each cell that a merge leaves empty; a line of its own, such as a footnote, loses nothing."""
    first, _, last = reference.partition(":")
    corners = _place(first), _place(last)
    if corners[0] is None or corners[1] is None:
        return []
    (top, left), (bottom, right) = corners[0], corners[1]
    if top < header or top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
        return []
    merged = [column for column in names if left <= column <= right]
    others = [column for column in names if column not in merged]
    return [
        column
        for row in range(max(top, header + 1), min(bottom + 1, len(rows)))
        if any(rows[row][other] for other in others)
        for column in merged
        if (row, column) != (top, left)
    ]


def _chosen_sheet(sheets: dict[str, Rows], name: str) -> tuple[str, Rows]:
    if not sheets:
        raise InputError(
            f"'{name}' holds no table.", expected="a sheet with a header and rows", fix="check the workbook"
        )
    if len(sheets) > 1:
        longest = max(sheets, key=lambda sheet: sum(any(row) for row in sheets[sheet]))  # what is on a cover is short
        raise SeveralSheetsError(
            f"'{name}' has several sheets: {', '.join(sheets)}.", expected="one sheet", fix=_naming(longest)
        )
    return next(iter(sheets.items()))


def _naming(sheet: str) -> str:
    """Say how a sheet is named, with one as the example."""
    return f"name the sheet, for example: --set {shlex.quote(f'data.sheet={sheet}')}"


def _find_table(rows: Rows, declared: int | None, name: str) -> tuple[int, list[int]]:
    """Find the row of the header and the columns of the table, counted from 0, without what stands beside it.

    Empty columns are no part of the table, nor is a note behind an empty column that has nothing in the row of the
    header.
    """
    if declared is not None and (not 1 <= declared <= len(rows) or not any(rows[declared - 1])):
        raise InputError(
            f"Row {declared} of '{name}' is no header.",
            expected=f"a row from 1 to {len(rows)} with names",
            fix="correct data.header_row",
        )
    used = [column for column, cells in enumerate(zip(*rows, strict=True)) if any(cells)]
    main = _widest_block(rows, used)
    for columns in (used, main):
        header = _header_row(rows, columns) if declared is None else declared - 1
        if header is not None and _names_only(rows[header], columns):
            return header, columns
    if declared is None:
        raise InputError(
            f"No row of '{name}' looks like a header.",
            expected="a row with one name for each column",
            fix="name every column, empty the cells beside the table, or name the row (data.header_row)",
        )
    unnamed = next(column for column in used if not rows[declared - 1][column])
    raise InputError(
        f"Row {declared} of '{name}' has no name for column {_letters(unnamed)}.",
        expected="a row with one name for each column",
        fix="name the column, or empty its cells; or name another row (data.header_row)",
    )


def _widest_block(rows: Rows, used: Sequence[int]) -> list[int]:
    """Choose the neighbouring columns that hold the most cells."""
    blocks: list[list[int]] = []
    for column in used:
        if blocks and blocks[-1][-1] == column - 1:
            blocks[-1].append(column)
        else:
            blocks.append([column])
    return max(blocks, key=lambda block: sum(bool(row[column]) for row in rows for column in block))


def _header_row(rows: Rows, columns: Sequence[int]) -> int | None:
    """Find the first row that has a text in each of these columns.

    A row above it that fills them with texts and numbers is the header instead: years are names, too, and no row of
    the table may be passed over.
    """
    firsts = [[row[column] for column in columns] for row in rows[:HEADER_SEARCH]]
    if not any(map(_looks_like_header, firsts)):
        return None
    return next(i for i, row in enumerate(firsts) if all(row) and not all(map(_is_number, row)))


def _names_only(row: Sequence[str], columns: Sequence[int]) -> bool:
    """Whether a row names each of these columns and no other."""
    return [column for column, cell in enumerate(row) if cell] == list(columns)


def _looks_like_header(row: Sequence[str]) -> bool:
    # a title above a wider table leaves the cells beside it empty
    return bool(row) and all(row) and not any(map(_is_number, row))


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"-?[0-9.]+", cell) is not None


def _text(cell: Any, name: str, *, comma: bool) -> str:
    """Write a cell as a text file would: whole numbers without ``.0``, dates as 2026-03-14, decimals as is declared."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and abs(cell) >= MAX_EXACT:
        raise InputError(
            f"'{name}' holds numbers of more than 15 digits, and Excel keeps only 15.",
            expected="long ids as text",
            fix="format the column as text and enter the ids again, or export them as CSV",
        )
    if isinstance(cell, float) and comma:
        return str(cell).replace(".", ",")
    if isinstance(cell, int | float):
        return _Number(cell)
    return "" if cell is None else str(cell)


def _not_a_workbook(path: Path) -> InputError:
    return InputError(
        f"'{path.name}' is an archive and no .xlsx workbook that can be read.",
        expected="delimited text, Parquet or an .xlsx workbook",
        fix="unpack the archive and name the table, or save the workbook again",
    )


def _never_calculated(path: Path, reference: str) -> InputError:
    where = f", as in cell {reference}" if reference else ""
    return InputError(
        f"'{path.name}' holds formulas that were never calculated{where}.",
        expected="formulas with the value that they showed last",
        fix="open the workbook in a spreadsheet program and save it, or write values instead of formulas",
    )


def _too_large(path: Path, what: str) -> InputError:
    return InputError(
        f"'{path.name}' {what}, far more than its {path.stat().st_size:,} bytes should hold.",
        expected=f"a workbook of at most {MAX_CELLS:,} cells",
        fix="delete stray cells, or export the sheet as CSV",
    )
