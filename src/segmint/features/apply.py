"""Use what `CustomerFeatures` learned: a plain function of a JSON state and a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats32
from segmint.features.changes import is_change
from segmint.features.levels import KEPT_MISSING, KEPT_OTHER
from segmint.features.numbers import HUGE, read_numbers
from segmint.features.pairs import pair_steps, step_rows

MOST_FEATURES = 65_536  # what a network may read


def apply_features(state: Mapping[str, Any], frame: pl.DataFrame) -> Floats32:
    """Turn customers into the numbers a network reads.

    Parameters
    ----------
    state : dict
        What `CustomerFeatures.fit` learned, plain JSON.
    frame : polars.DataFrame of shape (n_customers, n_columns)
        Numbers as floats and categories as text; null means no value. Columns that `state` does not know are
        not looked at.

    Returns
    -------
    ndarray of shape (n_customers, n_features), float32
        Finite everywhere. A missing value, or a state code, is a feature of its own and zero in the column's
        other features; where none was missing when learning, the middle of the column stands in. A code that nobody had
        when learning counts as missing.
    """
    matrix = np.zeros((frame.height, count_features(state)), dtype=np.float32)
    for column, block in zip(state["columns"], feature_blocks(state), strict=True):
        fill = _fill_number if column["kind"] == "number" else _fill_category
        fill(matrix[:, block], column, frame[column["name"]])
    for pair, block in zip(state.get("pairs", ()), pair_blocks(state), strict=True):
        first, second = pair["names"]
        matrix[:, block] = step_rows(pair)[pair_steps(pair, frame[first], frame[second])]
    return matrix


def feature_blocks(state: Mapping[str, Any]) -> list[slice]:
    """Say which features each column became by itself, as one slice of the matrix per column."""
    return _blocks(_widths(state)[0])


def pair_blocks(state: Mapping[str, Any]) -> list[slice]:
    """Say which features each pair of columns became, as one slice of the matrix per pair; they follow the columns'."""
    columns, pairs = _widths(state)
    return _blocks(pairs, sum(columns))


def feature_names(state: Mapping[str, Any]) -> list[str]:
    """Name every feature, in the order of the matrix."""
    return [
        *(name for column in state["columns"] for name in _names(column)),
        *(name for pair in state.get("pairs", ()) for name in _pair_names(pair)),
    ]


def count_features(state: Mapping[str, Any]) -> int:
    """Count the features without naming them."""
    return sum(map(sum, _widths(state)))


def check_column(column: Mapping[str, Any]) -> None:
    """Hold the numbers of a learned column that comes from a file against what `CustomerFeatures` learns.

    Raises
    ------
    ValueError
        If they are no finite numbers, the scale is not above 0, or edges or their scores do not ascend.
    """
    if column["kind"] != "number":
        return
    edges, scores = column["edges"], column.get("scores", ())
    bounds = [column[name] for name in ("low", "high") if name in column]
    numbers = [column["center"], column["scale"], *bounds, *edges, *scores, *column["states"], *unseen_codes(column)]
    fits = (
        all(type(number) in (int, float) and np.isfinite(number) for number in numbers)
        and column["scale"] > 0
        and all(np.diff(edges) > 0)
        and all(np.diff(scores) >= 0)
        and (len(edges) < 2 or len(scores) == len(edges))
    )
    if not fits:
        raise ValueError(f"it holds numbers for '{column['name']}' that no fit has learned")


def _widths(state: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Say how many features each column became by itself, and each pair."""
    return [len(_names(column)) for column in state["columns"]], [len(pair["sizes"]) for pair in state.get("pairs", ())]


def _blocks(widths: list[int], first: int = 0) -> list[slice]:
    ends = first + np.cumsum(widths, dtype=int)
    return [slice(int(end) - width, int(end)) for width, end in zip(widths, ends, strict=True)]


def _pair_names(pair: Mapping[str, Any]) -> list[str]:
    before, after = pair["names"]
    name = f"{before} and {after} shared"
    if is_change(pair):
        name = f"{before} to {after}, {'amount' if pair['scales'] is None else 'place'}"
    return [name, *(f"{name}, step {step}" for step in range(1, len(pair["sizes"])))]


def _names(column: Mapping[str, Any]) -> list[str]:
    name = column["name"]
    if column["kind"] == "number":
        steps = [f"{name} step {i + 1}" for i in range(max(len(column["edges"]) - 1, 0))]
        flags = [f"{name} is {state:g}" for state in column["states"]]
        flags += [f"{name} missing"] if column["flag_missing"] else []
        return [*flags, f"{name} scaled", *([f"{name} normal score"] if steps else []), *steps]
    ring = [f"{name} sine", f"{name} cosine"] if column.get("ring") else []
    ladder = [f"{name} rank"] if column.get("ladder") else []
    return [*(f"{name} = {level}" for level in column["levels"]), *ring, *ladder]


def known_levels(column: Mapping[str, Any]) -> list[str]:
    """List every text that a learned category tells from a stranger, each once."""
    return list(dict.fromkeys([*column["levels"], *(column.get("ring") or ()), *(column.get("ladder") or ())]))


def limits(column: Mapping[str, Any]) -> tuple[float, float]:
    """Between which numbers a column is read; one beyond them is taken for the nearest."""
    return float(column.get("low", -HUGE)), float(column.get("high", HUGE))


def unseen_codes(column: Mapping[str, Any]) -> list[float]:
    """List the state codes that nobody had when learning: they are no numbers either. Earlier bundles list none."""
    return [float(code) for code in column.get("unseen", ())]


def _fill_number(block: Floats32, column: Mapping[str, Any], series: pl.Series) -> None:
    values = read_numbers(series, unseen_codes(column))
    place = 0
    for state in column["states"]:
        here = values == state
        block[:, place] = here
        values = np.where(here, np.nan, values)
        place += 1
    absent = np.isnan(values)
    values = np.clip(values, *limits(column))
    if column["flag_missing"]:
        block[:, place] = absent & ~block[:, :place].any(axis=1)
        place += 1
    flagged = block[:, :place].any(axis=1)
    known = np.where(absent, column["center"], values)
    scaled = np.clip((known - column["center"]) / column["scale"], -1e6, 1e6)
    # Smooth clip of RealMLP (Holzmueller et al. 2024, arXiv 2407.04491): far outliers saturate at 3.
    block[:, place] = scaled / np.sqrt(1.0 + (scaled / 3.0) ** 2)
    edges = np.asarray(column["edges"])
    if len(edges) > 1:
        block[:, place + 1] = np.interp(known, edges, column["scores"])
        # Piecewise-linear encoding (Gorishniy et al. 2022, arXiv 2203.05556).
        block[:, place + 2 :] = np.clip((known[:, None] - edges[:-1]) / np.diff(edges), 0.0, 1.0)
    block[flagged, place:] = 0.0  # a flag speaks for what is absent; without one the middle of the column stands in


def _fill_category(block: Floats32, column: Mapping[str, Any], series: pl.Series) -> None:
    levels: list[str] = column["levels"]
    codes = level_codes(series.cast(pl.String).fill_null(KEPT_MISSING), levels, other=KEPT_OTHER)
    seen = np.flatnonzero(codes >= 0)
    block[seen, codes[seen]] = 1.0
    place = len(levels)
    if ring := column.get("ring"):
        turn = level_codes(series, ring)
        angle = 2.0 * np.pi * turn / len(ring)
        block[:, place] = np.where(turn >= 0, np.sin(angle), 0.0)
        block[:, place + 1] = np.where(turn >= 0, np.cos(angle), 0.0)
        place += 2
    if ladder := column.get("ladder"):
        rank = level_codes(series, ladder)
        block[:, place] = np.where(rank >= 0, 2.0 * rank / (len(ladder) - 1) - 1.0, 0.0)


def level_codes(series: pl.Series, levels: list[str], *, other: str | None = None) -> NDArray[np.int64]:
    """Give each text its place in `levels`; one that has none gets the place of `other`, or -1."""
    codes = {level: code for code, level in enumerate(levels)}
    stranger = codes.get(other, -1) if other is not None else -1
    if not codes:
        return np.full(len(series), -1, dtype=np.int64)
    return (
        series.cast(pl.String)
        .replace_strict(list(codes), list(codes.values()), default=stranger, return_dtype=pl.Int64)
        .fill_null(-1)
        .to_numpy()
    )
