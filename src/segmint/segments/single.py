"""The segment of one customer at a time, in microseconds: what `assign_segments` says of a frame of one row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.segments.coding import NO_ANSWER

State = dict[str, Any]
Vector = NDArray[np.float64]
SegmentOf = Callable[[list[int], list[float]], tuple[int, list[int]]]


class SingleAssigner:
    """Puts customers into segments one by one: the way for a service.

    A test holds it against `assign_segments`, which stays the truth.

    Parameters
    ----------
    state : dict
        As for `assign_segments`.
    """

    def __init__(self, state: State) -> None:
        levels = [part for part in state["coding"] if part["type"] != "score"]
        self._levels = [(str(part["column"]), _level_coder(part)) for part in levels]
        self._scores = [(str(p["column"]), _score_reader(p)) for p in state["coding"] if p["type"] == "score"]
        self._segment_of = _by_tree(state) if state["method"] == "tree" else _by_weights(state, levels)

    def label(self, values: Mapping[str, Any]) -> tuple[int, tuple[str, ...]]:
        """Tell the segment, from 0, of a customer as `OneRow` reads one: numbers as floats, the rest as text, or None.

        Beside it the columns of `chosen_without`.
        """
        codes = [code(values[name]) for name, code in self._levels]
        segment, without = self._segment_of(codes, [score(values[name]) for name, score in self._scores])
        return segment, tuple(self._levels[place][0] for place in without)


def _level_coder(state: State) -> Callable[[Any], int]:
    """Make what `encode_column` does for one value."""
    missing: int = state["missing"]
    if state["type"] == "levels":
        code_of = {level: code for code, level in enumerate(state["levels"])} | dict.fromkeys(
            (None, *NO_ANSWER), missing
        )
        other: int = state["other"]
        return lambda value: code_of.get(value, other)
    states, cuts = state["states"], state["cuts"]
    banded = len(state["labels"]) > len(states) + (missing >= 0)
    special = dict.fromkeys(state["codes"], missing)
    special |= {number: code for code, number in enumerate(states)}

    def code(value: float | None) -> int:
        if value is None:
            return missing
        found = special.get(value)
        if found is not None:
            return found
        return len(states) + bisect_right(cuts, value) if banded else missing

    return code


def _score_reader(state: State) -> Callable[[float | None], float]:
    """Make what reads one value as a normal score; NaN is no value."""
    knots, scores, states = state["knots"], state["values"], frozenset(state["states"])

    def score(value: float | None) -> float:
        return float("nan") if value is None or value in states else float(np.float32(np.interp(value, knots, scores)))

    return score


def _by_tree(state: State) -> SegmentOf:
    nodes: list[State] = [
        node | {"left_levels": frozenset(node.get("left_levels", ()))} for node in state["tree"]["nodes"]
    ]
    segment_of_leaf = [int(segment) for segment in state["segment_of_leaf"]]

    def segment_of(codes: list[int], scores: list[float]) -> tuple[int, list[int]]:
        node, without = nodes[0], set()
        while "leaf" not in node:
            column = node["column"]
            if codes[column] < 0:
                without.add(column)
            node = nodes[node["left"] if codes[column] in node["left_levels"] else node["right"]]
        return segment_of_leaf[int(node["leaf"])], sorted(without)

    return segment_of


def _by_weights(state: State, levels: list[State]) -> SegmentOf:
    """Sum the rows of one table: the segments' sizes, then what each level adds, in the order of `assign_segments`."""
    weights = np.asarray(state["weights"], float)
    rows, starts, start = [np.asarray(state["log_shares"], float)[None]], [], 0
    for number, part in enumerate(levels):
        size = len(part["labels"])
        # code -1, no value, adds nothing and finds the row before the levels
        starts.append(1 + start + number + 1)
        rows += [np.zeros((1, weights.shape[1])), weights[start : start + size]]
        start += size
    table, of_scores = np.vstack(rows), weights[start:]

    def segment_of(codes: list[int], scores: list[float]) -> tuple[int, list[int]]:
        logs: Vector = table[[0, *(start + code for start, code in zip(starts, codes, strict=True))]].sum(axis=0)
        if scores:
            plain = np.array(scores)
            there = ~np.isnan(plain)
            plain[~there] = 0.0
            logs = logs + np.concatenate([plain**2, plain, there]) @ of_scores
        return int(logs.argmax()), []

    return segment_of
