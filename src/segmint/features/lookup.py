"""Features as sums of table rows: what a customer's columns pick, instead of a wide row of numbers that is mostly zero.

A category picks one row, a number a point between two neighbouring rows and a multiple of a third, so a customer with
16 columns touches some 30 rows where the full matrix has 200 to 300 features. A Dense layer on the features is then a
sum of rows of a table that is made once, column by column: `FeatureLookup.table`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats32
from segmint.features.apply import (
    apply_features,
    feature_blocks,
    known_levels,
    limits,
    pair_blocks,
    unseen_codes,
)
from segmint.features.changes import change_of_one, is_change
from segmint.features.levels import KEPT_MISSING, KEPT_OTHER
from segmint.features.numbers import read_numbers
from segmint.features.pairs import pair_steps, step_rows

Places = NDArray[np.int32]
Picks = tuple[list[int], list[float]]
PickOne = Callable[[Any], Picks]


class FeatureLookup:
    """What each column of a customer picks from a table of feature rows.

    Parameters
    ----------
    state : dict
        What `CustomerFeatures.fit` learned.

    Attributes
    ----------
    picks : int
        Table rows that each customer picks.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._columns: list[_Number | _Category] = []
        self._blocks: list[tuple[Floats32, slice]] = []
        first = 0
        for column, block in zip(state["columns"], feature_blocks(state), strict=True):
            made = (_Number if column["kind"] == "number" else _Category)(column, first)
            first += len(made.rows)
            self._blocks.append((made.rows, block))
            self._columns.append(made)
        self._pairs: list[_Count | _Change] = []
        for pair, block in zip(state.get("pairs", ()), pair_blocks(state), strict=True):
            together = (_Change if is_change(pair) else _Count)(pair, first)
            first += len(together.rows)
            self._blocks.append((together.rows, block))
            self._pairs.append(together)
        self.picks = sum(column.picks for column in self._columns) + len(self._pairs)
        self._one: list[tuple[str, PickOne]] = [(column.name, column.pick_one) for column in self._columns]

    def table(self, kernel: Floats32) -> Floats32:
        """Multiply the features that one unit of each table row stands for by a kernel.

        A row has features of one column only, so each column meets its own rows of the kernel: the features of all
        columns side by side would take memory with the square of their number.

        Parameters
        ----------
        kernel : ndarray of shape (n_features, n_units)

        Returns
        -------
        ndarray of shape (n_table_rows, n_units), float32
            For every customer ``weights @ table[places]`` is ``apply_features(...) @ kernel``.
        """
        none = np.zeros((0, kernel.shape[1]), dtype=np.float32)
        return np.concatenate([none, *(rows @ kernel[block] for rows, block in self._blocks)])

    def pick(self, frame: pl.DataFrame) -> tuple[Places, Floats32]:
        """Say which table rows customers pick, and how much of each; two arrays of shape (n_customers, picks).

        `frame` as for `apply_features`.
        """
        # Column by column in memory, as they are filled; whoever sums takes them in blocks of rows.
        places = np.empty((self.picks, frame.height), dtype=np.int32).T
        weights = np.empty((self.picks, frame.height), dtype=np.float32).T
        start = 0
        for column in self._columns:
            part = slice(start, start + column.picks)
            column.pick(frame[column.name], places[:, part], weights[:, part])
            start += column.picks
        for pair in self._pairs:
            places[:, start], weights[:, start] = pair.pick(frame), 1.0
            start += 1
        return places, weights

    def pick_one(self, customer: Mapping[str, Any]) -> Picks:
        """Say it of one customer: floats, texts and None by column name; table rows that count for nothing are left out."""
        places: list[int] = []
        weights: list[float] = []
        for name, pick_one in self._one:
            some, much = pick_one(customer[name])
            places += some
            weights += much
        for pair in self._pairs:
            places.append(pair.pick_one(customer))
            weights.append(1.0)
        return places, weights


class _Number:
    """Picks a flag, or its scaled self and a point between two edges."""

    def __init__(self, column: Mapping[str, Any], first: int) -> None:
        self.name: str = column["name"]
        self.center, self.scale = float(column["center"]), float(column["scale"])
        self.states: list[float] = [float(state) for state in column["states"]]
        self.unseen = unseen_codes(column)
        self.flags = len(self.states) + bool(column["flag_missing"])
        self.missing = first + len(self.states) if column["flag_missing"] else -1
        self.edges: list[float] = [float(edge) for edge in column["edges"]] if len(column["edges"]) > 1 else []
        self.low, self.high = limits(column)
        self.first, self.scaled, self.knots = first, first + self.flags, first + self.flags + 1
        self.picks = 3 if self.edges else 1
        self._stops, self._spans = np.asarray(self.edges), np.diff(self.edges)
        flags = np.eye(self.flags + 1, dtype=np.float32)
        if not self.edges:
            self.rows: Floats32 = flags
            return
        knots = np.tri(len(self.edges), len(self.edges) - 1, -1)
        knots = np.column_stack([column["scores"], knots])
        self.rows = np.zeros((self.flags + 1 + len(self.edges), self.flags + 1 + knots.shape[1]), dtype=np.float32)
        self.rows[: self.flags + 1, : self.flags + 1] = flags
        self.rows[self.flags + 1 :, self.flags + 1 :] = knots

    def pick(self, series: pl.Series, places: Places, weights: Floats32) -> None:
        values = read_numbers(series, self.unseen)
        known, flag = values, None
        absent = np.isnan(values)
        if self.flags:
            flag = np.where(absent, self.missing, -1)
            for place, state in enumerate(self.states):
                here = values == state
                flag[here] = self.first + place
                absent |= here
        if absent.any():
            known = np.where(absent, self.center, values)
        known = np.clip(known, self.low, self.high)
        scaled = np.clip((known - self.center) / self.scale, -1e6, 1e6)
        places[:, 0] = self.scaled
        weights[:, 0] = scaled / np.sqrt(1.0 + (scaled / 3.0) ** 2)
        if self.edges:
            step = np.searchsorted(self._stops[1:-1], known, side="right")
            places[:, 1] = self.knots + step
            places[:, 2] = places[:, 1] + 1
            between = np.clip((known - self._stops[step]) / self._spans[step], 0.0, 1.0)
            weights[:, 1], weights[:, 2] = 1.0 - between, between
        if flag is not None:
            flagged = np.flatnonzero(flag >= 0)
            weights[flagged] = 0.0
            places[flagged, 0], weights[flagged, 0] = flag[flagged], 1.0

    def pick_one(self, value: float | None) -> Picks:
        if value is None or value != value or value in self.unseen:
            if self.missing >= 0:
                return [self.missing], [1.0]
            value = self.center
        elif value in self.states:
            return [self.first + self.states.index(value)], [1.0]
        value = min(max(value, self.low), self.high)
        scaled = min(max((value - self.center) / self.scale, -1e6), 1e6)
        scaled /= math.sqrt(1.0 + (scaled / 3.0) ** 2)
        if not self.edges:
            return [self.scaled], [scaled]
        step = bisect_right(self.edges, value, 1, len(self.edges) - 1) - 1
        low, high = self.edges[step], self.edges[step + 1]
        between = min(max((value - low) / (high - low), 0.0), 1.0)
        return [self.scaled, self.knots + step, self.knots + step + 1], [scaled, 1.0 - between, between]


class _Category:
    """Picks one row: that of its level, with the level's place on a ring or ladder in it."""

    picks = 1

    def __init__(self, column: Mapping[str, Any], first: int) -> None:
        self.name: str = column["name"]
        known = known_levels(column)
        stranger = _unlike(known)
        texts: list[str | None] = [*known, None, stranger]
        frame = pl.DataFrame({self.name: texts}, schema={self.name: pl.String})
        self.rows: Floats32 = apply_features({"columns": [column]}, frame)
        self._place: dict[str | None, int] = {text: first + place for place, text in enumerate(texts)}
        self._absent, self._stranger = self._place[None], self._place.pop(stranger)
        self._texts, self._places = list(known), [self._place[text] for text in known]

    def pick(self, series: pl.Series, places: Places, weights: Floats32) -> None:
        texts, weights[:] = series.cast(pl.String), 1.0
        if not self._texts:
            places[:, 0] = np.where(texts.is_null().to_numpy(), self._absent, self._stranger)
            return
        found = texts.replace_strict(self._texts, self._places, default=self._stranger, return_dtype=pl.Int32)
        if texts.null_count():
            found = pl.select(pl.when(texts.is_null()).then(self._absent).otherwise(found)).to_series()
        places[:, 0] = found.to_numpy()

    def pick_one(self, text: str | None) -> Picks:
        return [self._place.get(text, self._stranger)], [1.0]


class _Pair:
    """Picks one row: that of the step its two values are on."""

    def __init__(self, pair: Mapping[str, Any], first: int) -> None:
        self.rows: Floats32 = step_rows(pair)
        self._pair, self._first = pair, first
        self._names: tuple[str, str] = tuple(pair["names"])

    def pick(self, frame: pl.DataFrame) -> Places:
        first, second = self._names
        return (self._first + pair_steps(self._pair, frame[first], frame[second])).astype(np.int32)


class _Count(_Pair):
    """The step is that of how many customers share both values."""

    def __init__(self, pair: Mapping[str, Any], first: int) -> None:
        super().__init__(pair, first)
        self._known = [{value: place for place, value in enumerate(levels)} for levels in pair["levels"]]
        self._steps: list[list[int]] = pair["steps"]

    def pick_one(self, customer: Mapping[str, Any]) -> int:
        # -1 is the last row and column: values that are not listed
        here, there = (
            known.get(_told(customer[name]), -1) for name, known in zip(self._names, self._known, strict=True)
        )
        return self._first + self._steps[here][there]


class _Change(_Pair):
    """The step is that of the change from one to the other."""

    def pick_one(self, customer: Mapping[str, Any]) -> int:
        before, after = self._names
        return self._first + change_of_one(self._pair, customer[before], customer[after])


def _told(value: Any) -> Any:
    return None if value != value else value


def _unlike(known: Collection[str]) -> str:
    """Return a text that is none of the levels."""
    text = "?"
    while text in known or text in (KEPT_MISSING, KEPT_OTHER):
        text += "?"
    return text
