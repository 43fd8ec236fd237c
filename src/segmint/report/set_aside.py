"""Which columns of a table are no features, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmint.contract.column import FEATURE_ROLES, ROLES, Column, Known
from segmint.contract.contract import Contract

MOMENTS = {
    "planning": "when the list is made",
    "dialling": "when the call is placed",
    "after_call": "only after the call",
}


def columns_set_aside(contract: Contract | None, at: Known, receipt: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name the columns of a table that are no features, each with the reason.

    Parameters
    ----------
    contract : Contract or None
    at : {"planning", "dialling", "after_call"}
        The moment for which the table was read.
    receipt : mapping
        How the table was read, from its ledger.
    """
    late = [(str(entry["column"]), str(entry["known"])) for entry in receipt.get("set_aside") or ()]
    if not late and contract is not None:
        late = [(column.name, column.known) for column in contract.set_aside(at)]
    strangers = [(str(name), "not in the contract") for name in receipt.get("not_in_contract") or ()]
    told = {name for name, _ in late} | {str(name) for name in receipt.get("absent") or ()}
    columns = () if contract is None else contract.columns
    others = [(column.name, _role(column)) for column in columns if not column.is_feature and column.name not in told]
    return [(name, f"known {MOMENTS.get(known, known)}") for name, known in late] + others + strangers


def _role(column: Column) -> str:
    """Say what the contract has a column for that is no feature."""
    if column.role == "ignore":
        return f"ignored: {column.note}" if column.note else "the contract says ignore"
    why = f"a {column.kind}; never a feature" if column.role in FEATURE_ROLES else ROLES[column.role]
    return f"{why}; {column.note}" if column.note else why
