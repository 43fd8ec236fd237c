"""What customers and propensities looked like in training, as counts: the yardstick for drift. No customer rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.counts import count_values
from segmint.contract.valid_table import ValidTable
from segmint.monitoring.expected import expected_auc

BINS = 100
FEWEST = 10
OTHER = "(other)"


def reference_of(
    table: ValidTable, classes: Sequence[str], judged: tuple[NDArray[np.str_], NDArray[np.float64]] | None
) -> dict[str, Any]:
    """Summarise a training table.

    Parameters
    ----------
    table : ValidTable
    classes : sequence of str
    judged : (outcomes, probabilities), optional
        Out-of-fold, with one column per class, if the network was compared.

    Returns
    -------
    dict
        Per column decile edges or level counts (levels in fewer than 10 customers pooled), missing share,
        outcome shares, a 100-bin histogram of out-of-fold probabilities with their mean and the observed rate in
        each bin and the ROC AUC they promise, and the number of rows.
    """
    outcome = table.outcome
    return {
        "format": 1,
        "rows": len(table),
        "outcome_shares": {level: float(np.mean(outcome == level)) for level in classes},
        "columns": [_column(column, table.frame[column.name]) for column in table.features],
        "propensities": None if judged is None else _histograms(*judged, classes),
    }


def _column(column: Column, series: pl.Series) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "missing_share": series.null_count() / max(len(series), 1),
    }
    if column.kind == "category":
        counts = count_values(series.drop_nulls())
        kept = {level: count for level, count in sorted(counts.items()) if count >= FEWEST}
        rest = sum(counts.values()) - sum(kept.values())
        return summary | {"levels": kept | ({OTHER: rest} if rest else {})}
    states = column.codes
    known = series.drop_nulls()
    numbers = known.filter(~known.is_in(states)).to_numpy() if states else known.to_numpy()
    edges = np.quantile(numbers, np.linspace(0.05, 0.95, 19)) if len(numbers) >= FEWEST else np.empty(0)
    edges = np.unique(edges)
    inside = np.bincount(np.searchsorted(edges, numbers, "right"), minlength=len(edges) + 1)
    return summary | {
        "edges": edges.tolist(),
        "counts": inside.tolist(),
        "states": {repr(float(state)): int((known == state).sum()) for state in states},
    }


def _histograms(
    outcome: NDArray[np.str_], probabilities: NDArray[np.float64], classes: Sequence[str]
) -> dict[str, dict[str, Any]]:
    found = {}
    for place, level in enumerate(classes):
        bins = np.clip((probabilities[:, place] * BINS).astype(int), 0, BINS - 1)
        happened = bins[outcome == level]
        customers = np.bincount(bins, minlength=BINS)
        sums = np.bincount(bins, probabilities[:, place], minlength=BINS)
        found[level] = {
            "customers": customers.tolist(),
            "expected_auc": expected_auc(probabilities[:, place]),
            # below 1 % everybody is in the first bin, whose middle is nobody's propensity
            "means": [float(total / n) if n else None for total, n in zip(sums, customers, strict=True)],
            "happened": np.bincount(happened, minlength=BINS).tolist(),
        }
    return found
