"""What would change a prediction: the few changes, of columns that can change at all, that move it most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.explain.importance import Point, set_to, values_of
from segmint.explain.words import CHANGE, SMALLEST, Cell, Wording
from segmint.models.predict import Predictor
from segmint.wording import percent

CHANGEABLE_ROLES = frozenset({"holding", "interest"})
STEPS = 3


@dataclass(frozen=True)
class Change:
    """One change, on top of those before it.

    Attributes
    ----------
    column, label : str
    now, then : str
        The value as it is and as it would be, in words.
    before, after : float
        The probability without and with the change.
    """

    column: str
    label: str
    now: str
    then: str
    before: float
    after: float

    def sentence(self) -> str:
        """Say the change: "balance: 5,000 instead of 200 takes the chance from 4.1 % to 7.9 %"."""
        return CHANGE.format(
            label=self.label, then=self.then, now=self.now, before=percent(self.before),
            after=percent(self.after),
        )  # fmt: skip


def changeable_columns(contract: Contract) -> tuple[str, ...]:
    """Columns that a customer or the bank can change: what the contract says, else holdings and interests that are not sensitive."""
    return tuple(
        column.name
        for column in contract.columns
        if (_usually_changeable(column) if column.changeable is None else column.changeable)
    )


def _usually_changeable(column: Column) -> bool:
    return column.role in CHANGEABLE_ROLES and not column.sensitive


def what_would_change(
    predictor: Predictor,
    customer: pl.DataFrame,
    contract: Contract,
    reference: Mapping[str, Any],
    *,
    target: str,
) -> tuple[Change, ...]:
    """Find, one after the other, the single changes that raise a customer's probability most.

    A greedy counterfactual (in the sense of Wachter, Mittelstadt and Russell 2018) over values that many customers
    have. It says what the network would predict of such a customer, not what the change would cause.

    Parameters
    ----------
    predictor : Predictor
    customer : polars.DataFrame of shape (1, n_columns)
    contract : Contract
    reference : dict
        Its edges between twentieths, at most ten of them, and levels are the values that a column may take.
    target : str
        The class whose probability is to rise.

    Returns
    -------
    tuple of Change
        At most three, the strongest first, each of another of the `changeable_columns`; empty if nothing helps.

    References
    ----------
    Wachter, Mittelstadt, Russell 2018, "Counterfactual explanations without opening the black box", Harvard Journal
    of Law & Technology 31(2).
    """
    if customer.height != 1:
        raise ValueError(f"customer must be 1 row. Got {customer.height} instead.")
    wording, place = Wording.of(contract, reference), predictor.classes.index(target)
    open_columns = {
        name: values_of(wording.reference[name]) for name in changeable_columns(contract) if name in wording.reference
    }
    found: list[Change] = []
    before = float(predictor.probabilities(customer)[0, place])
    while open_columns and len(found) < STEPS:
        options = list(_options(customer, open_columns))
        if not options:
            break
        likely = predictor.probabilities(pl.concat([changed for _, _, changed in options]))[:, place]
        best = int(likely.argmax())
        name, cell, changed = options[best]
        after = float(likely[best])
        if after - before < SMALLEST:
            break
        now, then = wording.value(name, customer[name][0]), wording.value(name, cell)
        found.append(Change(name, wording.columns[name].label, now, then, before, after))
        del open_columns[name]
        customer, before = changed, after
    return tuple(found)


def _options(customer: pl.DataFrame, columns: Mapping[str, list[Point]]) -> Iterator[tuple[str, Cell, pl.DataFrame]]:
    for name, points in columns.items():
        for point in points:
            if point.cell is not None and point.cell != customer[name][0]:  # nobody can become unknown
                yield name, point.cell, set_to(customer, name, point.cell)
