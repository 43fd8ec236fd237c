"""What a fit will take: minutes, from the size of the table."""

from __future__ import annotations

# Processor seconds of one fit: a start, and per 1,000 customers, column and class (yes and no are one). From the fits of
# benchmarks/quality.py on one thread, 2026-11: term-deposit best 150, fast 22; known segments 130 and 12; UCI sample 30 and 5.
_START = {"plain": 3.0, "fast": 3.0, "rolling": 3.0, "best": 40.0}
_PER_CELL = {"plain": 0.015, "fast": 0.06, "rolling": 0.05, "best": 0.40}
_CORES = 2


def expected_minutes(recipe: str, customers: int, columns: int, fits: int, *, classes: int = 2) -> float:
    """Estimate the minutes that `fits` fits of a recipe take on two free cores; at least one."""
    return max(expected_seconds(recipe, customers, columns, fits, classes=classes) / 60, 1.0)


def expected_seconds(recipe: str, customers: int, columns: int, fits: int, *, classes: int = 2) -> float:
    """Estimate the seconds that `fits` fits of a recipe take on two free cores."""
    cells = customers / 1_000 * columns * (1 if classes == 2 else classes)
    return fits * (_START[recipe] + _PER_CELL[recipe] * cells) / _CORES
