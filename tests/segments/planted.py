"""Tables with planted segments, and tables with none: the truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.segments.stability import adjusted_rand

CATEGORIES, NUMBERS = 6, 4
MISSING = 0.1


def planted(seed: int, count: int, rows: int = 5_000, smallest: float = 0.08) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Draw segments that differ just enough for their true parameters to find them again at adjusted Rand 0.95.

    Six categories and four numbers carry the segments; three categories and two numbers are noise; a tenth is missing.
    """
    random = np.random.default_rng(seed)
    share = smallest + (1 - count * smallest) * random.dirichlet(np.full(count, 3.0))
    truth = random.choice(count, size=rows, p=share)
    odds = [random.normal(size=(count, int(random.integers(2, 6)))) for _ in range(CATEGORIES)]
    means = random.normal(size=(count, NUMBERS))
    draws, errors = random.random((rows, CATEGORIES)), random.normal(size=(rows, NUMBERS))
    gone = random.random((rows, CATEGORIES + NUMBERS)) < MISSING
    for strength in np.arange(0.6, 6, 0.2):
        chances = [np.exp(strength * table) for table in odds]
        chances = [table / table.sum(axis=1, keepdims=True) for table in chances]
        levels = np.stack(
            [
                (draws[:, [j]] > table[truth].cumsum(axis=1)).sum(axis=1).clip(0, table.shape[1] - 1)
                for j, table in enumerate(chances)
            ],
            axis=1,
        )
        numbers = 0.7 * strength * means[truth] + errors
        density = np.tile(np.log(share), (rows, 1))
        for j, table in enumerate(chances):
            density += np.where(gone[:, [j]], 0, np.log(table[:, levels[:, j]].T))
        for j in range(NUMBERS):
            away = numbers[:, [j]] - 0.7 * strength * means[:, j]
            density += np.where(gone[:, [CATEGORIES + j]], 0, -0.5 * away**2)
        if adjusted_rand(truth, density.argmax(axis=1)) >= 0.95:
            break
    columns: dict[str, pl.Series] = {}
    for j in range(CATEGORIES):
        columns[f"category {j}"] = _levels(levels[:, j], gone[:, j])
    for j in range(NUMBERS):
        columns[f"number {j}"] = _numbers(numbers[:, j], gone[:, CATEGORIES + j])
    return pl.DataFrame(columns | _noise(random, rows, 3, 2)), truth


def unplanted(seed: int, rows: int = 5_000) -> pl.DataFrame:
    """Draw fifteen columns that have nothing to do with each other, some with long tails."""
    return pl.DataFrame(_noise(np.random.default_rng(seed), rows, 9, 6))


def _noise(random: np.random.Generator, rows: int, categories: int, numbers: int) -> dict[str, pl.Series]:
    columns: dict[str, pl.Series] = {}
    for j in range(categories):
        count = int(random.integers(2, 6))
        levels = random.choice(count, size=rows, p=random.dirichlet(np.full(count, 2.0)))
        columns[f"noise {j}"] = _levels(levels, random.random(rows) < MISSING)
    for j in range(numbers):
        values = random.normal(size=rows)
        columns[f"noisy number {j}"] = _numbers(np.exp(values) if j % 2 else values, random.random(rows) < MISSING)
    return columns


def _levels(levels: NDArray[np.int64], gone: NDArray[np.bool_]) -> pl.Series:
    return pl.Series([None if empty else f"level {level}" for level, empty in zip(levels, gone, strict=True)])


def _numbers(values: NDArray[np.float64], gone: NDArray[np.bool_]) -> pl.Series:
    return pl.Series(np.where(gone, np.nan, values)).fill_nan(None)
