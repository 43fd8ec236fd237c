"""Whether a table's first line is a header, or its first customer."""

from __future__ import annotations

import re

import polars as pl

from segmint.contract.look import bare_texts
from segmint.errors import ContractError
from segmint.wording import counted

VALUE = re.compile(r"^[-+0-9]|[0-9]{3}|@")  # what no name of a column looks like
_ADDRESS = re.compile(r"\w@\w")  # "@timestamp" is a name
_ASKED = "is the first line a header?"


def has_header(frame: pl.DataFrame) -> bool:
    """Whether no name of a column may be a value."""
    return not any(map(VALUE.search, frame.columns)) and not _again_below(frame)


def header_told(frame: pl.DataFrame, table: str) -> str:
    """Ask whether the first line is a header where its names read like values; "" where they read like names.

    Raises
    ------
    ContractError
        If it reads like a customer, who would stand in the draft by name: without one of these values.
    """
    addresses, below = sum(bool(_ADDRESS.search(name)) for name in frame.columns), _again_below(frame)
    if addresses or below > 1:
        signs = [counted(addresses, "e-mail address", "e-mail addresses")] * (addresses > 0)
        signs += [counted(below, "value that stands below too", "values that stand below too")] * (below > 0)
        raise ContractError(
            f"The first line of '{table}' reads like a customer, with {' and '.join(signs)}: {_ASKED}",
            expected="the names of the columns in the first line",
            fix="write them there",
        )
    like_values = sum(bool(VALUE.search(name)) for name in frame.columns)
    return f"most names of columns read like values; {_ASKED}" if 2 * like_values > frame.width else ""


def _again_below(frame: pl.DataFrame) -> int:
    """Count the names that stand in their own column too, but where a row repeats the whole header."""
    same = pl.DataFrame([(bare_texts(column) == column.name).fill_null(False) for column in frame.iter_columns()])
    alone = same.filter(~pl.all_horizontal(pl.all()))
    return sum(column.any() for column in alone.iter_columns())
