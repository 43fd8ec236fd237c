"""Today's rule of the bank, as a backtest replays it: a column, or a condition on columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.valid_table import ValidTable
from segmint.contract.yes_no import NO, YES, bare_words
from segmint.errors import ConfigError


def rule_of(text: str, table: ValidTable) -> Callable[[pl.DataFrame], Any]:
    """Read today's rule: a column (yes, true or a number other than 0 means call) or a condition on columns.

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
            yes = column != 0 if column.dtype.is_numeric() else bare_words(column).is_in(YES)
        else:
            yes = customers.select(pl.sql_expr(text).alias("called"))["called"]
        if yes.dtype != pl.Boolean or len(yes) != customers.height:
            raise TypeError("the rule does not say yes or no for each customer")
        return yes.fill_null(False).to_numpy()

    try:
        choose_by_rule(known.head(20))
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise ConfigError(
            f"The rule '{text}' cannot be used.",
            expected=f"a column, or a condition such as age >= 60, on: {', '.join(known.columns)}",
            fix="correct backtest.rule; columns known only later than --at cannot be used",
        ) from error
    return choose_by_rule


def _require_yes_or_no(text: str, known: pl.DataFrame) -> None:
    """Refuse a column of other words as a rule: it would call nobody."""
    if text not in known.columns or known[text].dtype != pl.String:
        return
    words = bare_words(known[text].drop_nulls()).unique()
    if strange := int((~words.is_in([*YES, *NO])).sum()):
        raise ConfigError(
            f"The rule names the column '{text}', of whose {len(words):,} words {strange:,} mean neither yes nor no.",
            expected=f"a column of yes and no ({', '.join((*YES[:6], '…'))} and {', '.join((*NO[:6], '…'))}), or of numbers; or a condition on columns",
            fix=f"write a condition, such as: {text} = 'WORD'",
        )
