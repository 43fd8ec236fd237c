"""Reasons in words: "balance of 4,200 is above 90 % of customers: raises the chance"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.answer_phrases import has_or_not
from segmint.contract.column import Column, State
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.explain.background import background_rows
from segmint.explain.reasons import CUSTOMERS_AT_ONCE, Attributions, attribute
from segmint.models.predict import Predictor
from segmint.progress import Progress, share_of, silent
from segmint.wording import plain

TOP = 3
LONGEST_LABEL = 3  # words that read well before "of"
SEED = 0  # fixed, so that the same customer gets the same reasons in every command
SMALLEST = 0.0005  # of a probability; less does not round to a tenth of a point

# Every sentence that explains comes from here.
SENTENCE = "{what}: {effect}"
NUMBER = "{label} of {value} is {place}"
LONG_NUMBER = "{label} is {value}, {place}"
COUNTED = "{value} {label}, {place}"
NUMBER_ALONE, LONG_NUMBER_ALONE, COUNTED_ALONE = "{label} of {value}", "{label} is {value}", "{value} {label}"
LEVEL = "{label} is {level}"
UNSEEN = "{label} was not seen in training"
UNKNOWN = "{label} is not known"
ABOVE, BELOW, USUAL = "above {share} of {whom}", "below {share} of {whom}", "usual"
MORE, FEWER, AS_USUAL = "more than {share} of {whom}", "fewer than {share} of {whom}", "as usual"
EVERYONE, SOME = "customers", "customers who have one"
RAISES, LOWERS = "raises the chance", "lowers the chance"
SPEAKS_FOR, SPEAKS_AGAINST = "speaks for {target}", "speaks against {target}"
CHANGE = "{label}: {then} instead of {now} takes the chance from {before} to {after}"
STABILITY = (
    "The reasons are {verdict}. Asked {draws} times with other customers to compare with, {first} % of customers keep "
    "their first reason; the order of all reasons agrees to {agreement} (1 is perfect)."
)
STABILITY_OF_ONE = (
    "The reasons are {verdict}. Asked {draws} times with other customers to compare with, two answers name the same first "
    "reason in {same} of {pairs} cases; the order of all reasons agrees to {agreement} (1 is perfect)."
)

Cell = str | float | None


@dataclass(frozen=True)
class Wording:
    """Says what a cell means, from the contract and the reference; knows no customer.

    Parameters
    ----------
    columns : dict of str to Column
    reference : dict of str to dict
        What the customers in training looked like, by column.
    """

    columns: Mapping[str, Column]
    reference: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, contract: Contract, reference: Mapping[str, Any]) -> Wording:
        """Make the wording of a contract and a bundle's reference."""
        return cls(contract.by_name, {summary["name"]: summary for summary in reference["columns"]})

    def what(self, name: str, cell: Cell, *, say_usual: bool = True) -> str:
        """Say what a cell means beside customers in general: "age of 62 years is above 90 % of customers".

        With `say_usual` False a number that is usual stands by itself: nothing usual explains what it raises or lowers.
        """
        column = self.columns[name]
        if cell is None:
            return column.missing_means or UNKNOWN.format(label=column.label)
        if isinstance(cell, str):
            return self._level(column, cell)
        state = _state(column, cell)
        if state is None:
            return self._number(column, cell, say_usual)
        return LEVEL.format(label=column.label, level=_code(state)) if state.is_unnamed else state.name

    def value(self, name: str, cell: Cell) -> str:
        """Say what a cell means by itself: "62 years", "retired", "never contacted"."""
        column = self.columns[name]
        if cell is None:
            return column.missing_means or "not known"
        if isinstance(cell, str):
            return cell if self._seen(name, cell) else "not seen in training"
        state = _state(column, cell)
        if state is None:
            return _with_unit(column, cell)
        return _code(state) if state.is_unnamed else state.name

    def _seen(self, name: str, level: str) -> bool:
        return level in self.columns[name].allowed or level in self.reference[name]["levels"]

    def _level(self, column: Column, level: str) -> str:
        # A text that neither contract nor training knows could be anything, so it is not repeated.
        if not self._seen(column.name, level):
            return UNSEEN.format(label=column.label)
        return has_or_not(column.label, level) or LEVEL.format(label=column.label, level=level)

    def _number(self, column: Column, number: float, say_usual: bool) -> str:
        label, value = column.label, _with_unit(column, number)
        first = label.split()[0]
        if first in column.unit.split():  # "5 calls in this campaign"
            value = "no" if number == 0 else plain(number)
            label = label.replace(first, first.removesuffix("s"), 1) if number == 1 else label
            pattern, alone, places = COUNTED, COUNTED_ALONE, (MORE, FEWER, AS_USUAL)
        elif len(label.split()) > LONGEST_LABEL:
            pattern, alone, places = LONG_NUMBER, LONG_NUMBER_ALONE, (ABOVE, BELOW, AS_USUAL)
        else:
            pattern, alone, places = NUMBER, NUMBER_ALONE, (ABOVE, BELOW, USUAL)
        place = self._place(column.name, number, *places)
        if place.startswith(places[2]) and not say_usual:
            return alone.format(label=label, value=value)
        return pattern.format(label=label, value=value, place=place)

    def _place(self, name: str, number: float, high: str, low: str, usual: str) -> str:
        summary = self.reference[name]
        edges, counts = np.asarray(summary["edges"], dtype=np.float64), np.asarray(summary["counts"], dtype=np.float64)
        if not len(edges) or counts.sum() <= 0:
            return usual
        band = int(np.searchsorted(edges, number, "right"))
        below, above = counts[:band].sum() / counts.sum(), counts[band + 1 :].sum() / counts.sum()
        if number > edges[-1]:
            below = summary.get("at_most_last_edge", _within_twentieths(counts.sum())) / counts.sum()
        others = sum(summary["states"].values()) + summary["missing_share"] * counts.sum()
        whom = EVERYONE if others < 0.05 * counts.sum() else SOME
        usual = usual if whom == EVERYONE else f"{usual} for {whom}"
        for share, pattern in ((below, high), (above, low)):
            if share >= 0.6 - 1e-9:
                return pattern.format(share=_round_share(share), whom=whom)
        return usual


def _state(column: Column, number: float) -> State | None:
    return next((state for state in column.states if state.value == number), None)


def _code(state: State) -> str:
    return state.name.replace("-", "−")


def _within_twentieths(customers: float) -> float:
    """Say how many customers lie at most at their 95 % quantile: the last edge of bundles that do not say it themselves."""
    return float(np.floor(0.95 * (customers - 1)) + 1)


def _round_share(share: float) -> str:
    """Round down to tens, or to 95."""
    whole = int(np.floor(100 * share + 1e-6))
    return f"{95 if whole >= 95 else whole // 10 * 10} %"


def _with_unit(column: Column, number: float) -> str:
    # "account currency" or "day of the month" behind a number is no English.
    unit = column.unit if len(column.unit.split()) == 1 else ""
    unit = unit.removesuffix("s") if number == 1 else unit
    return f"{plain(number)} {unit}".strip()


def _effect_words(contribution: float, target: str | None) -> str:
    """Say which way a contribution goes; `target` names the segment, None is a response."""
    if target is None:
        return RAISES if contribution > 0 else LOWERS
    return (SPEAKS_FOR if contribution > 0 else SPEAKS_AGAINST).format(target=target)


def strongest(contributions: NDArray[np.float64], allowed: NDArray[np.bool_], top: int) -> NDArray[np.int64]:
    """Places of the strongest contributions of each customer; shape (n_customers, top), -1 for none.

    Contributions that are equal to six digits are named in the order of the columns.
    """
    size = np.where(allowed, np.round(np.abs(contributions), 6), -1.0)
    order = np.argsort(-size, axis=1, kind="stable")[:, :top]
    kept = np.take_along_axis(size, order, axis=1) >= SMALLEST
    return np.asarray(np.where(kept, order, -1))


def sentences(
    frame: pl.DataFrame,
    attributions: Attributions,
    wording: Wording,
    *,
    top: int = TOP,
    targets: Sequence[str | None] | None = None,
    sensitive: bool = False,
    raising_first: bool = False,
) -> Iterator[list[str | None]]:
    """Say for each customer what moves the prediction most, strongest first.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
        The customers who were explained, in order.
    attributions : Attributions
    wording : Wording
    top : int
    targets : sequence of (str or None), optional
        The segment that is spoken for, one per customer; left out, it is a response.
    sensitive : bool
        Whether sensitive columns may be named. If not, the next reason moves up.
    raising_first : bool
        Whether, of the `top` strongest, those that raise the prediction stand before those that lower it.

    Yields
    ------
    list of (str or None)
        `top` sentences; None where nothing else moves the prediction.
    """
    names = attributions.columns
    allowed = np.array([sensitive or not wording.columns[name].sensitive for name in names])
    places = strongest(attributions.contributions, allowed, top)
    cells = [frame[name].to_list() for name in names]
    if raising_first:
        places = _raising_first(places, attributions.contributions)
    for row, chosen in enumerate(places):
        target = None if targets is None else targets[row]
        said: list[str | None] = [None] * top
        for rank, place in enumerate(chosen):
            if place >= 0:
                effect = _effect_words(attributions.contributions[row, place], target)
                said[rank] = SENTENCE.format(
                    what=wording.what(names[place], cells[place][row], say_usual=False), effect=effect
                )
        yield said


def _raising_first(places: NDArray[np.int64], contributions: NDArray[np.float64]) -> NDArray[np.int64]:
    moved = np.take_along_axis(contributions, np.maximum(places, 0), axis=1)
    behind = np.where(places < 0, 2, moved <= 0)
    return np.take_along_axis(places, np.argsort(behind, axis=1, kind="stable"), axis=1)


def reason_frame(
    table: ValidTable,
    attributions: Attributions,
    reference: Mapping[str, Any],
    *,
    top: int = TOP,
    sensitive: bool = False,
    raising_first: bool = False,
) -> pl.DataFrame:
    """Write the reasons of customers who were explained already; see `reasons_for`."""
    wording = Wording.of(table.contract, reference)
    targets = None if table.contract.outcome.positive is not None else [str(name) for name in attributions.classes]
    said = sentences(
        table.frame, attributions, wording, top=top, targets=targets, sensitive=sensitive, raising_first=raising_first
    )
    names = [f"reason_{rank + 1}" for rank in range(top)]
    return pl.DataFrame(list(said), schema=dict.fromkeys(names, pl.String), orient="row")


def reasons_for(
    table: ValidTable,
    predictor: Predictor,
    reference: Mapping[str, Any],
    *,
    raising_first: bool = False,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Say in words why each customer's propensity is what it is; no sensitive column is named.

    Parameters
    ----------
    table : ValidTable
    predictor : Predictor
    reference : dict
        The bundle's ``reference.json``.
    raising_first : bool
        See `sentences`.
    progress : Progress
        See `attribute`.

    Returns
    -------
    polars.DataFrame of shape (n_customers, 3)
        reason_1, reason_2 and reason_3, strongest first, in the order of the table; null where nothing else matters.
    """
    behind = background_rows(reference, seed=SEED)
    # in the parts that `attribute` makes, so that only one at a time is held and no sum differs
    places, parts = np.arange(len(table)), []
    for start in range(0, max(len(table), 1), CUSTOMERS_AT_ONCE):
        some = table.rows(places // CUSTOMERS_AT_ONCE == start // CUSTOMERS_AT_ONCE)
        tell = share_of(progress, "explaining", start, len(some), len(table))
        found = attribute(
            predictor, some.frame, behind, seed=SEED, target=table.contract.outcome.positive, progress=tell
        )
        parts.append(reason_frame(some, found, reference, raising_first=raising_first))
    return pl.concat(parts)
