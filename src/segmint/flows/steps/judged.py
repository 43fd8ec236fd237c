"""How well predictions did in a table that holds outcomes: of whom that can be said, and what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats, distinct
from segmint.contract.ids import bare_ids
from segmint.contract.treatment import nobody_called
from segmint.contract.valid_table import ValidTable
from segmint.features.edges import FEWEST_TOGETHER
from segmint.metrics.streamed import StreamedQuality
from segmint.store.bundle import Bundle
from segmint.tables.table_source import JSON
from segmint.wording import between, counted, listed, percent, percent_between, shorten, some_named

HEADLINE = ("f1", "weighted_f1", "roc_auc", "average_precision", "accuracy", "log_loss")
MOST_CLASSES = 12  # that a table on a terminal has room for
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


class Enough:
    """Whether ten customers were met, batch after batch: figures of fewer would tell of single ones."""

    def __init__(self) -> None:
        self._met: set[int] = set()

    def __bool__(self) -> bool:
        return len(self._met) >= FEWEST_TOGETHER

    def add(self, table: ValidTable, rows: NDArray[np.bool_] | None = None) -> None:
        """Meet the customers of a batch, or of some of its rows; without ids each row is a customer."""
        if not self:
            ids = pl.repeat(None, len(table), dtype=pl.String, eager=True) if table.ids is None else table.ids
            whose = _hashed(ids, table.records)
            self._met.update(distinct(whose if rows is None else whose[rows])[:FEWEST_TOGETHER].tolist())


class Judging:
    """Holds predictions against outcomes, batch after batch, as far as these can be read."""

    def __init__(self, bundle: Bundle) -> None:
        outcome = bundle.contract.outcome
        # A segment that nobody was in at training can be a customer's all the same; the network is then wrong.
        names = bundle.classes if outcome.positive is not None else outcome.levels
        self.quality = StreamedQuality(names, outcome.positive)
        self.outcomes = Outcomes(levels=outcome.levels)
        self.enough = Enough()

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
        self.enough.add(table, rows)
        customers = None if table.ids is None else _hashed(table.ids, table.records)[rows]
        truth = table.frame[outcome].filter(called).to_numpy().astype(str)
        self.quality.add(truth, said[rows], likely[rows], customers)


def figures_told(quality: Mapping[str, float]) -> str:
    """Write the headline figures, each with its interval: "F1 0.5200 (0.480 to 0.561), Accuracy 0.9000 (0.890 to 0.910)"."""
    from segmint.report.scores import metric_label

    return ", ".join(
        f"{metric_label(name)} {quality[name]:.4f}{_bracket(quality, name)}" for name in HEADLINE if name in quality
    )


def rates_told(quality: Mapping[str, float]) -> str:
    """Say what those figures are to be held against: the rate of the yes beside the promised one, and knowing nothing else."""
    if "largest_share" not in quality:
        return ""
    beaten = f"who knows only how frequent each outcome is gets: Accuracy {quality['largest_share']:.4f}"
    if "response_rate" not in quality:
        return beaten
    rate, ends = quality["response_rate"], (quality["response_rate_low"], quality["response_rate_high"])
    return (
        f"said yes: {percent(rate)} ({percent_between(*ends)}), promised {percent(quality['mean_propensity'])}; {beaten}, "
        f"Average precision {rate:.4f}, ROC AUC 0.5000, Log loss {quality['base_log_loss']:.4f}"
    )


def classes_told(classes: Sequence[Mapping[str, Any]]) -> str:
    """Write the F1 of each class that rows have, and how many are it."""
    each = [
        f"{told['outcome']} {told['f1']:.4f}{_bracket(told, 'f1')} of {counted(told['rows'], 'row')}"
        for told in classes
        if "f1" in told
    ]
    return f"F1 by class: {', '.join(each)}"


def confusion_told(classes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the confusion table in lines for a terminal: a row for each outcome, a column for each prediction."""
    names = [shorten(told["outcome"], 12) for told in classes]
    rows = [
        [name, *(f"{count:,}" for count in told["predicted_as"].values())]
        for name, told in zip(names, classes, strict=True)
    ]
    table = [["outcome, predicted as", *names], *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(names) + 1)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table]


def _bracket(told: Mapping[str, Any], name: str) -> str:
    low, high = told.get(f"{name}_low"), told.get(f"{name}_high")
    return "" if low is None else f" ({between(low, high)})"


def _hashed(ids: pl.Series, records: NDArray[np.int64]) -> NDArray[np.integer]:
    """Give rows of one customer one number, in every batch; who has no id is a customer of their own."""
    known = bare_ids(ids)
    if known.null_count():
        strangers = "record " + pl.Series(records).cast(pl.String)
        known = known.zip_with(known.is_not_null(), strangers)
    return known.hash().to_numpy()
