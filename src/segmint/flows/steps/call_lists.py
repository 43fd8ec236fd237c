"""Read a call list that came back, as segmint wrote it or saved again by another program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from segmint.config import Data
from segmint.contract.cells import number_cells
from segmint.errors import DataError, InputError
from segmint.flows.steps.call_results import read_frame
from segmint.flows.steps.read import open_source
from segmint.monitoring.results import is_call_list
from segmint.tables.decimal_sign import decimal_among
from segmint.tables.source import TableSource
from segmint.tables.workbook_source import SeveralSheetsError
from segmint.targeting.call_list import COLUMNS
from segmint.wording import counted

_WHOLE, _FIX = "call_list.parquet of a target run, with every row", "name the file runs/<id>/call_list.parquet"
NUMBERS = tuple(name for name, kind in COLUMNS.items() if kind.is_numeric())


def open_call_list(source: Any, data: Data) -> TableSource:
    """Open a call list with every row; of a workbook with several sheets, such as the one for people, say which file it is.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    try:
        return open_source(source, data)
    except SeveralSheetsError as error:
        fix = f"{_FIX}; of a copy of that file, name the sheet: --set data.sheet=..."
        raise InputError(error.came, expected=_WHOLE, fix=fix) from error


def read_call_list(source: Any, data: Data, *, needed: Sequence[str] = ()) -> pl.DataFrame:
    """Read a call list, every row, with its numbers as numbers.

    Parameters
    ----------
    source : path or frame
        ``call_list.parquet`` of a target run, or what another program saved from it. Where nothing is `needed` it may be
        another table of scored customers: that comes as it is, as its columns are the customers' own.
    data : Data
        How the table is read.
    needed : sequence of str
        Columns without which it is no call list.

    Raises
    ------
    InputError
        If the list cannot be read, or not whole.
    DataError
        If it lacks a column, or a number of it is none.
    """
    listed = read_frame(source, data)
    if lacking := [name for name in needed if name not in listed.columns]:
        raise DataError(
            f"The call list has no column '{lacking[0]}'.",
            expected=_WHOLE,
            fix=_FIX,
        )
    if not needed and not is_call_list(listed):
        return listed
    listed = with_numbers(listed, NUMBERS, source, data)
    if listed.schema.get("segment") == pl.String:
        blank = listed["segment"].str.strip_chars() == ""
        listed = listed.with_columns(listed["segment"].set(blank, None))  # as Parquet has it
    return listed


def with_numbers(listed: pl.DataFrame, names: Sequence[str], source: Any, data: Data) -> pl.DataFrame:
    """Read the numbers of a list that was saved again as a text file or workbook, which keep them as texts.

    Parameters
    ----------
    listed : polars.DataFrame
        Rows of `source`.
    names : sequence of str
        Columns of numbers, as far as the list has them; a blank is no value.
    source : path or frame
        Whose decimal sign the texts have.
    data : Data

    Raises
    ------
    DataError
        If a number is none.
    """
    texts = [name for name in names if listed.schema.get(name) == pl.String]
    receipt = open_source(source, data).receipt if texts else {}
    return listed.with_columns(_numbers_of(listed[name], decimal_among(receipt, [name])) for name in texts)


def _numbers_of(texts: pl.Series, decimal: str) -> pl.Series:
    read = number_cells(texts, decimal=decimal)
    if wrong := read.problem.count():
        raise DataError(
            f"'{texts.name}' of the call list has {counted(wrong, 'value that is', 'values that are')} no number.",
            expected="the numbers of the file that segmint wrote, or nothing",
            fix=f"name that .parquet file of the run, or correct '{texts.name}' in the file that was saved from it",
        )
    return read.values
