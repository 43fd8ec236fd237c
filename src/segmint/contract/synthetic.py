"""Rows made from a contract alone: no customer stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.random import Generator

from segmint.contract.column import Column, Known
from segmint.contract.contract import Contract

MISSING_SHARE = 0.05
STATE_SHARE = 0.3
DEFAULT_RANGE = (0.0, 100.0)

Ranges = Mapping[str, tuple[float, float]]


def synthetic_rows(
    contract: Contract,
    at: Known,
    count: int,
    seed: int,
    *,
    ranges: Ranges | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
) -> pl.DataFrame:
    """Make rows that the contract accepts, for golden rows, examples and tests.

    Parameters
    ----------
    contract : Contract
    at : {"planning", "dialling", "after_call"}
        Feature columns known by then are made, and the id.
    count : int
        Number of rows.
    seed : int
    ranges : mapping of str to (float, float), optional
        Smallest and largest number of a column; without it the contract's bounds hold, or 0 to 100.
    levels : mapping of str to sequence of str, optional
        Levels of categories for which the contract allows any.

    Returns
    -------
    polars.DataFrame of shape (count, n_columns)
        All String, as a text file would give it.
    """
    rng = np.random.default_rng(seed)
    frame: dict[str, list[str]] = {}
    for column in contract.columns:
        if column.role == "id":
            frame[column.name] = [f"synthetic-{i + 1}" for i in range(count)]
        elif column.is_feature and column.known_by(at):
            missing = contract.missing_tokens(column)
            texts = _cells(column, count, rng, ranges or {}, levels or {})
            gone = rng.random(count) < (MISSING_SHARE if missing else 0.0)
            frame[column.name] = [missing[0] if gone[i] else text for i, text in enumerate(texts)]
    return pl.DataFrame(frame, schema=dict.fromkeys(frame, pl.String))


def _cells(
    column: Column, count: int, rng: Generator, ranges: Ranges, levels: Mapping[str, Sequence[str]]
) -> list[str]:
    if column.kind == "category":
        choice = list(column.allowed or levels.get(column.name, ()) or ("a", "b"))
        return [choice[i] for i in rng.integers(len(choice), size=count)]
    low, high = _range(column, ranges)
    numbers = rng.uniform(low, high, size=count)
    whole = float(low).is_integer() and float(high).is_integer()
    texts = [str(round(number)) if whole else f"{number:.6g}" for number in numbers]
    codes = [_text(state.value if state.written is None else state.written) for state in column.states]
    if codes:
        coded = rng.random(count) < STATE_SHARE
        which = rng.integers(len(codes), size=count)
        texts = [codes[which[i]] if coded[i] else text for i, text in enumerate(texts)]
    return texts


def _range(column: Column, ranges: Ranges) -> tuple[float, float]:
    if column.name in ranges:
        return ranges[column.name]
    low, high = column.bounds
    start = DEFAULT_RANGE[0] if low is None else low
    return start, max(start, DEFAULT_RANGE[1] if high is None else high)


def _text(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)
