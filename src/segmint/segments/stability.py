"""Whether segments come back: on bootstrap resamples, segment by segment and count by count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.progress import Progress, silent

Labels = NDArray[np.int64]
# Refits counts of customers; gives labels of all customers for each number of segments it was asked for.
Refit = Callable[[NDArray[np.int64], np.random.Generator], dict[int, Labels]]

BANDS = ((0.85, "highly stable"), (0.75, "stable"), (0.60, "doubtful"), (0.0, "unstable"))
STABLE = 0.75


def trust(jaccard: float) -> str:
    """Name the band of a clusterwise bootstrap Jaccard (Hennig, 2007; the bands of fpc::clusterboot)."""
    return next(name for least, name in BANDS if jaccard >= least)


def shared(jaccard: float) -> float:
    """Turn a Jaccard, customers in both of two groups ÷ those in either, into the share of each if they are as large."""
    return 2 * jaccard / (1 + jaccard)


def contingency(first: Labels, second: Labels, *, columns: int | None = None) -> NDArray[np.float64]:
    """Customers by first and second label; shape (max first + 1, columns or max second + 1)."""
    rows, columns = int(first.max()) + 1, columns or int(second.max()) + 1
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns).astype(float)


def adjusted_rand(first: Labels, second: Labels) -> float:
    """Agreement of two partitions beyond chance; 1 is identity (Hubert & Arabie, 1985)."""
    table = contingency(first, second)

    def pairs(counts: NDArray[np.float64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    rows, columns, n = pairs(table.sum(axis=1)), pairs(table.sum(axis=0)), table.sum()
    expected = rows * columns / (n * (n - 1) / 2)
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((pairs(table) - expected) / (most - expected))


def best_jaccard(first: Labels, second: Labels) -> NDArray[np.float64]:
    """For each segment of `first`, its overlap with the most similar one of `second`; shape (n_segments,)."""
    table = contingency(first, second)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    return np.asarray((table / np.maximum(union, 1)).max(axis=1))


@dataclass(frozen=True)
class CountStability:
    """How well the segments of one count come back.

    Attributes
    ----------
    count : int
    jaccard : tuple of float
        Mean overlap of each segment with its nearest in a resample's solution.
    adjusted_rand : float
        Mean agreement of the solutions of two resamples.
    """

    count: int
    jaccard: tuple[float, ...]
    adjusted_rand: float

    @property
    def weakest(self) -> float:
        """The overlap of the segment that comes back worst."""
        return min(self.jaccard)


@dataclass(frozen=True)
class Stability:
    """Stability by count, from the same resamples."""

    counts: tuple[CountStability, ...]
    resamples: int

    def of(self, count: int) -> CountStability:
        """The stability of one count."""
        return next(row for row in self.counts if row.count == count)

    def frame(self) -> pl.DataFrame:
        """One row per count and segment: count, segment (from 1), jaccard, trust, adjusted_rand."""
        return pl.DataFrame(
            [
                (row.count, number, jaccard, trust(jaccard), row.adjusted_rand)
                for row in self.counts
                for number, jaccard in enumerate(row.jaccard, start=1)
            ],
            schema={
                "count": pl.Int64, "segment": pl.Int64, "jaccard": pl.Float64, "trust": pl.String,
                "adjusted_rand": pl.Float64,
            },
            orient="row",
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "resamples": self.resamples,
            "counts": [
                {"count": row.count, "jaccard": list(row.jaccard), "adjusted_rand": row.adjusted_rand}
                for row in self.counts
            ],
        }


def segment_stability(
    own: dict[int, Labels],
    refit: Refit,
    *,
    resamples: int,
    random: np.random.Generator,
    progress: Progress = silent,
) -> Stability:
    """Refit on bootstrap resamples and see whether the segments come back (Hennig, 2007; Dolnicar & Leisch, 2010).

    Parameters
    ----------
    own : dict
        Labels of the customers by number of segments.
    refit : callable
        Takes how often each customer counts and a generator; gives such labels for all customers from a fresh fit.
    resamples : int
    random : numpy Generator
    progress : Progress
    """
    n = len(next(iter(own.values())))
    jaccards: dict[int, list[NDArray[np.float64]]] = {count: [] for count in own}
    rands: dict[int, list[float]] = {count: [] for count in own}
    before: dict[int, Labels] = {}
    for number in range(resamples):
        counts = np.bincount(random.integers(0, n, n), minlength=n)
        labels = refit(counts, random)
        drawn = counts > 0
        for count in own:
            jaccards[count].append(best_jaccard(own[count][drawn], labels[count][drawn]))
            if before:
                rands[count].append(adjusted_rand(before[count], labels[count]))
        before = labels
        progress("segments: stability", number + 1, resamples)
    return Stability(
        tuple(
            CountStability(
                count,
                tuple(float(value) for value in np.mean(_padded(jaccards[count], count), axis=0)),
                float(np.mean(rands[count])) if rands[count] else 1.0,
            )
            for count in sorted(own)
        ),
        resamples,
    )


def _padded(rows: list[NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """The last segments may be nobody's, in a resample or at all; their overlap is 0."""
    return np.stack([np.pad(row, (0, count - len(row))) for row in rows])
