"""What a call costs and a yes brings, from the settings or from the columns of the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segmint.config import Config
from segmint.contract.column import Column, Role
from segmint.contract.valid_table import ValidTable
from segmint.errors import ConfigError
from segmint.segments.profile import CallMoney
from segmint.targeting.stakes import known_amounts
from segmint.wording import money, plain, some_of


def call_money(table: ValidTable, config: Config) -> CallMoney | None:
    """Return the money of a call: from the settings, or from the table's columns of cost and value; of segments none."""
    if _has_no_yes(table):
        return None
    economics = config.economics
    if economics is not None:
        sources = (economics.cost_per_call, economics.value_per_success)
        said = ("cost of a call", "value of a yes")
        cost, value = _amounts(table, sources[0]), _amounts(table, sources[1], below_zero=True)
        return CallMoney(
            cost,
            value,
            economics.currency,
            economics.calls_per_customer,
            "Profits are reckoned with "
            + " and ".join(
                f"the column '{source}' as the {what}"
                if isinstance(source, str)
                else f"{money(source, economics.currency, 2)} as the {what}"
                for source, what in zip(sources, said, strict=True)
            )
            + _dialled(economics.calls_per_customer, config.policy.contact_rate)
            + _at_the_mean(table, *sources),
            economics.conversations(config.policy.contact_rate),
        )
    columns = _by_role(table)
    if "cost" not in columns or "value" not in columns:
        return None
    names = columns["cost"].name, columns["value"].name
    return CallMoney(
        _amounts(table, names[0]),
        _amounts(table, names[1], below_zero=True),
        source=f"Profits are reckoned with the table's columns '{columns['cost'].label}' and '{columns['value'].label}', "
        "in account currency" + _dialled(1.0, config.policy.contact_rate) + _at_the_mean(table, *names),
        conversations_per_customer=config.policy.contact_rate,  # of one call
    )


def _by_role(table: ValidTable) -> dict[Role, Column]:
    roles: tuple[Role, ...] = ("cost", "value")
    return {role: column for role in roles if (column := table.column_of(role)) is not None}


def _has_no_yes(table: ValidTable) -> bool:
    return table.contract.outcome.kind == "assignment"


def economics_in_vain(table: ValidTable, config: Config) -> str:
    """Say that the economics have no effect, where the outcome is a segment; "" where not."""
    return why_no_money(table, config) if _has_no_yes(table) and config.economics is not None else ""


def why_no_money(table: ValidTable, config: Config) -> str:
    """Say why no profit is reckoned though money is told of: nobody can say yes, or one of cost and value is missing; "" where not."""
    columns = _by_role(table)
    if _has_no_yes(table):
        return _no_yes(columns, config)
    if config.economics is not None or not table.has_outcome or ("cost" in columns) == ("value" in columns):
        return ""
    known, column = next((role, columns[role]) for role in ("value", "cost") if role in columns)
    has, lacks = ("a yes brings", "a call costs") if known == "value" else ("a call costs", "a yes brings")
    cost, value = (column.name, "AMOUNT") if known == "cost" else ("AMOUNT", column.name)
    return (
        f"The column '{column.label}' says what {has}, and nothing what {lacks}: no profit of calls is reckoned. "
        f"Set economics.cost_per_call={cost} and economics.value_per_success={value}."
    )


def _no_yes(columns: dict[Role, Column], config: Config) -> str:
    if config.economics is None and not {"cost", "value"} & set(columns):
        return ""
    in_vain = "" if config.economics is None else ": [economics] has no effect"
    bring = (
        f"What customers bring is read from the column '{columns['value'].label}'."
        if "value" in columns
        else 'To say what customers bring, give a column of the contract role = "value".'
    )
    return f"The outcome is a segment, so there is no yes and no profit of a call{in_vain}. {bring}"


def _dialled(calls_per_customer: float, contact_rate: float) -> str:
    """End the sentence, with how many calls a customer gets and how many of them reach, where it is not one that always does."""
    calls = f"; {plain(calls_per_customer)} calls for each customer" if calls_per_customer != 1 else ""
    reached = f"; {plain(100 * contact_rate)} % of all calls reach the customer" if contact_rate < 1 else ""
    return f"{calls}{reached}."


def _amounts(table: ValidTable, amount: float | str, *, below_zero: bool = False) -> float | NDArray[np.float64]:
    """One amount for everyone, or a column of amounts; who has none counts with the mean."""
    if not isinstance(amount, str):
        return float(amount)
    if amount not in (*table.frame.columns, *table.raw.columns):
        raise ConfigError(
            f"The economics name the column '{amount}', and the table has no such column.",
            expected=f"one of {', '.join(table.raw.columns)}",
            fix="name one of these, or write an amount of money",
        )
    numbers = known_amounts(table.numbers(amount).values, below_zero=below_zero)
    if np.isnan(numbers).all():
        raise ConfigError(
            f"The column '{amount}' holds no amount of money.",
            expected="a column of numbers",
            fix="name another column in the economics, or write an amount of money",
        )
    return np.where(np.isnan(numbers), np.nanmean(numbers), numbers)


def _at_the_mean(table: ValidTable, cost: float | str, value: float | str) -> str:
    """Say how many customers count with the mean, because a column says no amount for them."""
    lacking = {
        name: int(np.isnan(known_amounts(table.numbers(name).values, below_zero=below_zero)).sum())
        for name, below_zero in ((cost, False), (value, True))
        if isinstance(name, str)
    }
    return "".join(
        f" {some_of(count, len(table), 'customers', 'has', 'have')} no amount in '{name}' that can be read: counted with the mean."
        for name, count in lacking.items()
        if count
    )
