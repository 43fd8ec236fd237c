"""Which numbers are worth reading in finer steps, decided on the training customers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from segmint.arrays import Floats, Integers
from segmint.contract.column import Column
from segmint.features.apply import read_numbers
from segmint.features.edges import quantile_edges

# Of a table in which no number is worth reading more closely, one in a hundred gets one.
SIGNIFICANCE = 0.01
# With fewer in a step a rate is chance, and its distance from what is expected no chi-squared.
FEWEST_IN_A_STEP = 40
FEWEST_OF_A_CLASS = 3


def choose_finer(
    frame: pl.DataFrame,
    labels: Integers,
    columns: Sequence[Column],
    *,
    steps: int,
    finer: int,
    groups: Integers | None,
) -> list[str]:
    """Choose the numbers that say more in finer steps.

    Paydays, prices, and ages at which a law ends are narrower than a sixteenth of the customers. Trees cut there; a network reads
    a number as a line with a bend at each edge of its steps, and cannot follow. So the steps are cut into finer ones, and the rates of
    these are held against the nearest such line: Pearson's chi-squared test, with Bonferroni's correction for numbers and classes.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
    labels : ndarray of shape (n_customers,)
        Places of the classes, 0 to n_classes - 1.
    columns : sequence of Column
    steps, finer : int
        How many steps a number has, and how many it would have at most.
    groups : ndarray of shape (n_customers,) or None
        Rows of one customer share a number, and one row of each is looked at.

    Returns
    -------
    list of str
        In the order of the columns.
    """
    numbers = [column for column in columns if column.kind == "number"]
    if groups is not None:
        one_of_each = np.unique(groups, return_index=True)[1]
        frame, labels = frame[one_of_each], labels[one_of_each]
    sizes = np.bincount(labels).tolist()
    finer = min(finer, len(labels) // FEWEST_IN_A_STEP, min(sizes, default=0) // FEWEST_OF_A_CLASS)
    if finer < 2 * steps or len(sizes) < 2:
        return []
    happened = (labels[:, None] == np.arange(len(sizes)))[:, 1 if len(sizes) == 2 else 0 :]
    tests = len(numbers) * happened.shape[1]

    def says_more(column: Column) -> bool:
        values = read_numbers(frame[column.name])
        plain = np.isfinite(values) & ~np.isin(values, column.codes)
        return _log_chance(values[plain], happened[plain], steps, finer) < float(np.log(SIGNIFICANCE / tests))

    return [column.name for column in numbers if says_more(column)]


def _log_chance(values: Floats, happened: Floats, steps: int, finer: int) -> float:
    """Return the logarithm of the chance that the rates of finer steps lie so far from a line that bends at the steps; the least of all classes."""
    from scipy.stats import chi2

    ordered = np.sort(values)
    bends = quantile_edges(ordered, steps)
    edges = quantile_edges(ordered, finer, fewest=FEWEST_IN_A_STEP)
    cells = np.unique(np.searchsorted(edges, values, "right"), return_inverse=True)[1]
    count = np.bincount(cells)
    if len(count) <= len(bends) + 2:
        return 0.0
    middle = np.bincount(cells, values) / count
    step = np.searchsorted(bends, middle, "right")
    line = np.column_stack([np.ones(len(middle)), middle, np.maximum(middle[:, None] - bends, 0.0)])
    line /= np.maximum(np.abs(line).max(axis=0), 1e-300)
    least = 0.0
    for one in happened.T:
        yes = np.bincount(cells, one)
        usual = (np.bincount(step, yes) / np.maximum(np.bincount(step, count), 1))[step]
        known = (usual > 0) & (usual < 1)
        weight = np.sqrt(count / np.where(known, usual * (1 - usual), np.inf))
        rate = weight * yes / count
        fitted, _, rank, _ = np.linalg.lstsq(line * weight[:, None], rate, rcond=None)
        distance, free = float(np.sum((rate - (line * weight[:, None]) @ fitted) ** 2)), int(known.sum() - rank)
        least = min(least, float(chi2.logsf(distance, free)) if free > 0 else 0.0)
    return least
