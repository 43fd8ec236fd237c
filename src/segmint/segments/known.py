"""Segments beside segments: discovered against known ones, and one wave against an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.segments.stability import Labels, contingency


def cramers_v(first: Labels, second: Labels) -> float:
    """Measure how closely two sets of segments go together: 0 not at all, 1 wholly (Cramér, 1946).

    Parameters
    ----------
    first, second : ndarray of int of shape (n_customers,)
    """
    table = contingency(first, second)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return 0.0
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / (n * least)))


@dataclass(frozen=True)
class Migration:
    """Where customers went between two assignments.

    Attributes
    ----------
    before, after : tuple of str
        Names of the segments.
    customers : ndarray of shape (n_before, n_after)
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    customers: NDArray[np.int64]

    @property
    def stayed(self) -> float:
        """The share of customers who stayed; needs the same segments before and after."""
        return float(np.trace(self.customers) / max(int(self.customers.sum()), 1))

    def frame(self) -> pl.DataFrame:
        """Return one row per pair: before, after, customers, share of those before."""
        shares = self.customers / np.maximum(self.customers.sum(axis=1, keepdims=True), 1)
        return pl.DataFrame(
            [
                {
                    "before": before, "after": after,
                    "customers": int(self.customers[row, column]), "share": float(shares[row, column]),
                }
                for row, before in enumerate(self.before)
                for column, after in enumerate(self.after)
            ]
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"before": self.before, "after": self.after, "customers": self.customers.tolist()}


def migration_table(before: Labels, after: Labels, before_keys: Sequence[str], after_keys: Sequence[str]) -> Migration:
    """Count where the same customers, in the same order, were before and are after."""
    if len(before) != len(after):
        raise ValueError(f"Customers before ({len(before)}) and after ({len(after)}) must be the same.")
    rows, columns = len(before_keys), len(after_keys)
    cells = np.bincount(before * columns + after, minlength=rows * columns).reshape(rows, columns)
    return Migration(tuple(before_keys), tuple(after_keys), cells)
