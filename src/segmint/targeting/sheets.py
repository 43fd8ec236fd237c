"""The sheets of a workbook: one list, or one for each value of a column, under names that a spreadsheet takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from segmint.tables.formulas import guarded_text
from segmint.tables.write import SHEET_ROWS
from segmint.targeting.call_list import CallList

MOST_SHEETS = 100
WHOLE, OTHERS = "Call list", "Others"
LONGEST = 31  # UTF-16 units
_RESERVED = ("How to read", "What if", "History", OTHERS)
_ILLEGAL = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


def sheets_of(call_list: CallList, numbers: Mapping[str, str] | None = None) -> list[tuple[str, pl.DataFrame]]:
    """Deal the listed customers out to sheets, each to one, best first on each.

    The `MOST_SHEETS` most frequent values of `policy.sheet_by` have a sheet each, in the order of the alphabet, or of their
    `numbers`, with which the names of their sheets begin then. Who has none of them is on the sheet `OTHERS`.
    """
    values = _values(call_list)
    if values is None:
        return list(_in_sheets(WHOLE, call_list.listed))
    named = values_by_sheet(call_list, numbers)
    parts = [(name, call_list.listed.filter(values == value)) for name, value in named.items()]
    rest = call_list.listed.filter(~values.is_in(list(named.values())).fill_null(False))
    if rest.height:
        parts.append((OTHERS, rest))
    return [sheet for name, part in parts for sheet in _in_sheets(name, part)]


def values_by_sheet(call_list: CallList, numbers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Name the value of `policy.sheet_by` in full that each sheet is for; nothing for a list on one sheet."""
    values, numbers = _values(call_list), numbers or {}
    if values is None:
        return {}
    often = values.drop_nulls().value_counts().sort("count", "value", descending=[True, False]).head(MOST_SHEETS)
    place = {value: number for number, value in enumerate(numbers)}
    own = sorted(often["value"].to_list(), key=lambda value: (place.get(value, len(place)), value.casefold(), value))
    titles = [f"{numbers[value]} {value}" if value in numbers else value for value in own]
    return dict(zip(sheet_names(titles), own, strict=True))


def _values(call_list: CallList) -> pl.Series | None:
    """The value of each listed customer by which sheets are made; None where there is one sheet."""
    column = call_list.sheet_column
    if column is None or call_list.listed.is_empty():
        return None
    return call_list.listed[column].cast(pl.String).str.strip_chars().replace("", None).alias("value")


def sheet_names(values: Sequence[str]) -> list[str]:
    """Name a sheet after each value: no sign that is forbidden, no formula, no two alike, none longer than is allowed."""
    taken = {name.casefold() for name in _RESERVED}
    names: list[str] = []
    for value in values:
        bare = _ILLEGAL.sub(" ", value).strip(" '") or "-"
        safe = bare if guarded_text(bare) == bare else f"_{bare}"
        name, number = _cut(safe), 1
        while name.casefold() in taken:
            number += 1
            name = _cut(safe, f" ({number})")
        taken.add(name.casefold())
        names.append(name)
    return names


def _in_sheets(name: str, part: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Split what is longer than a sheet."""
    for start in range(0, max(part.height, 1), SHEET_ROWS):
        yield name if start == 0 else _cut(name, f" {start // SHEET_ROWS + 1}"), part.slice(start, SHEET_ROWS)


def _cut(text: str, ending: str = "") -> str:
    """Cut a name to what is allowed; as Excel counts, a sign outside of the basic plane is two."""
    room = 2 * (LONGEST - len(ending))
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").rstrip(" '") + ending
