"""One customer, asked about: from a table by id, or typed into a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from segmint.contract.cells import read_cells
from segmint.contract.column import Column
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import DETAILS
from segmint.errors import DataError, InputError
from segmint.flows.explain import about_customer, one_customer
from segmint.flows.serve import may_be_either
from segmint.flows.steps.bundle import chosen_without_in, segments_in
from segmint.flows.steps.read import typed_rows
from segmint.store.bundle import Bundle
from segmint.wording import capital

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_TWO_WAYS = "can be read in two ways: write 1234 for thousands, and 1.2340 for a fraction"


class TypedError(DataError):
    """What was typed cannot be read.

    Attributes
    ----------
    wrong : dict of str to str
        What is wrong, by column: "is not a number".
    """

    def __init__(self, wrong: Mapping[str, str], labels: Mapping[str, str]) -> None:
        super().__init__(
            " ".join(f"{capital(labels[name])} {words}." for name, words in wrong.items()),
            expected="a number such as 1500 or 4.50",
            fix="correct it, or leave it empty if nobody knows it",
        )
        self.wrong = dict(wrong)


def look_up(table: ValidTable, customer: str, bundle: Bundle) -> dict[str, Any]:
    """Say of one customer of a table what is predicted, why, what would change it, and which segment it is.

    Raises
    ------
    InputError
        If there is no such customer.
    """
    try:
        return told(one_customer(table, customer), bundle)
    except InputError as error:  # a page has no run in whose folder rejected rows could be looked up
        fix = "check the id; a row that could not be read is no customer"
        raise InputError(error.came, expected=error.expected, fix=fix) from error


def try_out(typed: Mapping[str, str], bundle: Bundle) -> dict[str, Any]:
    """Say the same of a customer who was typed into a form: texts by column, empty for no value.

    Raises
    ------
    TypedError
        If a text cannot be what its column holds; it names every such column.
    """
    typed = {name: text.strip() for name, text in typed.items()}
    columns = [column for column in bundle.contract.features(bundle.at) if typed.get(column.name)]
    wrong = {column.name: words for column in columns if (words := _wrong(column, typed[column.name], bundle))}
    if wrong:
        raise TypedError(wrong, {name: column.label for name, column in bundle.contract.by_name.items()})
    typed |= {column.name: _as_number(typed[column.name]) for column in columns if column.kind == "number"}
    # an id nobody gave: the contract asks for the column, and nothing depends on it
    given = {bundle.contract.id_column: "1"} | dict(typed)
    outcome = bundle.contract.outcome.column
    row = {column.name: given.get(column.name, "") for column in bundle.contract.columns if column.name != outcome}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    return told(typed_rows(frame, bundle.contract, bundle.at), bundle)


def _wrong(column: Column, text: str, bundle: Bundle) -> str:
    """Say why a text cannot be read, if it cannot."""
    if column.kind == "number" and may_be_either(text, bundle.contract.missing_tokens(column), column.unit):
        return _TWO_WAYS
    text = _as_number(text) if column.kind == "number" else text
    cells = read_cells(column, pl.Series([text], dtype=pl.String), bundle.contract.missing_tokens(column), "point")
    return DETAILS[cells.problem[0]] if cells.problem[0] else ""


def _as_number(text: str) -> str:
    """Write a number as programs do: with a point, and the minus of a keyboard."""
    plain = text.replace("\u2212", "-")
    return plain.replace(",", ".") if _DECIMAL_COMMA.fullmatch(plain) else plain


def told(table: ValidTable, bundle: Bundle) -> dict[str, Any]:
    """What there is to say of the one customer in `table`."""
    _, summary = about_customer(table, bundle)
    segments = segments_in(bundle, table.frame)
    segment = "" if segments is None else segments[0]
    without = chosen_without_in(bundle, table.frame)
    labels = [bundle.contract.by_name[name].label for name in without]
    return {**summary, "segment": segment, "segment_without": labels, "flags": table.flags[0], "values": _values(table)}


def _values(table: ValidTable) -> dict[str, Any]:
    """What the table says of the customer, column by column as it came; neither what the contract ignores nor what it does not know."""
    shown = {column.name for column in table.contract.columns if column.role != "ignore"} | {
        table.contract.outcome.column
    }
    return {name: value for name, value in table.raw.row(0, named=True).items() if name in shown}
