"""Which numbers are worth reading in finer steps, and where, decided on the training customers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from segmint.arrays import Floats, Integers, Mask
from segmint.contract.column import Column
from segmint.features.edges import quantile_edges
from segmint.features.numbers import read_numbers

FINEST = 96
# Of a table in which no number is worth reading more closely, one in a hundred gets one.
SIGNIFICANCE = 0.01
# With fewer in a step a rate is chance, and its distance from what is expected no chi-squared.
FEWEST_IN_A_STEP = 40
FEWEST_OF_A_CLASS = 3


def choose_finer(
    frame: pl.DataFrame, labels: Integers, columns: Sequence[Column], *, steps: int, groups: Integers | None
) -> dict[str, list[float]]:
    """Choose the numbers that say more in finer steps, and the edges of these.

    Paydays, prices, and ages at which a law ends are narrower than a sixteenth of the customers. Trees cut there; a network reads
    a number as a line with a bend at each edge of its steps, and cannot follow. So the steps are cut into `FINEST` ones, and the rates
    of these are held against the nearest such line: Pearson's chi-squared test, with Bonferroni's correction for numbers and classes.
    Of a number that passes, a step is cut where its own rates lie too far from the line.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
    labels : ndarray of shape (n_customers,)
        Places of the classes, 0 to n_classes - 1.
    columns : sequence of Column
    steps : int
        How many steps a number has.
    groups : ndarray of shape (n_customers,) or None
        Rows of one customer share a number, and one row of each is looked at.

    Returns
    -------
    dict of str to list of float
        For each chosen number, in the order of the columns, its edges within the steps that are cut, ascending.
    """
    numbers = [column for column in columns if column.kind == "number"]
    if groups is not None:
        one_of_each = np.unique(groups, return_index=True)[1]
        frame, labels = frame[one_of_each], labels[one_of_each]
    sizes = np.bincount(labels).tolist()
    finer = min(FINEST, len(labels) // FEWEST_IN_A_STEP, min(sizes, default=0) // FEWEST_OF_A_CLASS)
    if finer < 2 * steps or len(sizes) < 2:
        return {}
    happened = (labels[:, None] == np.arange(len(sizes)))[:, 1 if len(sizes) == 2 else 0 :]
    significance = SIGNIFICANCE / max(len(numbers) * happened.shape[1], 1)
    found = {}
    for column in numbers:
        values = read_numbers(frame[column.name])
        plain = np.isfinite(values) & ~np.isin(values, column.codes)
        found[column.name] = _edges_between(values[plain], happened[plain], steps, finer, significance)
    return {name: edges for name, edges in found.items() if edges}


def _edges_between(values: Floats, happened: Mask, steps: int, finer: int, significance: float) -> list[float]:
    """Return the edges that cut steps whose rates no line with bends at the edges of the steps comes near, of any class."""
    from scipy.stats import chi2

    ordered = np.sort(values)
    bends = quantile_edges(ordered, steps)
    edges = quantile_edges(ordered, finer, fewest=FEWEST_IN_A_STEP)
    cells = np.unique(np.searchsorted(edges, values, "right"), return_inverse=True)[1]
    count = np.bincount(cells)
    if len(count) <= len(bends) + 2:
        return []
    middle = np.bincount(cells, values) / count
    step = np.searchsorted(bends, middle, "right")
    line = np.column_stack([np.ones(len(middle)), middle, np.maximum(middle[:, None] - bends, 0.0)])
    line /= np.maximum(np.abs(line).max(axis=0), 1e-300)
    cut: set[int] = set()
    for one in happened.T:
        yes = np.bincount(cells, one)
        usual = (np.bincount(step, yes) / np.maximum(np.bincount(step, count), 1))[step]
        known = (usual > 0) & (usual < 1)
        weight = np.sqrt(count / np.where(known, usual * (1 - usual), np.inf))
        rate = weight * yes / count
        fitted, _, rank, _ = np.linalg.lstsq(line * weight[:, None], rate, rcond=None)
        distance = (rate - (line * weight[:, None]) @ fitted) ** 2
        if known.sum() > rank and chi2.sf(distance.sum(), known.sum() - rank) < significance:
            far = chi2.sf(np.bincount(step, distance), np.maximum(np.bincount(step), 1)) < SIGNIFICANCE
            cut |= {*np.flatnonzero(far).tolist()}
    return [
        float(edge) for edge, here in zip(edges, np.searchsorted(bends, edges, "right"), strict=True) if here in cut
    ]
