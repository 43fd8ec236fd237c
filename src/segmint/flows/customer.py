"""One customer, asked about: from a table by id, or typed into a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.flows.candidates import segment_names
from segmint.flows.explain import about_customer, one_customer
from segmint.segments.assign import assign_segments
from segmint.store.bundle import Bundle
from segmint.tables.source import open_table


def look_up(table: ValidTable, customer: str, bundle: Bundle) -> dict[str, Any]:
    """Say of one customer of a table what is predicted, why, what would change it, and which segment it is.

    Raises
    ------
    InputError
        If there is no such customer.
    """
    return told(one_customer(table, customer), bundle)


def try_out(typed: Mapping[str, str], bundle: Bundle) -> dict[str, Any]:
    """Say the same of a customer who was typed into a form: texts by column, empty for no value.

    Raises
    ------
    ContractError
        If a text cannot be what its column holds.
    """
    # an id nobody gave: the contract asks for the column, and nothing depends on it
    given = {bundle.contract.id_column: "1"} | dict(typed)
    outcome = bundle.contract.outcome.column
    row = {column.name: given.get(column.name, "") for column in bundle.contract.columns if column.name != outcome}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    return told(validate(open_table(frame), bundle.contract, purpose="predict", at=bundle.at, max_rejected=0.0), bundle)


def told(table: ValidTable, bundle: Bundle) -> dict[str, Any]:
    """What there is to say of the one customer in `table`."""
    _, summary = about_customer(table, bundle)
    names, known = segment_names(bundle), bundle.segments
    segment = ""
    if names and known is not None:
        labels, _ = assign_segments(known["state"], table.frame)
        segment = names[int(labels[0])]
    return {**summary, "segment": segment, "flags": table.flags[0], "values": _values(table)}


def _values(table: ValidTable) -> dict[str, Any]:
    """What the table says of the customer, column by column as it came."""
    return table.raw.row(0, named=True)
