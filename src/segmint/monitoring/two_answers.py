"""Customers who said yes in one result and no in another: they count as yes, are counted, and asked about where they are many."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from segmint.monitoring.codes import ANSWERS
from segmint.wording import counted, percent, some_of

_MANY, _MANY_SHARE = 10, 0.05


def said_yes(meaning: pl.Expr) -> pl.Expr:
    """Read meanings as answers: true, false, or null where nobody has answered."""
    return meaning.replace_strict(ANSWERS, default=None, return_dtype=pl.Boolean)


def answers_in(meaning: pl.Expr) -> dict[str, pl.Expr]:
    """Count the answers of one customer, and say whether they differ: the columns that `TwoAnswers.of` reads."""
    said = said_yes(meaning)
    return {"answers": said.count(), "two_answers": said.any() & ~said.all()}


class TwoAnswers(NamedTuple):
    """How many customers answered, by how many results, and how many of them said both yes and no."""

    customers: int
    results: int
    both: int

    @classmethod
    def of(cls, customers: pl.DataFrame) -> TwoAnswers:
        """Count; one row per customer, with the columns of `answers_in`."""
        answered = customers.filter(pl.col("answers") > 0)
        return cls(answered.height, int(answered["answers"].sum()), int(answered["two_answers"].sum()))

    @property
    def sentence(self) -> str:
        """Say how many results stand for how many customers, and how many of those said both; "" where each has one."""
        if self.results == self.customers:
            return ""
        stand = f"{self.results:,} answers stand for {counted(self.customers, 'customer')}"
        if not self.both:
            return f"{stand}; none of them said both yes and no."
        return f"{stand}; {self.both:,} of them said both yes and no, which counts as a yes."

    @property
    def caution(self) -> str:
        """Ask whether the answers are right where many said both; "" where few did."""
        if self.both < _MANY or self.both <= _MANY_SHARE * self.customers:
            return ""
        return (
            f"{some_of(self.both, self.customers, 'customers with an answer', 'said', 'said')} both yes and no "
            f"({percent(self.both / self.customers, 0)}), and all of them count as yes: are the results of one campaign, and the "
            "meanings of the codes right?"
        )
