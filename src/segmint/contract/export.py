"""A contract as TOML text that `parse_contract` reads back as the same contract."""

from __future__ import annotations

from typing import Any

import tomlkit
from pydantic import BaseModel
from tomlkit.items import InlineTable, Table

from segmint.contract.column import Column
from segmint.contract.contract import Contract

_LONG = 1e15  # from here on people count noughts


def contract_to_toml(contract: Contract) -> str:
    """Write a contract as TOML; what equals the default is left out.

    Parameters
    ----------
    contract : Contract

    Returns
    -------
    str
        UTF-8 text; ``parse_contract(contract_to_toml(c), origin="") == c``.
    """
    document = tomlkit.document()
    for key, value in _settings(contract, skip=("outcome", "columns")).items():
        document[key] = value
    document["version"] = contract.version
    document["outcome"] = _table(_settings(contract.outcome))
    columns = tomlkit.table(is_super_table=True)
    for column in contract.columns:
        columns[column.name] = column_table(column)
    document["columns"] = columns
    return tomlkit.dumps(document)


def column_table(column: Column) -> Table:
    """Write one column as a TOML table."""
    return _table(_settings(column, skip=("name",)))


def _settings(model: BaseModel, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    raw = model.model_dump(exclude_defaults=True, exclude_none=True, exclude=set(skip))
    return {key: _plain(key, value) for key, value in raw.items()}


def _plain(key: str, value: Any) -> Any:
    if key == "bounds":
        return [_number(bound) for bound in value]
    if key == "states":
        states = tomlkit.array()
        states.extend(_inline({k: part for k, part in state.items() if part is not None}) for state in value)
        return states
    if isinstance(value, dict):
        return _inline(value)
    return list(value) if isinstance(value, tuple) else _number(value)


def _number(value: Any) -> Any:
    """Write 17.0 as 17 and 1e30 as it is; TOML has no null, so "no bound" is infinity, which `Column` reads as none."""
    if value is None:
        return float("inf")
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _LONG else value


def _inline(values: dict[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    for key, value in values.items():
        table[key] = _inline(value) if isinstance(value, dict) else _number(value)
    return table


def _table(values: dict[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = value
    return table
