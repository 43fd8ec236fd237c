"""What matters over all customers: how much each column moves predictions, and in which direction along its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from segmint.arrays import Floats
from segmint.explain.reasons import Attributions, Walker
from segmint.explain.words import Cell, Wording
from segmint.features.levels import KEPT_MISSING, KEPT_OTHER
from segmint.metrics.intervals import interval, weight_blocks
from segmint.models.predict import Predictor

MOST_POINTS = 10
MOST_LEVELS = 20
CUSTOMERS = 1_000
REPEATS = 500


def global_importance(attributions: Attributions, wording: Wording) -> pl.DataFrame:
    """Say how far each column moves the prediction of a customer on average.

    Parameters
    ----------
    attributions : Attributions
    wording : Wording

    Returns
    -------
    polars.DataFrame
        column, label, importance (mean absolute contribution, in probability), low, high (95 % of resamples), share (of all
        importance); the strongest first.

    References
    ----------
    Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees", Nature
    Machine Intelligence 2.
    """
    size = np.abs(attributions.contributions)
    if not len(size):
        raise ValueError("attributions must hold at least 1 customer. Got 0 instead.")
    again = [weights @ size / len(size) for weights in weight_blocks(len(size), REPEATS, seed=0)]
    low, high = interval(np.concatenate(again))
    mean = size.mean(axis=0)
    told = {
        "column": attributions.columns,
        "label": [wording.columns[name].label for name in attributions.columns],
        "importance": mean,
        "low": low,
        "high": high,
        "share": mean / max(float(mean.sum()), 1e-12),
    }
    return pl.DataFrame(told).sort("importance", descending=True, maintain_order=True)


class Point(NamedTuple):
    """One value that a column is moved to; `number` is None for a level, a state and a missing value."""

    cell: Cell
    number: float | None


def effect_curves(
    predictor: Predictor,
    frame: pl.DataFrame,
    reference: Mapping[str, Any],
    wording: Wording,
    *,
    targets: Sequence[str],
) -> pl.DataFrame:
    """Say what the average prediction would be if a column had each of its values in turn.

    Partial dependence (Friedman 2001): all other columns stay as they are, which is honest where columns move freely
    of one another and a thought experiment where they do not.

    Parameters
    ----------
    predictor : Predictor
    frame : polars.DataFrame of shape (n_customers, n_columns)
        At most 1,000 customers are used, evenly spread over the frame.
    reference : dict
        The bundle's ``reference.json``: its edges between twentieths, at most ten of them, and levels are the values.
    wording : Wording
    targets : sequence of str
        Classes to follow.

    Returns
    -------
    polars.DataFrame
        column, label, target, place, level (in words), number (null for levels, states and missing), prediction
        (mean over customers), low, high (half of the customers lie between).

    References
    ----------
    Friedman 2001, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29(5).
    """
    if not frame.height:
        raise ValueError("frame must hold at least 1 customer. Got 0 instead.")
    some = frame[np.unique(np.linspace(0, frame.height - 1, CUSTOMERS).astype(int))]
    moves = [
        (summary["name"], place, point)
        for summary in reference["columns"]
        for place, point in enumerate(values_of(summary))
    ]
    if not moves:
        return pl.DataFrame(schema=_SCHEMA)
    # One row for each value stands for it: only the moved column's part of the first layer is computed anew.
    walker = Walker(predictor, some, pl.concat([set_to(some[:1], name, point.cell) for name, _, point in moves]))
    place_of = {str(column["name"]): place for place, column in enumerate(predictor.features["columns"])}
    sums = walker.sums(walker.codes[walker.behind :])
    rows: list[dict[str, Any]] = []
    for row, (name, place, point) in enumerate(moves):
        column = place_of[name]
        likely = walker.probabilities(walker.moved(sums, column, int(walker.codes[row, column])))
        rows += _rows(likely, predictor.classes, name, place, point, wording, targets)
    return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA = {
    "column": pl.String, "label": pl.String, "target": pl.String, "place": pl.Int64, "level": pl.String,
    "number": pl.Float64, "prediction": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip


def _rows(
    likely: Floats,
    classes: Sequence[str],
    name: str,
    place: int,
    point: Point,
    wording: Wording,
    targets: Sequence[str],
) -> Iterator[dict[str, Any]]:
    for target in targets:
        mine = likely[:, classes.index(target)]
        low, high = np.quantile(mine, [0.25, 0.75])
        yield {
            "column": name, "label": wording.columns[name].label, "target": target, "place": place,
            "level": wording.value(name, point.cell), "number": point.number, "prediction": float(mine.mean()),
            "low": float(low), "high": float(high),
        }  # fmt: skip


def set_to(frame: pl.DataFrame, name: str, cell: Cell) -> pl.DataFrame:
    """The same customers with one column set to one value."""
    return frame.with_columns(pl.lit(cell, dtype=frame.schema[name]).alias(name))


def values_of(summary: Mapping[str, Any]) -> list[Point]:
    """Values worth moving a column to: edges and states of a number, levels of a category, and missing if it occurs.

    Of the edges between twentieths at most ten are taken, evenly; of the levels the twenty most common.

    Parameters
    ----------
    summary : dict
        The column's part of a reference. Values of fewer than 10 customers are not in it, but for codes of the contract.
    """
    missing = [Point(None, None)] if summary["missing_share"] > 0 else []
    if summary["kind"] == "category":
        levels = sorted(summary["levels"], key=lambda level: (-summary["levels"][level], level))
        named = [level for level in levels if level not in (KEPT_MISSING, KEPT_OTHER)]
        return [*(Point(level, None) for level in named[:MOST_LEVELS]), *missing]
    edges = np.asarray(summary["edges"], dtype=np.float64)
    kept = np.unique(np.linspace(0, len(edges) - 1, min(len(edges), MOST_POINTS)).round().astype(int))
    numbers = [Point(float(edges[at]), float(edges[at])) for at in kept]
    states = [Point(float(state), None) for state, count in summary["states"].items() if count]
    return [*numbers, *states, *missing]
