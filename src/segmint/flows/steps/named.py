"""How a customer is named: by the id of the table, or by the number of the record."""

from __future__ import annotations

import polars as pl

from segmint.contract.ids import bare_ids
from segmint.contract.valid_table import ValidTable
from segmint.targeting.suppress import UNNAMED


def customer_ids(table: ValidTable) -> pl.Series:
    """Return each customer's id as joins compare it, null for who has none; the record where the contract has no ids."""
    ids = pl.Series(table.records).cast(pl.String) if table.ids is None else bare_ids(table.ids)
    return ids.alias("customer")


def customers_of(table: ValidTable) -> pl.Series:
    """Name each customer: by id, or by record where the contract has no ids or the customer has none."""
    ids = customer_ids(table)
    return ids.zip_with(ids.is_not_null(), UNNAMED + pl.Series(table.records).cast(pl.String))


def named_by_record(table: ValidTable) -> str:
    """Say that customers are named by the number of their record although the table has ids; "" where they are not."""
    name = table.unread_ids
    if name is None:
        return ""
    return (
        f"'{name}' looks like the ids of customers, and the contract '{table.contract.name}' has no id column: every customer "
        f"is named by the number of the record in the table, not by '{name}'; to use the ids, add the column to the contract "
        'with role = "id" and train again'
    )
