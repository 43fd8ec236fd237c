"""What customers and propensities looked like in training, as counts: the yardstick for drift. No customer rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.counts import count_values
from segmint.contract.valid_table import ValidTable
from segmint.features.edges import FEWEST_TOGETHER, quantile_edges
from segmint.features.levels import KEPT_OTHER
from segmint.metrics.calibration import shifted
from segmint.metrics.intervals import design_effect
from segmint.monitoring.expected import expected_auc
from segmint.splits.groups import last_rows, row_customers

BINS = 100
BANDS = 20


def reference_of(
    table: ValidTable,
    classes: Sequence[str],
    judged: tuple[NDArray[np.str_], NDArray[np.float64]] | None,
    customers: NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    """Summarise a training table; columns by each customer's last row, as rows of one customer say little new.

    Parameters
    ----------
    table : ValidTable
    classes : sequence of str
    judged : (outcomes, probabilities), optional
        Out-of-fold, with one column per class, if the network was compared.
    customers : ndarray of int, optional
        The customer of each judged row; without it each is one of its own.

    Returns
    -------
    dict
        Per column edges between twentieths, rounded as `quantile_edges` says, or level counts (levels in fewer than 10 customers
        pooled, and the pool counted as 10 at least), the contract's codes however few have them, missing share, outcome shares, a
        histogram of out-of-fold probabilities, at most 100 bins of about equally many customers, with their mean and how many said
        so in each bin, the ROC AUC they promise and how far rows of one customer go together, and the number of customers.
    """
    outcome = table.outcome
    once = table.frame[last_rows(row_customers(table))]
    return {
        "format": 1,
        "rows": once.height,
        "outcome_shares": {level: float(np.mean(outcome == level)) for level in classes},
        "columns": [_column(column, once[column.name]) for column in table.features],
        "propensities": None if judged is None else _histograms(*judged, classes, customers),
    }


def _column(column: Column, series: pl.Series) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "missing_share": series.null_count() / max(len(series), 1),
    }
    if column.kind == "category":
        return summary | {"levels": _levels(count_values(series.drop_nulls()))}
    states = column.codes
    known = series.drop_nulls()
    numbers = known.filter(~known.is_in(states)).to_numpy() if states else known.to_numpy()
    edges = quantile_edges(np.sort(numbers.astype(np.float64)), BANDS)
    inside = np.bincount(np.searchsorted(edges, numbers, "right"), minlength=len(edges) + 1)
    return summary | {
        "edges": edges.tolist(),
        "counts": inside.tolist(),
        # where nearly everyone has the last edge, the counts alone do not say how few are beyond it
        "at_most_last_edge": int((numbers <= edges[-1]).sum()) if len(edges) else 0,
        "states": {repr(float(state)): int((known == state).sum()) for state in states},
    }


def _levels(counts: Mapping[str, int]) -> dict[str, int]:
    """Count customers by level, and those of rare levels together: as ten where they are fewer, at the smallest level's expense.

    That is the level which `pool_rare` tells together with them: both make the same sum here as there, and neither undoes the other.
    Pooling it wholly would hide it from monitoring and explanations, and is done only where both are fewer than twenty.
    """
    kept = {level: count for level, count in sorted(counts.items()) if count >= FEWEST_TOGETHER and level != KEPT_OTHER}
    rest = sum(counts.values()) - sum(kept.values())
    if kept and 0 < rest < FEWEST_TOGETHER:
        smallest = min(kept, key=lambda level: (kept[level], level))
        both = rest + kept.pop(smallest)
        rest = FEWEST_TOGETHER if both >= 2 * FEWEST_TOGETHER else both
        kept |= {smallest: both - rest} if both > rest else {}
    return kept | ({KEPT_OTHER: rest} if rest else {})


def _histograms(
    outcome: NDArray[np.str_],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    groups: NDArray[np.int64] | None = None,
) -> dict[str, dict[str, Any]]:
    found = {}
    groups = np.arange(outcome.size) if groups is None else groups
    for place, level in enumerate(classes):
        likely = probabilities[:, place]
        edges = _edges(likely)
        bins = np.searchsorted(edges, likely, "right")
        customers = np.bincount(bins, minlength=edges.size + 1)
        found[level] = {
            "edges": edges.tolist(),
            "customers": customers.tolist(),
            "expected_auc": expected_auc(likely),
            "means": (np.bincount(bins, likely, minlength=edges.size + 1) / np.maximum(customers, 1)).tolist(),
            "design_effect": design_effect((outcome == level) - likely, groups),
            "happened": np.bincount(bins[outcome == level], minlength=edges.size + 1).tolist(),
        }
    return found


def _edges(likely: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut probabilities into bins of about equally many customers, wherever they lie: rare responses are all below 1 %.

    Edges are rounded and no bin holds fewer than `FEWEST_TOGETHER`, so that nothing of one customer can be read from them.
    """
    ordered, bins = np.sort(likely), min(BINS, likely.size // FEWEST_TOGETHER)
    edges = np.unique([float(f"{cut:.4g}") for cut in np.quantile(ordered, np.arange(1, bins) / max(bins, 1))])
    while edges.size:
        inside = np.diff(np.r_[0, np.searchsorted(ordered, edges), ordered.size])
        if inside.min() >= FEWEST_TOGETHER:
            break
        edges = np.delete(edges, max(int(inside.argmin()) - 1, 0))
    return edges


def place_in(histogram: Mapping[str, Any], propensity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Say in which bin of a histogram each propensity lies.

    Parameters
    ----------
    histogram : dict
        Of one class, from `reference_of`.
    propensity : ndarray of shape (n_customers,)
    """
    return np.searchsorted(np.asarray(histogram["edges"], dtype=np.float64), propensity, "right").astype(np.int64)


@dataclass(frozen=True)
class Usual:
    """What the customers of training usually have in a column.

    Attributes
    ----------
    levels : tuple of str
        Of a category: those that a customer may hold; rare ones that were pooled have a name that no customer has.
    value : str
        The most frequent level or special value, or about the median; "" where nothing is known.
    between : (float, float) or None
        Of a number: the 5th and the 95th percentile.
    mostly_empty : bool
        Whether more than half have no value.
    """

    levels: tuple[str, ...]
    value: str
    between: tuple[float, float] | None
    mostly_empty: bool


def usual_of(column: Column, reference: Mapping[str, Any]) -> Usual:
    """Say what is usual in a column.

    Parameters
    ----------
    column : Column
    reference : dict
        From `reference_of`; a column that it does not know has nothing usual.
    """
    summary: dict[str, Any] = next((c for c in reference["columns"] if c["name"] == column.name), {})
    told, edges = summary.get("levels") or {}, summary.get("edges") or []
    levels: tuple[str, ...] = ()
    if column.kind == "category":
        levels = column.allowed or tuple(str(level) for level in told if level != KEPT_OTHER)
    return Usual(
        levels=levels,
        value=max(levels, key=lambda level: told.get(level, 0)) if levels else _usual_number(summary),
        between=(float(edges[0]), float(edges[-1])) if edges else None,
        mostly_empty=summary.get("missing_share", 0.0) > 0.5,
    )


def _usual_number(summary: Mapping[str, Any]) -> str:
    """The most frequent special value where most have one, else the lower edge of the band of the customer in the middle."""
    edges, counts, states = (summary.get(name) or () for name in ("edges", "counts", "states"))
    if states and sum(states.values()) > sum(counts):
        return f"{float(max(states, key=lambda state: states[state])):g}"
    if not edges:
        return ""
    passed, band = 0, 0
    while band < len(counts) - 1 and 2 * (passed + counts[band]) < sum(counts):
        passed += counts[band]
        band += 1
    return f"{edges[max(band - 1, 0)]:g}"


def moved_reference(reference: dict[str, Any], shift: float, positive: str) -> dict[str, Any]:
    """Move a reference along with the propensities of its bundle, whose log odds of `positive` were moved by `shift`.

    Parameters
    ----------
    reference : dict
        From `reference_of`, with the average that was added to it.
    shift : float
        Of the log odds.
    positive : str

    Returns
    -------
    dict
    """
    return reference | _average_moved(reference, shift, positive) | _offset_noted(reference, shift, positive)


def _average_moved(reference: dict[str, Any], shift: float, positive: str) -> dict[str, Any]:
    """Move what customers in general have along with everyone.

    The mean of moved propensities is not the moved mean: it moves as the bins of training do.
    """
    yes = float(reference["average"][positive])
    bins = (reference.get("propensities") or {}).get(positive)
    if not bins:
        yes = float(shifted(yes, shift))
    else:
        filled = [(mean, count) for mean, count in zip(bins["means"], bins["customers"], strict=True) if count]
        means, counts = np.array(filled, dtype=np.float64).T
        before = float(bins.get("offset", 0.0))
        now, then = (float(np.average(shifted(means, by), weights=counts)) for by in (before + shift, before))
        yes = float(np.clip(yes + now - then, 0.0, 1.0))
    return {"average": {name: yes if name == positive else 1.0 - yes for name in reference["average"]}}


def _offset_noted(reference: dict[str, Any], shift: float, positive: str) -> dict[str, Any]:
    """Note beside the propensities of training how far they were moved since: what was moved has not drifted."""
    histograms = reference.get("propensities") or {}
    moved = {
        level: {**told, "offset": float(told.get("offset", 0.0)) + (shift if level == positive else -shift)}
        for level, told in histograms.items()
    }
    return {"propensities": moved or None}
