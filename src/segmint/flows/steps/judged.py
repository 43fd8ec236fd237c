"""How well predictions did in a table that holds outcomes: of whom that can be said, and what it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.contract.treatment import nobody_called
from segmint.contract.valid_table import ValidTable
from segmint.metrics.streamed import StreamedQuality
from segmint.store.bundle import Bundle
from segmint.tables.table_source import JSON
from segmint.wording import listed, some_named

_NAMED = 8


@dataclass(frozen=True)
class Outcomes:
    """What became of the outcomes of a table that was predicted.

    Attributes
    ----------
    column : str
        The column that holds them; "" where the table has none.
    levels : tuple of str
        Those of the contract.
    judged : int
        Rows that say how well the network did.
    left_alone : int
        Rows with an outcome of customers whom nobody called: what they did says nothing of a call.
    missing, unknown : int
        Rows whose outcome is empty, and rows where something else than an outcome of the contract stands.
    """

    column: str = ""
    levels: tuple[str, ...] = ()
    judged: int = 0
    left_alone: int = 0
    missing: int = 0
    unknown: int = 0

    @property
    def sentence(self) -> str:
        """Say who was left out and why, or why nobody could be judged; "" where there is nothing to say."""
        filled, rows = self.left_alone + self.unknown, self.judged + self.left_alone + self.missing + self.unknown
        if self.judged:
            left = ", ".join(self._left_out)
            return f"judged by {self.judged:,} of {rows:,} rows; left out: {left}" if left else ""
        if self.unknown:
            return (
                f"warning: how well cannot be said: '{self.column}' is filled in {filled:,} of {rows:,} rows, and "
                f"{'none of a called customer' if self.left_alone else 'none'} can be read. Write its outcomes as the contract "
                f"does: {self._as_written}"
            )
        return "how well cannot be said: nobody called the customers whose outcome is known" if filled else ""

    def to_json(self) -> dict[str, JSON]:
        """Return the counts and the sentence."""
        counts = ("judged", "left_alone", "missing", "unknown")
        return {**{name: getattr(self, name) for name in counts}, "sentence": self.sentence}

    @property
    def _left_out(self) -> list[str]:
        why = {
            f"whose '{self.column}' is empty": self.missing,
            f"whose '{self.column}' is none of {self._as_written}": self.unknown,
            "whom nobody called": self.left_alone,
        }
        return [f"{count:,} {words}" for words, count in why.items() if count]

    @property
    def _as_written(self) -> str:
        many = len(self.levels) > _NAMED
        return some_named(self.levels, _NAMED) if many else listed([f"'{level}'" for level in self.levels], last="or")


class Judging:
    """Holds predictions against outcomes, batch after batch, as far as these can be read."""

    def __init__(self, bundle: Bundle) -> None:
        outcome = bundle.contract.outcome
        # A segment that nobody was in at training can be a customer's all the same; the network is then wrong.
        names = bundle.classes if outcome.positive is not None else outcome.levels
        self.quality = StreamedQuality(names, outcome.positive)
        self.outcomes = Outcomes(levels=outcome.levels)

    def add(self, table: ValidTable, said: NDArray[np.str_], likely: Floats) -> None:
        """Judge one batch by the customers whose outcome is known and, of a response, who were called."""
        problems, outcome = table.outcome_problems, table.contract.outcome.column
        if problems is None:
            return
        read = problems.is_null()
        called = read & ~nobody_called(table.raw, table.contract)
        why, so_far = Counter(problems.drop_nulls()), self.outcomes
        self.outcomes = replace(
            so_far,
            column=outcome,
            judged=so_far.judged + int(called.sum()),
            left_alone=so_far.left_alone + int((read & ~called).sum()),
            missing=so_far.missing + why["missing_outcome"],
            unknown=so_far.unknown + why["unknown_outcome"],
        )
        rows = called.to_numpy()
        self.quality.add(table.frame[outcome].filter(called).to_numpy().astype(str), said[rows], likely[rows])
