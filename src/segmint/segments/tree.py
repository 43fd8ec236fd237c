"""One small tree on coded columns: it says segments in rules, and it makes segments from the response.

A split sends some levels of one column left. Levels of a ladder keep their order; levels of a set are ordered by
the classes they hold (the first principal direction; exact for two classes: Breiman et al., 1984; Coppersmith, Hong
& Hosking, 1999). No value is a level like any other.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.segments.coding import Codes

State = dict[str, Any]
Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Send customers left whose level of `column` is among `levels`."""

    column: int
    levels: tuple[int, ...]  # -1 is no value
    gain: float
    chi_square: float


@dataclass
class _Node:
    rows: NDArray[np.int64]
    counts: Counts
    split: Split | None = None
    left: int = -1
    right: int = -1


def grow_tree(
    codes: Codes,
    sizes: Sequence[int],
    ordered: Sequence[bool],
    target: NDArray[np.int64],
    *,
    leaves: int,
    smallest: int,
    surest: float = 0.0,
    prune_from: int = 0,
) -> State:
    """Grow a tree, the best split anywhere first, until it has `leaves` leaves or no split helps.

    Parameters
    ----------
    codes : ndarray of shape (n_customers, n_columns)
        Level of each customer; -1 where there is no value.
    sizes, ordered : sequences of length n_columns
        Number of levels; whether they form a ladder.
    target : ndarray of int of shape (n_customers,)
        The class to tell apart: a segment, or yes and no.
    leaves, smallest : int
        At most so many leaves, of at least so many customers.
    prune_from : int
        Grow to so many leaves first, then take back the splits that save the fewest mistakes, down to `leaves`.
    surest : float
        A split needs at least this chi-square; 0 asks for none.

    Returns
    -------
    dict
        JSON: ``{"nodes": [...]}``; a node is a split ``{"column", "left_levels", "left", "right"}`` or a leaf
        ``{"leaf", "counts"}``. Leaves are numbered from left to right.
    """
    classes = int(target.max()) + 1
    everyone = np.arange(len(target))
    nodes = [_Node(everyone, _count(target, everyone, classes))]
    waiting: list[tuple[float, int]] = []

    def offer(place: int) -> None:
        node = nodes[place]
        node.split = _best_split(codes[node.rows], sizes, ordered, target[node.rows], classes, smallest)
        if node.split is not None and node.split.chi_square >= surest:
            heapq.heappush(waiting, (-node.split.gain, place))
        else:
            node.split = None

    offer(0)
    found = 1
    while waiting and found < max(leaves, prune_from):
        _, place = heapq.heappop(waiting)
        node = nodes[place]
        assert node.split is not None
        goes_left = np.isin(codes[node.rows, node.split.column], node.split.levels)
        for rows in (node.rows[goes_left], node.rows[~goes_left]):
            nodes.append(_Node(rows, _count(target, rows, classes)))
        node.left, node.right = len(nodes) - 2, len(nodes) - 1
        found += 1
        offer(node.left)
        offer(node.right)
    _prune(nodes, leaves)
    return {"nodes": _as_json(nodes)}


def find_leaves(tree: State, codes: Codes) -> NDArray[np.int64]:
    """Tell the leaf of each customer; shape (n_customers,)."""
    place = np.zeros(len(codes), np.int64)
    leaf = np.zeros(len(codes), np.int64)
    for number, node in enumerate(tree["nodes"]):  # a parent stands before its children
        here = np.flatnonzero(place == number)
        if "leaf" in node:
            leaf[here] = node["leaf"]
            continue
        goes_left = np.isin(codes[here, node["column"]], node["left_levels"])
        place[here] = np.where(goes_left, node["left"], node["right"])
    return leaf


def leaf_nodes(tree: State) -> list[State]:
    """The leaves of a tree, by number."""
    return sorted((node for node in tree["nodes"] if "leaf" in node), key=lambda node: int(node["leaf"]))


def leaf_paths(tree: State, levels: Sequence[int]) -> Iterator[tuple[State, dict[int, frozenset[int]]]]:
    """Go to every leaf: with the levels of each column that lead there, the column that was split last standing last.

    Parameters
    ----------
    tree : dict
        As `grow_tree` returns it.
    levels : sequence of int
        How many levels each column has; -1, no value, comes on top.
    """

    def walk(place: int, path: dict[int, frozenset[int]]) -> Iterator[tuple[State, dict[int, frozenset[int]]]]:
        node = tree["nodes"][place]
        if "leaf" in node:
            yield node, path
            return
        column = int(node["column"])
        here = path.get(column, frozenset(range(-1, levels[column])))
        above = {other: theirs for other, theirs in path.items() if other != column}
        left = here & frozenset(node["left_levels"])
        yield from walk(node["left"], above | {column: left})
        yield from walk(node["right"], above | {column: here - left})

    return walk(0, {})


def _prune(nodes: list[_Node], leaves: int) -> None:
    """Take back splits, the one that saves the fewest mistakes for each leaf it costs first (Breiman et al., 1984)."""
    wrong = [float(node.counts.sum() - node.counts.max()) for node in nodes]
    while True:
        below: dict[int, tuple[int, float]] = {}
        for place in reversed(_alive(nodes)):  # children before parents
            node = nodes[place]
            (first, less), (second, more) = (
                ((1, wrong[place]), (0, 0.0)) if node.left < 0 else (below[node.left], below[node.right])
            )
            below[place] = first + second, less + more
        spare = below[0][0] - leaves
        if spare <= 0:
            return
        costs = [
            ((wrong[place] - saved) / (number - 1), place)
            for place, (number, saved) in below.items()
            if 1 < number <= spare + 1
        ]
        nodes[min(costs)[1]].left = -1


def _alive(nodes: list[_Node]) -> list[int]:
    """Return the nodes that can be reached, parents before children."""
    alive = [0]
    for place in alive:
        if nodes[place].left >= 0:
            alive += [nodes[place].left, nodes[place].right]
    return alive


def _count(target: NDArray[np.int64], rows: NDArray[np.int64], classes: int) -> Counts:
    return np.bincount(target[rows], minlength=classes).astype(float)


def _purity(counts: Counts) -> NDArray[np.float64]:
    """Sum of squared class counts over their sum: what Gini's gain is the difference of."""
    return np.asarray((counts**2).sum(axis=-1) / np.maximum(counts.sum(axis=-1), 1e-12))


def _best_split(
    codes: Codes,
    sizes: Sequence[int],
    ordered: Sequence[bool],
    target: NDArray[np.int64],
    classes: int,
    smallest: int,
) -> Split | None:
    best: Split | None = None
    for column, size in enumerate(sizes):
        cells = (codes[:, column].astype(np.int64) + 1) * classes + target
        table = np.bincount(cells, minlength=(size + 1) * classes).reshape(size + 1, classes).astype(float)
        for order in _orders(table, ordered[column]):
            split = _cut(table, order, column, smallest)
            if split is not None and (best is None or split.gain > best.gain + 1e-9):
                best = split
    return best if best is not None and best.gain > 1e-9 else None


def _orders(table: Counts, ladder: bool) -> list[NDArray[np.int64]]:
    """In which orders the levels present (0 is no value) may be cut in two."""
    present = np.flatnonzero(table.sum(axis=1) > 0)
    if len(present) < 2:
        return []
    if ladder:
        if present[0] != 0:
            return [present]
        return [present, np.append(present[1:], 0)]  # no value at the low end, or at the high end
    size = table[present].sum(axis=1, keepdims=True)
    shares = table[present] / size
    away = (shares - (shares * size).sum(axis=0) / size.sum()) * np.sqrt(size)
    direction = np.linalg.svd(away, full_matrices=False)[2][0]
    return [present[np.argsort(shares @ direction, kind="stable")]]


def _cut(table: Counts, order: NDArray[np.int64], column: int, smallest: int) -> Split | None:
    left = table[order].cumsum(axis=0)[:-1]
    whole = table.sum(axis=0)
    right = whole - left
    gain = _purity(left) + _purity(right) - _purity(whole)
    gain = np.where((left.sum(axis=1) >= smallest) & (right.sum(axis=1) >= smallest), gain, -np.inf)
    place = int(gain.argmax())
    if not np.isfinite(gain[place]):
        return None
    levels = tuple(int(level) - 1 for level in np.sort(order[: place + 1]))
    return Split(column, levels, float(gain[place]), _chi_square(np.stack([left[place], right[place]])))


def _chi_square(table: Counts) -> float:
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(np.where(expected > 0, (table - expected) ** 2 / np.maximum(expected, 1e-12), 0).sum())


def _as_json(nodes: list[_Node]) -> list[State]:
    """Nodes in reading order, leaves numbered from left to right."""
    told: list[State] = []
    leaves = 0

    def tell(place: int) -> int:
        nonlocal leaves
        node = nodes[place]
        number = len(told)
        if node.left < 0:
            told.append({"leaf": leaves, "counts": [int(count) for count in node.counts]})
            leaves += 1
            return number
        assert node.split is not None
        split: State = {"column": node.split.column, "left_levels": list(node.split.levels)}
        told.append(split)
        split["left"] = tell(node.left)
        split["right"] = tell(node.right)
        return number

    tell(0)
    return told
