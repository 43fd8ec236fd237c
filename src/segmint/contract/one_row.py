"""One customer as a dict, held against the contract in microseconds: what `validate` says of a table of one row."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from segmint.contract.cells import (
    EMPTY_CELL,
    GROUPED,
    LARGEST,
    NUMBER,
    but_for_capitals,
    cell_texts,
    infinities,
    missing_codes,
    plainly,
    read_cells,
    spellings,
)
from segmint.contract.column import Column, Known
from segmint.contract.column_match import match_columns
from segmint.contract.contract import Contract
from segmint.contract.validate import DETAILS, FLAG_WORDS
from segmint.errors import DataError
from segmint.tables.amounts import bare_amount

_NUMBER, _GROUPED = re.compile(NUMBER), re.compile(GROUPED)
# Unicode's White_Space, which is not quite what `str.strip` takes away.
_WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

ReadCell = Callable[[Any], tuple[Any, str | None]]


class Customer(NamedTuple):
    """One customer who met the contract.

    Attributes
    ----------
    values : dict
        Numbers as floats, categories and texts as str, by column; None means no value.
    flags : str
        What is unusual: "job: unseen level; age: out of range", "" if nothing. Never a value.
    """

    values: dict[str, Any]
    flags: str


class UnreadableCellError(DataError):
    """A cell that cannot be read; `code` says why, as `Reject.reason` does."""

    def __init__(self, column: str, code: str) -> None:
        self.code = code
        super().__init__(
            f"'{column}' {DETAILS[code]}.",
            expected="a value that the contract can read",
            fix="correct the value, or leave it empty if nobody knows it",
        )


class OneRow:
    """The door for one customer at a time.

    `read` says exactly what ``validate(..., purpose="predict")`` says of a frame of one row, but that the id may lack; the
    batch stays the truth and a test holds the two against each other.

    Parameters
    ----------
    contract : Contract
    at : {"planning", "dialling", "after_call"}
    """

    def __init__(self, contract: Contract, at: Known) -> None:
        self.contract, self.at = contract, at
        columns = [column for column in contract.columns if column.role != "ignore" and column.known_by(at)]
        self._cells = [(column.name, _reader(column, contract.missing_tokens(column))) for column in columns]
        self._states = [column for column in columns if any(state.when for state in column.states)]
        self._unusual = [(column.name, check) for column in columns if (check := _check(column)) is not None]
        self._required = frozenset(column.name for column in columns if column.is_feature)

    def read(self, row: Mapping[str, Any]) -> Customer:
        """Read one customer.

        Parameters
        ----------
        row : mapping of str to text, number, truth value or None
            By column name; columns that the contract does not know are not looked at.

        Raises
        ------
        ContractError
            If a feature known by `at` is missing; it shows the difference.
        UnreadableCellError
            If a cell cannot be read: the column and the reason, never the value.
        """
        if not self._required <= row.keys():
            match_columns(
                tuple(row), self.contract, table="the customer", purpose="predict", at=self.at, needs_id=False
            )
        values: dict[str, Any] = {}
        for name, read in self._cells:
            if name in row:
                values[name], problem = read(row[name])
                if problem is not None:
                    raise UnreadableCellError(name, problem)
        for column in self._states:
            if column.name in values:
                values[column.name] = _with_states(column, values)
        flags = [f"{name}: {words}" for name, check in self._unusual if (words := check(values.get(name)))]
        return Customer(values, "; ".join(flags))


def _reader(column: Column, missing: tuple[str, ...]) -> ReadCell:
    tokens = frozenset(missing)
    if column.kind == "number":
        codes = frozenset(missing_codes(missing, "point"))
        infinite = frozenset(infinities(missing))
        return lambda raw: _number(raw, tokens, codes, infinite, column.unit)
    if column.kind == "date":
        return lambda raw: _slowly(column, raw, missing)
    strip = column.kind == "category"
    levels = frozenset(column.allowed) if strip else frozenset()
    meant = spellings(column.allowed) if levels else {}

    def read(raw: Any) -> tuple[Any, str | None]:
        text = raw if isinstance(raw, str) else cell_texts([raw], column.name)[0]
        if text is None:
            return None, None
        bare = text.strip(_WHITE)
        if bare in tokens:
            return None, None
        if levels and bare not in levels:
            bare = meant.get(plainly(bare), bare)
        return (bare if strip else text), None

    return read


def _number(
    raw: Any, missing: frozenset[str], codes: frozenset[float], infinite: frozenset[float], unit: str
) -> tuple[float | None, str | None]:
    if raw is None:
        return None, None
    if isinstance(raw, str):
        text = raw.strip(_WHITE)
        if text in missing:
            return None, None
        bare = _bare(text, unit)
        if bare is None:
            return None, "not_a_number" if text else EMPTY_CELL
        value = float(bare)
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        try:
            value = float(raw)
        except OverflowError:
            return None, "not_finite"
        if value != value or value in infinite:
            return None, None
    else:
        return None, "not_a_number"
    if value in codes:
        return None, None
    return (None, problem) if (problem := _too_large(value)) else (value + 0.0, None)  # -0.0 becomes 0.0


def _bare(text: str, unit: str) -> str | None:
    """Write a number without its unit and without commas between thousands; None if it is none."""
    if not _NUMBER.fullmatch(text):
        text = bare_amount(text, unit)
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    return text if _NUMBER.fullmatch(text) else None


def _too_large(value: float) -> str | None:
    if abs(value) <= LARGEST:
        return None
    return "not_finite" if math.isinf(value) else "too_large"


def _slowly(column: Column, raw: Any, missing: tuple[str, ...]) -> tuple[Any, str | None]:
    """Read a rare kind of cell as a column of one."""
    cells = read_cells(column, cell_texts([raw], column.name), missing, "point")
    return cells.values[0], cells.problem[0]


def _with_states(column: Column, values: Mapping[str, Any]) -> float | None:
    """Tell apart what the table writes with one code."""
    read: float | None = values[column.name]
    value = read
    for state in column.states:
        if state.when and state.when.column in values and read is not None and read == state.written:
            other = values[state.when.column]
            if other is not None and other > state.when.above:
                value = state.value
    return value


def _unknown(value: str, levels: Sequence[str]) -> str:
    return FLAG_WORDS["other_capitals" if but_for_capitals(value, levels) else "unknown_level"]


def _check(column: Column) -> Callable[[Any], str] | None:
    """Make what names the unexpected in a value; None where anything is expected."""
    if column.kind == "category" and column.allowed:
        allowed = frozenset(column.allowed)
        return lambda value: "" if value is None or value in allowed else _unknown(value, column.allowed)
    low, high = column.bounds
    if column.kind != "number" or (low is None and high is None):
        return None
    least, most = -math.inf if low is None else low, math.inf if high is None else high
    states, outside = frozenset(column.codes), FLAG_WORDS["out_of_bounds"]
    return lambda value: "" if value is None or least <= value <= most or value in states else outside
