"""What the cells of a table are in a workbook: numbers and dates where the contract reads them as such."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date

import polars as pl

from segmint.contract.cells import read_cells
from segmint.contract.column import Column, Role
from segmint.contract.contract import Contract
from segmint.errors import InputError
from segmint.tables.decimal_sign import decimal_of
from segmint.tables.table_source import JSON
from segmint.tables.write import MOST_DIGITS

_AS_WRITTEN: tuple[Role, ...] = ("phone", "name", "ignore")
_FIRST_DAY = date(1900, 3, 1)  # before it, spreadsheets count a day that never was


def sheet_values(
    frame: pl.DataFrame, contract: Contract, receipt: Mapping[str, JSON], *, apart: Collection[str] = ()
) -> dict[str, pl.Series]:
    """Read the columns that the contract reads as numbers or dates; null where a cell has to stay as it is written.

    That is a word for no value, leading zeros or a time of day that would be lost, and more digits than a spreadsheet keeps.

    Parameters
    ----------
    frame : polars.DataFrame
    contract : Contract
    receipt : mapping
        How the table was read.
    apart : collection of str
        Columns of the frame that are none of the table, whatever they are called.
    """
    numbers = [column.name for column in contract.columns if column.kind == "number"]
    values: dict[str, pl.Series] = {}
    for column in contract.columns:
        name = column.name
        if column.role not in _AS_WRITTEN and name in frame.columns and name not in apart:
            # a column that was not read may hold numbers that can be read in two ways
            with suppress(InputError):
                values |= _read(column, frame[name], decimal_of(receipt, name, numbers))
    return values


def _read(column: Column, raw: pl.Series, decimal: str) -> dict[str, pl.Series]:
    if column.kind not in ("number", "date"):
        return {}
    values, texts = read_cells(column, raw, ("",), decimal).values, raw.cast(pl.String)
    if column.kind == "number":
        stays = (values.abs() >= MOST_DIGITS) | texts.str.contains(r"^\s*0[0-9]")
    else:
        has_time = texts.str.contains(r"[0-9]:[0-9]") & ~texts.str.contains(r"[ T]0?0:00(:00(\.0+)?)?$")
        stays = (values < _FIRST_DAY) | has_time
    return {column.name: values.set(stays.fill_null(False), None)}
