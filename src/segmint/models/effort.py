"""What a fit will take: minutes, from the size of the table."""

from __future__ import annotations

# Processor seconds of one fit, a rough guess still to be fitted with benchmarks/effort.py: a start, and per 1,000
# customers and column.
_START = {"plain": 5.0, "fast": 10.0, "best": 40.0}
_PER_CELL = {"plain": 0.02, "fast": 0.10, "best": 1.0}
_CORES = 2


def expected_minutes(recipe: str, customers: int, columns: int, fits: int) -> float:
    """Estimate the minutes that `fits` fits of a recipe take on two free cores; at least one."""
    one = _START[recipe] + _PER_CELL[recipe] * customers / 1_000 * columns
    return max(fits * one / _CORES / 60, 1.0)
