"""Reasons: how much each column moves a customer's propensity away from that of customers in general."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.features.apply import apply_features, feature_blocks, pair_blocks
from segmint.features.pairs import as_arrays, pair_codes, step_rows, steps_at
from segmint.models.forward import activation_of, forward
from segmint.models.predict import Predictor
from segmint.one_thread import plain_products
from segmint.progress import Progress, share_of, silent

Signals = NDArray[np.float32]
Codes = NDArray[np.int64]

CUSTOMERS_AT_ONCE = 16_384
ROWS_AT_ONCE = 512  # their signals fit the processor's cache
FEW_KEYS = 200_000
WALKS_AT_ONCE = 10
WORKERS = 2


@dataclass(frozen=True)
class Attributions:
    """What each column adds to each customer's probability.

    Attributes
    ----------
    contributions : ndarray of shape (n_customers, n_columns)
        In probability: +0.05 raises the propensity by five points. ``base + contributions.sum(axis=1)`` is the
        prediction.
    base : ndarray of shape (n_customers,)
        Mean prediction of the background, for the class that is explained.
    columns : tuple of str
    classes : ndarray of str, shape (n_customers,)
        The class whose probability is explained.
    forward_rows : int
        How many rows went through the network: the work done.
    """

    contributions: Floats
    base: Floats
    columns: tuple[str, ...]
    classes: NDArray[np.str_]
    forward_rows: int = 0

    @property
    def prediction(self) -> Floats:
        """The probability that is explained; shape (n_customers,)."""
        return np.asarray(self.base + self.contributions.sum(axis=1))

    def frame(self) -> pl.DataFrame:
        """One row per customer: class, base, prediction, then one column of contributions per column."""
        told = {"class": self.classes, "base": self.base, "prediction": self.prediction}
        return pl.DataFrame(
            told | {f"contribution_{name}": self.contributions[:, i] for i, name in enumerate(self.columns)}
        )


def attribute(
    predictor: Predictor,
    frame: pl.DataFrame,
    background: pl.DataFrame,
    *,
    seed: int,
    target: str | None = None,
    progress: Progress = silent,
) -> Attributions:
    """Share out among the columns how far each customer's prediction is from the background's mean prediction.

    Shapley values by sampling permutations (Štrumbelj and Kononenko 2014; Lundberg and Lee 2017): a background row
    turns into the customer one column after the other, and what a step changes belongs to its column. Each
    background row has its own order and takes it forwards and backwards (antithetic sampling: Mitchell et al. 2022).
    Whole columns are switched, never single features. The steps of a walk add up to the difference of its ends, so
    the sum is exact whatever the number of rows.

    Parameters
    ----------
    predictor : Predictor
    frame : polars.DataFrame of shape (n_customers, n_columns)
        Typed, as in `ValidTable.frame`.
    background : polars.DataFrame of shape (n_rows, n_columns)
        From `background_rows`, or rows handed in.
    seed : int
        Of the orders. The same seed gives the same result for each customer, whoever else is in the frame.
    target : str, optional
        The class to explain, for a response the positive one; left out, each customer's likeliest.
    progress : Progress
        Told of customers "explaining", as if each were done after the other.

    Raises
    ------
    ValueError
        If the background is empty or `target` is no class.

    References
    ----------
    Štrumbelj, Kononenko 2014, "Explaining prediction models and individual predictions with feature contributions",
    Knowledge and Information Systems 41. Lundberg, Lee 2017, "A unified approach to interpreting model predictions",
    NeurIPS. Mitchell, Cooper, Frank, Holmes 2022, "Sampling permutations for Shapley value estimation", JMLR 23.
    """
    if not background.height:
        raise ValueError("background must hold at least 1 row. Got 0 instead.")
    if target is not None and target not in predictor.classes:
        raise ValueError(f"target must be one of {list(predictor.classes)}. Got {target!r} instead.")
    columns = tuple(str(column["name"]) for column in predictor.features["columns"])
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(columns)) for _ in range(background.height)]
    parts = []
    for start in range(0, max(frame.height, 1), CUSTOMERS_AT_ONCE):
        some = frame[start : start + CUSTOMERS_AT_ONCE]
        tell = share_of(progress, "explaining", start, some.height, frame.height)
        parts.append(_attribute(predictor, some, background, orders, target, tell))
    return Attributions(
        contributions=np.concatenate([part.contributions for part in parts]),
        base=np.concatenate([part.base for part in parts]),
        columns=columns,
        classes=np.concatenate([part.classes for part in parts]),
        forward_rows=sum(part.forward_rows for part in parts),
    )


def _attribute(
    predictor: Predictor,
    frame: pl.DataFrame,
    background: pl.DataFrame,
    orders: Sequence[Codes],
    target: str | None,
    progress: Progress,
) -> Attributions:
    walker = Walker(predictor, frame, background)
    likely = walker.probabilities(walker.sums(walker.codes[walker.behind :]))
    base = walker.probabilities(walker.sums(walker.codes[: walker.behind]))
    place = likely.argmax(axis=1) if target is None else np.full(len(likely), predictor.classes.index(target))
    rows = [range(start, min(start + WALKS_AT_ONCE, len(orders))) for start in range(0, len(orders), WALKS_AT_ONCE)]

    def walk(some: range) -> tuple[Floats, int]:
        credit, work = np.zeros((frame.height, len(walker.tables))), 0
        for row in some if frame.height else ():
            for order in (orders[row], orders[row][::-1]):
                work += walker.walk(row, order, base[row], likely, place, credit)
        return credit, work

    with plain_products(), ThreadPoolExecutor(WORKERS) as pool:
        walked = []
        for found in pool.map(walk, rows):
            walked.append(found)
            progress("explaining", len(walked), len(rows))
    credits, works = zip(*walked, strict=True)
    return Attributions(
        contributions=sum(credits, np.zeros(())) / (2 * len(orders)),
        base=base.mean(axis=0)[place],
        columns=(),
        classes=np.asarray(predictor.classes)[place],
        forward_rows=len(likely) + len(base) + sum(works),
    )


class Walker:
    """Walks from background rows to customers.

    The first Dense layer is a sum over columns, so what each distinct value of a column adds to it is computed once
    (`tables`), and a step costs only the layers behind it; what a pair of columns adds depends on both, so it changes
    with either. Customers who share the values switched so far share the state of the walk, which is computed once; a
    step to an equal value computes nothing.
    """

    def __init__(self, predictor: Predictor, frame: pl.DataFrame, background: pl.DataFrame) -> None:
        (kernel, self.bias, activation), *self.layers = predictor.folded
        self.activate = activation_of(activation)
        self.calibrated = predictor.calibrated
        self.classes, self.behind = predictor.classes, background.height
        self.tables: list[Signals] = []
        codes = []
        features = predictor.features
        both = np.concatenate([apply_features(features, rows) for rows in (background, frame)])
        self.pairs = _pairs(features, kernel, (background, frame))
        for column, block in enumerate(feature_blocks(features)):
            # Features that the network does not look at make no difference; + 0.0 turns -0.0 into 0.0.
            seen = both[:, block] * kernel[block].any(axis=1) + np.float32(0.0)
            sides = [pair.values[pair.columns.index(column)] for pair in self.pairs if column in pair.columns]
            distinct, first, code = np.unique(
                np.column_stack([seen, *sides]), axis=0, return_index=True, return_inverse=True
            )
            codes.append(code.reshape(-1))
            self.tables.append(distinct[:, : seen.shape[1]].astype(np.float32) @ kernel[block])
            for pair in self.pairs:
                pair.keep(column, first)
        self.codes: Codes = np.stack(codes, axis=1)

    def sums(self, codes: Codes) -> Signals:
        """What the first layer adds up for rows given as codes; shape (n_rows, n_units)."""
        total = np.tile(self.bias, (len(codes), 1))
        for column, table in enumerate(self.tables):
            total += table[codes[:, column]]
        for pair in self.pairs:
            total += pair.table[pair.steps(*(codes[:, column] for column in pair.columns))]
        return total

    def probabilities(self, sums: Signals) -> Floats:
        """Run the layers behind the first one; shape (n_rows, n_classes)."""
        return self.calibrated.apply(forward(self.layers, self.activate(sums)))

    def moved(self, sums: Signals, column: int, code: int) -> Signals:
        """What the first layer adds up for the customers, given what it did, were `column` what `code` stands for."""
        mine = self.codes[self.behind :]
        total: Signals = sums + (self.tables[column][code] - self.tables[column][mine[:, column]])
        for pair in self.pairs:
            if column in pair.columns:
                there = [np.full(len(mine), code) if place == column else mine[:, place] for place in pair.columns]
                before = pair.steps(*(mine[:, place] for place in pair.columns))
                total += pair.table[pair.steps(*there)] - pair.table[before]
        return total

    def walk(self, row: int, order: Codes, base: Floats, likely: Floats, place: Codes, credit: Floats) -> int:
        """Turn background row `row` into every customer, column after column, and credit the columns.

        Parameters
        ----------
        row : int
        order : ndarray of shape (n_columns,)
        base : ndarray of shape (n_classes,)
            Probabilities of the background row.
        likely : ndarray of shape (n_customers, n_classes)
            Probabilities of the customers.
        place : ndarray of shape (n_customers,)
            The class that is explained.
        credit : ndarray of shape (n_customers, n_columns)
            Grows by what each step changes.

        Returns
        -------
        int
            Rows that went through the network.
        """
        work = 0
        state = np.zeros(len(place), dtype=np.int64)  # which state of the walk each customer is in
        someone = np.zeros(1, dtype=np.int64)  # a customer in each state
        sums, values = self.sums(self.codes[row : row + 1]), base[None, :]
        before = values[state, place]
        for step, column in enumerate(order):
            own, mine = self.codes[row, column], self.codes[self.behind :, column]
            came = np.arange(len(someone))
            if len(someone) < len(state):
                came, state, someone = _split(state, len(someone), mine, len(self.tables[column]))
            code, values = mine[someone], values[came]
            moved = np.flatnonzero(code != own)
            if step == len(order) - 1:
                values[moved] = likely[someone[moved]]
            else:
                sums = sums if len(came) == len(sums) else sums[came]
                change = self.tables[column] - self.tables[column][own]
                together = self._together(row, order[:step], column, someone, code)
                values[moved] = self._move(sums, moved, change, code, together)
                work += len(moved)
            after = values[state, place]
            credit[:, column] += after - before
            before = after
        return work

    def _together(
        self, row: int, switched: Codes, column: int, someone: Codes, code: Codes
    ) -> list[tuple[Signals, Codes, Codes]]:
        """Say for each pair of `column` what it adds, and on which step each state is after and before the switch."""
        found = []
        for pair in self.pairs:
            if column not in pair.columns:
                continue
            side = pair.columns.index(column)
            other = pair.columns[1 - side]
            there = self.codes[self.behind :, other][someone] if other in switched else self.codes[row, other]
            old = self.codes[row, column]
            after, before = (pair.steps(*((now, there) if side == 0 else (there, now))) for now in (code, old))
            found.append((pair.table, after, np.broadcast_to(before, after.shape)))
        return found

    def _move(
        self,
        sums: Signals,
        moved: Codes,
        change: Signals,
        code: Codes,
        together: Sequence[tuple[Signals, Codes, Codes]],
    ) -> Floats:
        """Change the sums of the rows `moved` in place and say what the network makes of them."""
        likely = [np.empty((0, len(self.classes)))]
        for start in range(0, len(moved), ROWS_AT_ONCE):
            rows = moved[start : start + ROWS_AT_ONCE]
            fresh = sums[rows] + change[code[rows]]
            for table, after, before in together:
                fresh += table[after[rows]] - table[before[rows]]
            sums[rows] = fresh
            likely.append(self.probabilities(fresh))
        return np.concatenate(likely)


class _Pair:
    """What two columns add to the first layer together."""

    def __init__(
        self,
        pair: Mapping[str, Any],
        columns: tuple[int, int],
        table: Signals,
        values: tuple[NDArray[Any], NDArray[Any]],
    ) -> None:
        self.columns, self.table, self.values = columns, table, values
        self._pair = as_arrays(pair)
        self._kept: list[NDArray[Any]] = [np.empty(0, dtype=np.int64)] * 2

    def keep(self, column: int, first: Codes) -> None:
        """Note which value each code of `column` stands for, given a row that has the code."""
        if column in self.columns:
            side = self.columns.index(column)
            self._kept[side] = self.values[side][first]

    def steps(self, first: Codes, second: Codes) -> Codes:
        """Say on which step rows with these codes of the two columns are."""
        return steps_at(self._pair, self._kept[0][first], self._kept[1][second])


def _pairs(features: Mapping[str, Any], kernel: Signals, frames: Sequence[pl.DataFrame]) -> list[_Pair]:
    place = {column["name"]: place for place, column in enumerate(features["columns"])}
    found = []
    for pair, block in zip(features.get("pairs", ()), pair_blocks(features), strict=True):
        first, second = (
            np.concatenate([pair_codes(pair, side, frame[name]) for frame in frames])
            for side, name in enumerate(pair["names"])
        )
        columns = place[pair["names"][0]], place[pair["names"][1]]
        found.append(_Pair(pair, columns, step_rows(pair) @ kernel[block], (first, second)))
    return found


def _split(state: Codes, states: int, code: Codes, codes: int) -> tuple[Codes, Codes, Codes]:
    """Split states by a further code.

    Returns
    -------
    came : ndarray of shape (n_new_states,)
        The old state of each new one; in order, if no state was split.
    state : ndarray of shape (n_customers,)
        The new state of each customer.
    someone : ndarray of shape (n_new_states,)
        A customer in each new state.
    """
    key = state * codes + code
    if states * codes <= FEW_KEYS:  # much faster than sorting
        present = np.zeros(states * codes, dtype=bool)
        present[key] = True
        keys = np.flatnonzero(present)
        state = (np.cumsum(present) - 1)[key]
    else:
        keys, state = np.unique(key, return_inverse=True)
    someone = np.empty(len(keys), dtype=np.int64)
    someone[state] = np.arange(len(state))
    return keys // codes, state, someone
