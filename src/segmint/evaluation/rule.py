"""Today's rule of the bank, as a backtest replays it: a column, or a condition on columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.valid_table import ValidTable
from segmint.contract.yes_no import MARKS, NO, YES, bare_words
from segmint.errors import ConfigError
from segmint.wording import counted, did_you_mean, listed


def rule_of(text: str, table: ValidTable) -> Callable[[pl.DataFrame], Any]:
    """Read today's rule: a column (yes, true, a mark such as x, or a number other than 0 means call) or a condition on columns.

    Raises
    ------
    ConfigError
        If it names a column that is not known when the call is decided, or is no condition.
    """
    known = table.inputs
    _require_yes_or_no(text, known)

    def choose_by_rule(customers: pl.DataFrame) -> NDArray[np.bool_]:
        if text in customers.columns:
            column = customers[text]
            yes = column != 0 if column.dtype.is_numeric() else bare_words(column).is_in([*YES, *MARKS])
        else:
            yes = customers.select(pl.sql_expr(text).alias("called"))["called"]
        if yes.dtype != pl.Boolean or len(yes) != customers.height:
            raise TypeError("the rule does not say yes or no for each customer")
        return yes.fill_null(False).to_numpy()

    try:
        anybody = choose_by_rule(known).any()
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise ConfigError(
            f"The rule '{text}' cannot be used: {_reason(text, table, error)}.",
            expected=f"a column, or a condition such as age >= 60, on: {', '.join(known.columns)}",
            fix="correct backtest.rule (--rule)",
        ) from error
    if not anybody:
        raise ConfigError(
            f"The rule '{text}' names none of the {counted(known.height, 'customer')}.",
            expected=f"a rule that names some{_what_stands_in(_columns_in(text, table), table)}",
            fix="correct backtest.rule (--rule)",
        )
    return choose_by_rule


def _columns_in(text: str, table: ValidTable) -> list[str]:
    if text in table.inputs.columns:
        return [text]
    return list(dict.fromkeys(pl.sql_expr(text).meta.root_names()))


def _reason(text: str, table: ValidTable, error: Exception) -> str:
    """Say why a rule cannot be used."""
    try:
        names = _columns_in(text, table)
    except pl.exceptions.PolarsError:
        return "it is not complete, or not written as SQL writes a condition"
    inputs = {column.name for column in table.features}
    if strangers := [name for name in names if name not in inputs]:
        return _why_no_input(strangers[0], table) + ("; words stand in single quotes" if '"' in text else "")
    if isinstance(error, TypeError):
        return "it does not say yes or no for each customer"
    return f"it compares what is not alike{_what_stands_in(names, table)}"


def _why_no_input(name: str, table: ValidTable) -> str:
    if name == table.contract.outcome.column:
        return f"'{name}' is the outcome"
    column = table.contract.by_name.get(name)
    if column is None:
        meant = did_you_mean(name, table.inputs.columns)
        return f"there is no column '{name}' among the inputs{f' ({meant})' if meant else ''}"
    if not column.known_by(table.at):
        return f"'{name}' is known only later than --at {table.at}"
    return f"'{name}' is no input of a rule, as its role is {column.role}"


def _what_stands_in(names: Sequence[str], table: ValidTable) -> str:
    """Say what each column holds, of categories the levels of the contract; "" of no column."""
    known = table.contract.by_name
    told = [f"'{name}' holds {_held(known[name])}" for name in names if name in known]
    return f": {listed(told)}" if told else ""


def _held(column: Column) -> str:
    if column.kind == "number":
        return "numbers"
    return f"words ({', '.join(column.allowed)})" if column.allowed else "words"


def _require_yes_or_no(text: str, known: pl.DataFrame) -> None:
    """Refuse a column of other words as a rule: it would call nobody."""
    if text not in known.columns or known[text].dtype != pl.String:
        return
    words = bare_words(known[text].drop_nulls()).unique()
    if strange := int((~words.is_in([*YES, *MARKS, *NO])).sum()):
        raise ConfigError(
            f"The rule names the column '{text}', of whose {len(words):,} words {strange:,} mean neither yes nor no.",
            expected=f"a column of yes and no ({', '.join((*YES[:6], '…'))} and {', '.join((*NO[:6], '…'))}), of marks ({', '.join(MARKS[:2])}), or of numbers; or a condition on columns",
            fix=f"write a condition, such as: {_as_sql_names(text)} = 'WORD'",
        )


def _as_sql_names(column: str) -> str:
    """Write a column's name as a condition names it: in double quotes unless it is one plain word."""
    return column if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column) else '"' + column.replace('"', '""') + '"'
