"""Changes: how far one number of a customer lies above another, such as this month's balance above last quarter's.

Two balances that rise and fall together are each read in steps, and what happened between them is narrower than a step:
a customer who took half of the money out looks, column by column, like one who never had it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.features.edges import once_each, quantile_edges
from segmint.features.normal_scores import score_at, score_ranks
from segmint.features.numbers import FARTHEST, read_numbers

Steps = NDArray[np.int64]
Measure = Literal["amount", "place"]

STEPS = 32
# What stands for no value: unlike NaN it equals itself, so rows without a value are alike.
ABSENT = np.inf


class Change(NamedTuple):
    """From which number to which, and how it is measured.

    Attributes
    ----------
    before, after : str
        Names of columns of numbers.
    measure : {"amount", "place"}
        The difference in the columns' own unit, or of the two normal scores: by how much a customer's place among all has
        changed, which is near the ratio where numbers are skewed, and needs no common unit.
    """

    before: str
    after: str
    measure: Measure


def learn_change(
    frame: pl.DataFrame,
    change: Change,
    codes: Sequence[Sequence[float]],
    rare: int,
    customers: NDArray[Any] | None = None,
) -> dict[str, Any]:
    """Learn into which steps a change is cut.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
    change : Change
    codes : pair of lists of float
        Numbers of each column that say something else, such as "-1: never".
    rare : int
        No edge is the number of fewer customers than this, see `features.edges`.
    customers : ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.

    Returns
    -------
    dict
        Plain JSON: kind ("change"), names, codes, scales (edges and normal scores of either column, or None for amounts),
        edges, sizes (mean normal score of the changes of each step; the first step is of customers without one).
    """
    names = [change.before, change.after]
    learned: dict[str, Any] = {"kind": "change", "names": names, "codes": [[float(c) for c in each] for each in codes]}
    learned["scales"] = None
    if change.measure == "place":
        learned["scales"] = [
            _scale(read_amounts(frame[name], each), rare, customers) for name, each in zip(names, codes, strict=True)
        ]
    moved = moved_by(*(read_side(learned, side, frame[name]) for side, name in enumerate(names)))
    known = np.isfinite(moved)
    ordered = once_each(moved[known], None if customers is None else customers[known])
    edges = quantile_edges(ordered, STEPS, fewest=rare)
    learned["edges"] = edges.tolist()
    learned["sizes"] = [0.0, *_middle_scores(ordered, edges)]
    return learned


def is_change(pair: Mapping[str, Any]) -> bool:
    """Tell a learned change from a learned count of customers."""
    return pair.get("kind") == "change"


def read_amounts(values: pl.Series, codes: Sequence[float]) -> Floats:
    """Read a column whose changes are asked for; shape (n_customers,), finite, NaN where there is no number."""
    return np.clip(read_numbers(values, codes), -FARTHEST, FARTHEST)


def read_side(change: Mapping[str, Any], side: int, values: pl.Series) -> Floats:
    """Read the number before (0) or after (1), on its scale; shape (n_customers,), `ABSENT` where there is none."""
    amounts = read_amounts(values, change["codes"][side])
    scaled = amounts if change["scales"] is None else np.interp(amounts, *change["scales"][side])
    return np.where(np.isnan(amounts), ABSENT, scaled)


def moved_by(before: Any, after: Any) -> Any:
    """Return by how much it changed; not finite where either side is not.

    To the digits of single precision: in binary 110.1 - 100 and 20.1 - 10 differ, and an edge lay between them.
    """
    with np.errstate(invalid="ignore"):
        return np.subtract(after, before).astype(np.float32).astype(np.float64)


def change_steps(change: Mapping[str, Any], before: Any, after: Any) -> Steps:
    """Say on which step customers are whose sides were read as `before` and `after`; the first is of those without one."""
    moved = moved_by(before, after)
    return np.where(np.isfinite(moved), 1 + np.searchsorted(change["edges"], moved, "right"), 0)


def change_of_one(change: Mapping[str, Any], before: float | None, after: float | None) -> int:
    """Say on which step one customer is."""
    first, second = (_read_one(change, side, value) for side, value in enumerate((before, after)))
    if first is None or second is None:
        return 0
    return 1 + bisect_right(change["edges"], float(np.float32(second - first)))  # as `moved_by`, at a tenth of the time


def check_change(change: Mapping[str, Any], numbers: Sequence[str]) -> None:
    """Hold a learned change that comes from a file against what `learn_change` returns.

    Raises
    ------
    ValueError
        If its parts do not fit each other, or a name is none of `numbers`, the columns that are.
    """
    names, codes, scales = change["names"], change["codes"], change["scales"]
    edges, sizes = change["edges"], change["sizes"]
    scales = [] if scales is None else scales
    parts = [*codes, edges, sizes, *(part for scale in scales for part in scale)]
    fits = (
        len(names) == len(set(names)) == len(codes) == 2
        and set(names) <= set(numbers)
        and (change["scales"] is None or len(scales) == 2)
        and all(type(number) in (int, float) and np.isfinite(number) for part in parts for number in part)
        and len(sizes) == len(edges) + 2
        and all(len(scale) == 2 and len(scale[0]) == len(scale[1]) > 0 for scale in scales)
        and all(low < high for part in (edges, *(scale[0] for scale in scales)) for low, high in pairwise(part))
    )
    if not fits:
        raise ValueError("it holds a change between columns that no fit has learned")


def _read_one(change: Mapping[str, Any], side: int, value: float | None) -> float | None:
    if value is None or value != value or value in change["codes"][side]:
        return None
    amount = min(max(float(value), -FARTHEST), FARTHEST)
    return amount if change["scales"] is None else float(np.interp(amount, *change["scales"][side]))


def _scale(amounts: Floats, rare: int, customers: NDArray[Any] | None) -> list[list[float]]:
    """Find edges of equally many customers and the normal score of each."""
    known = ~np.isnan(amounts)
    ordered = once_each(amounts[known], None if customers is None else customers[known])
    edges = quantile_edges(ordered, 2 * STEPS, fewest=rare)
    if not len(edges):
        return [[0.0], [0.0]]
    return [edges.tolist(), score_at(ordered, edges).tolist()]


def _middle_scores(ordered: Floats, edges: Floats) -> list[float]:
    """Return the normal score of the middle of each step; a step that holds nobody has that of where it lies."""
    ends = np.concatenate([[0], np.searchsorted(ordered, edges), [len(ordered)]])
    return [float(score) for score in score_ranks((ends[:-1] + ends[1:]) / 2.0, len(ordered))]
