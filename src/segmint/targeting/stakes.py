"""What is at stake in calling each customer: what the calls cost, what a yes brings, and whether anybody answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.errors import PolicyError
from segmint.targeting.policy import ContactPolicy
from segmint.wording import Said, Term

DIGITS = 6  # money and probability closer than 1e-6 are equal: two machines must produce the same list


@dataclass(frozen=True)
class Stakes:
    """What is at stake in calling each customer.

    Attributes
    ----------
    value : ndarray of shape (n_customers,)
        Of a yes, account currency; NaN where not known.
    cost : ndarray of shape (n_customers,)
        Of all calls to a customer who is listed, account currency; NaN where not known.
    calls : ndarray of shape (n_customers,)
        Dialled for a customer who is listed, on average; no more than the customer may still get.
    reach : ndarray of shape (n_customers,)
        Chance that a customer who is listed is reached.
    """

    value: Floats
    cost: Floats
    calls: Floats
    reach: Floats

    @classmethod
    def of(cls, policy: ContactPolicy, columns: pl.DataFrame, spent: pl.Series | None = None) -> Stakes:
        """Read the economics of a policy for the customers of a table.

        Parameters
        ----------
        policy : ContactPolicy
        columns : polars.DataFrame of n_customers rows
            With the columns of money that the policy names.
        spent : polars.Series of Int64, shape (n_customers,), optional
            Calls already made to each in this campaign.

        Raises
        ------
        PolicyError
            If a column is missing or holds no numbers.
        """
        economics = policy.economics
        calls = policy.calls_each(policy.attempts_left(columns.height, spent))
        return cls(
            value=amounts(economics.value_per_success, columns, below_zero=True),
            cost=amounts(economics.cost_per_call, columns) * calls,
            calls=calls,
            reach=policy.reached_by(calls),
        )

    @property
    def known(self) -> NDArray[np.bool_]:
        """For whom both amounts are known."""
        return np.isfinite(self.value) & np.isfinite(self.cost)

    def profit(self, propensity: Floats) -> Floats:
        """Expect what calling each customer brings; `propensity` is that of a customer who is reached."""
        expected: Floats = np.round(propensity * self.reach * self.value - self.cost, DIGITS) + 0.0
        return expected


def amounts(setting: float | str, columns: pl.DataFrame, *, below_zero: bool = False) -> Floats:
    """Money per customer: one number for all, or the column that the policy names; NaN where not known.

    Parameters
    ----------
    setting : float or str
        `economics.cost_per_call` or `economics.value_per_success`.
    columns : polars.DataFrame of n_customers rows
    below_zero : bool
        Whether an amount below 0 is one; see `known_amounts`.

    Returns
    -------
    ndarray of shape (n_customers,), account currency

    Raises
    ------
    PolicyError
        If the column is missing or holds no numbers.
    """
    if not isinstance(setting, str):
        return np.broadcast_to(np.float64(setting), (columns.height,))
    if setting not in columns.columns:
        raise PolicyError(
            f"The policy takes money from a column '{setting}' that the table does not have.",
            expected="the name of a number column, or an amount",
            fix=Said("correct ", Term("economics.cost_per_call"), " or ", Term("economics.value_per_success")),
        )
    numbers = known_amounts(columns[setting], below_zero=below_zero)
    if columns.height and np.isnan(numbers).all():
        raise PolicyError(
            f"The column '{setting}' holds no amounts of money.",
            expected=f"numbers in account currency{'' if below_zero else ', 0 or more'}",
            fix=Said("correct ", Term("economics.cost_per_call"), " or ", Term("economics.value_per_success")),
        )
    return numbers


def known_amounts(column: pl.Series, *, below_zero: bool) -> Floats:
    """Read what a call costs or a yes brings; no number, infinity and a cost below 0 are not known: NaN.

    A yes may bring less than nothing (`below_zero`): such a customer is known to be worth no call.
    """
    numbers = column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(numbers) & (below_zero | (numbers >= 0)), numbers, np.nan)
