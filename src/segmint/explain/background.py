"""The customers that everyone is compared with, made from counts alone: a bundle holds no customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats

ROWS = 200


def background_rows(reference: Mapping[str, Any], *, rows: int = ROWS, seed: int = 0) -> pl.DataFrame:
    """Draw made-up customers whose columns look like the customers a network was trained on.

    Each column alone is as faithful as `rows` rows allow (one draw from each of `rows` equal slices of its
    distribution: Latin hypercube sampling); how columns go together is not in a bundle, so they are combined at
    random.

    Parameters
    ----------
    reference : dict
        A bundle's ``reference.json``: edges between twentieths and counts of numbers, counts of levels, missing shares.
    rows : int
    seed : int
        The same seed gives the same rows.

    Returns
    -------
    polars.DataFrame of shape (rows, n_columns)
        Numbers as Float64, categories as String, null for no value; what `Predictor.probabilities` reads.
        Numbers beyond the outermost edges stand at the edge: a reference does not say how far they reach.

    References
    ----------
    McKay, Beckman, Conover 1979, "A comparison of three methods for selecting values of input variables",
    Technometrics 21(2).
    """
    random = np.random.default_rng(seed)
    return pl.DataFrame([_column(summary, rows, random) for summary in reference["columns"]])


def _column(summary: Mapping[str, Any], rows: int, random: np.random.Generator) -> pl.Series:
    places = random.permutation((np.arange(rows) + random.random(rows)) / rows)
    missing = float(summary["missing_share"])
    known = np.clip((places - missing) / max(1.0 - missing, 1e-12), 0.0, 1.0)
    drawn = _numbers(summary, known) if summary["kind"] == "number" else _levels(summary, known)
    return drawn.set(pl.Series(places < missing), None).alias(summary["name"])


def _levels(summary: Mapping[str, Any], places: Floats) -> pl.Series:
    levels: dict[str, int] = summary["levels"]
    chosen, _ = _choose(list(levels.values()), places)
    return pl.Series([None if at < 0 else list(levels)[at] for at in chosen], dtype=pl.String)


def _numbers(summary: Mapping[str, Any], places: Floats) -> pl.Series:
    states = {float(state): count for state, count in summary["states"].items()}
    edges = np.asarray(summary["edges"], dtype=np.float64)
    chosen, within = _choose([*states.values(), *summary["counts"]], places)
    codes = np.array([*states, np.nan])
    drawn = codes[np.where((chosen >= 0) & (chosen < len(states)), chosen, len(states))]
    if len(edges):
        band = np.clip(chosen - len(states), 0, len(edges))
        low, high = edges[np.maximum(band - 1, 0)], edges[np.minimum(band, len(edges) - 1)]
        number = low + within * (high - low)
        # A band holds its lower edge and not its upper one, so whole numbers are rounded down.
        number = np.floor(number) if np.all(edges == np.floor(edges)) else number
        drawn = np.where(chosen >= len(states), number, drawn)
    return pl.Series(drawn, dtype=pl.Float64).fill_nan(None)


def _choose(counts: list[int], places: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Say in which part of a distribution each place in [0, 1] lies, and how far inside it; -1 when all are empty."""
    ends = np.cumsum(np.asarray(counts, dtype=np.float64))
    if not len(ends) or ends[-1] <= 0:
        return np.full(len(places), -1), np.zeros(len(places))
    at = np.minimum(places, 1.0 - 1e-12) * ends[-1]
    chosen = np.searchsorted(ends, at, "right")
    sizes = np.asarray(counts, dtype=np.float64)[chosen]
    return chosen, (at - (ends[chosen] - sizes)) / sizes
