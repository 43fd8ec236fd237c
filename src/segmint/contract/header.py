"""Whether a table's first line is a header, or its first customer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from segmint.contract.look import bare_texts
from segmint.errors import ContractError
from segmint.tables.table_source import TEXT, WORKBOOK, TableSource

VALUE = re.compile(r"^[-+0-9]|[0-9]{3}|@")  # what no name of a column looks like
_ADDRESS = r"\w@\w"  # "@timestamp" is a name
_ASKED = "is the first line a header?"
MOST_LISTED = 20
NUMBERED = 3  # so many names of one stem are no values of one customer
NAME_THE_HEADER = "write the names of the columns in the first line; or say which line holds them (data.header_row)"


def values_among(names: Sequence[str]) -> list[str]:
    """Return the names that may be values: not those that differ by a number alone, as feature_000, feature_001 and so on do."""
    stems = {name: re.sub(r"[0-9]+$", "", name) for name in names}
    often = Counter(stem for stem in stems.values() if stem[:1].isalpha())
    return [name for name, stem in stems.items() if VALUE.search(name) and often[stem] < NUMBERED]


def has_header(frame: pl.DataFrame) -> bool:
    """Whether no name of a column may be a value."""
    return not values_among(frame.columns) and not _again_below(frame)


def columns_told(frame: pl.DataFrame) -> str:
    """List the columns, unless their names may be the values of the first customer."""
    more = frame.width - MOST_LISTED
    if not has_header(frame):
        return f"its {frame.width:,} columns; {_ASKED}"
    return f"{', '.join(frame.columns[:MOST_LISTED])}{f' … and {more} more' if more > 0 else ''}"


def header_told(frame: pl.DataFrame, source: TableSource) -> str:
    """Ask whether the first line is a header where its names read like values; "" where they read like names, or are no line.

    Months from 1 to 12 over counts and App over App and nothing are names, so that values alone are no proof.

    Raises
    ------
    ContractError
        If it is a customer for sure, an e-mail address above e-mail addresses: he would stand in the draft by name.
    """
    if source.receipt.get("format") not in (TEXT, WORKBOOK):
        return ""
    addresses = [name for name in frame.columns if re.search(_ADDRESS, name)]
    if any(bare_texts(frame[name]).str.contains(_ADDRESS).any() for name in addresses):
        raise ContractError(
            f"The first line of '{source.name}' is a customer: it has an e-mail address above e-mail addresses.",
            expected="the names of the columns in the first line",
            fix=NAME_THE_HEADER,
        )
    if addresses or _again_below(frame) > 1:
        return f"names of columns read like values; {_ASKED}"
    most = 2 * len(values_among(frame.columns)) > frame.width
    return f"most names of columns read like values; {_ASKED}" if most else ""


def _again_below(frame: pl.DataFrame) -> int:
    """Count the names that stand in their own column too, but where a row repeats the whole header."""
    same = pl.DataFrame([(bare_texts(column) == column.name).fill_null(False) for column in frame.iter_columns()])
    alone = same.filter(~pl.all_horizontal(pl.all()))
    return sum(column.any() for column in alone.iter_columns())
