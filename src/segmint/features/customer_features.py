"""CustomerFeatures: learn once how columns become numbers, keep it as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from segmint.arrays import Floats32
from segmint.contract.column import Column
from segmint.contract.counts import count_values
from segmint.errors import DataError
from segmint.features.apply import (
    MOST_FEATURES,
    apply_features,
    count_features,
    feature_names,
    known_levels,
)
from segmint.features.changes import Change, Measure, learn_change
from segmint.features.edges import once_each, outer_edges, quantile_edges, round_among
from segmint.features.frame import as_frame, guess_columns, levels_as_learned, levels_as_text
from segmint.features.levels import KEPT_MISSING, KEPT_OTHER
from segmint.features.normal_scores import score_at
from segmint.features.numbers import HUGE, read_numbers
from segmint.features.pairs import learn_pair
from segmint.features.parameters import Rules, auto, check_parameters, count

TINY = 1.0 / HUGE
MOST_LEVELS = 1_000

Numbers = Literal["piecewise", "scaled"]


def _columns(given: Any) -> bool:
    return given is None or (isinstance(given, Sequence) and all(isinstance(each, Column) for each in given))


def _pairs(given: Any) -> bool:
    return _several(given) and all(
        _several(pair) and len(pair) == 2 and all(isinstance(name, str) for name in pair) and pair[0] != pair[1]
        for pair in given
    )


def _changes(given: Any) -> bool:
    return _several(given) and all(
        _several(change) and len(change) == 3 and _pairs([change[:2]]) and change[2] in get_args(Measure)
        for change in given
    )


def _edges(given: Any) -> bool:
    return given is None or (
        isinstance(given, Mapping)
        and all(isinstance(name, str) and _several(edges) for name, edges in given.items())
        and all(isinstance(edge, (int, float)) and np.isfinite(edge) for edges in given.values() for edge in edges)
    )


def _several(given: Any) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str)


# What each parameter must be, in words and as a check.
_PARAMETERS: Rules = {
    "columns": ("the columns of a contract, or None", _columns),
    "numbers": ('"piecewise" or "scaled"', lambda given: isinstance(given, str) and given in get_args(Numbers)),
    "bins": ('1 or more, or "auto"', lambda given: auto(given) or count(given)),
    "rare": ("1 or more", count),
    "within": ("True or False", lambda given: isinstance(given, bool | np.bool_)),
    "finer": ('lists of edges by names of columns, as {"price": [490, 500]}', _edges),
    "pairs": ('pairs of names of columns, as [("job", "age")]', _pairs),
    "changes": ('names of two columns of numbers and "amount" or "place", as [("june", "july", "amount")]', _changes),
}


class CustomerFeatures(TransformerMixin, BaseEstimator):
    """Make the network's inputs from customers: piecewise-linear numbers and one-hot categories.

    A number becomes its scaled and smoothly clipped self, its normal score, and steps between its quantiles
    (piecewise-linear encoding, Gorishniy et al. 2022, arXiv 2203.05556). Codes such as "-1: never contacted"
    and missing values become features of their own; a code that nobody had is read as missing. A category becomes one feature per level; levels seen in
    fewer than `rare` customers, and all but the commonest thousand, are pooled with those never seen, or are zero
    everywhere if they are few. Quantiles that fewer than `rare` customers have are rounded among those around them, see
    `features.edges`; a range ends within its outermost `rare` customers. Of a number known of too few for that only the
    flags are kept.
    Levels on a ring (months) also get sine and cosine.

    Parameters
    ----------
    columns : sequence of Column, optional
        What the contract says of the columns. Left out, numbers and texts are told apart by their type.
    numbers : {"piecewise", "scaled"}
        All of the above, or only the scaled number (what KNN and logistic regression want).
    bins : int or "auto"
        Steps per number. "auto" takes 16 below 15,000 customers and 24 from there on.
    rare : int
        Levels seen in fewer customers than this are pooled, and numbers known of fewer than twice as many are not read.
    within : bool
        Whether numbers beyond those seen are taken for the nearest seen: a network would carry a trend on where none
        may be. Codes stay.
    finer : dict of str to list of float, optional
        Edges of numbers beside the quantiles, where what is told lies within a step, see `models.step_choice`.
    pairs : sequence of (str, str)
        Pairs of columns whose number of customers with the same two values is read as well, see `features.pairs`.
    changes : sequence of (str, str, {"amount", "place"})
        Pairs of columns of numbers of which is read as well how far the second lies above the first, see `features.changes`.

    Attributes
    ----------
    state_ : dict
        Everything learned, plain JSON; `apply_features(state_, frame)` is all that prediction needs.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    Input shape (n_customers, n_columns): a Polars, pandas or Arrow table, or an array of numbers; missing values welcome.

    Output shape (n_customers, n_features), float32, finite.
    """

    def __init__(
        self,
        columns: Sequence[Column] | None = None,
        *,
        numbers: Numbers = "piecewise",
        bins: int | Literal["auto"] = "auto",
        rare: int = 10,
        within: bool = False,
        finer: Mapping[str, Sequence[float]] | None = None,
        pairs: Sequence[tuple[str, str]] = (),
        changes: Sequence[tuple[str, str, Measure]] = (),
    ) -> None:
        self.columns = columns
        self.numbers = numbers
        self.bins = bins
        self.rare = rare
        self.within = within
        self.finer = finer
        self.pairs = pairs
        self.changes = changes

    def fit(self, X: Any, y: ArrayLike | None = None, *, customers: NDArray[Any] | None = None) -> CustomerFeatures:
        """Learn quantiles, scales and levels from customers; `y` is not looked at.

        Parameters
        ----------
        X : table or array of shape (n_rows, n_columns)
        y : ignored
        customers : ndarray of shape (n_rows,), optional
            The customer of each row, of each of whom one number counts, see `features.edges.once_each`; left out, each row
            is another.
        """
        check_parameters(self, _PARAMETERS)
        frame = as_frame(self, X, reset=True)
        check_consistent_length(frame, customers)
        columns = guess_columns(frame) if self.columns is None else self.columns
        frame = levels_as_text(frame, columns)
        finer = self.finer or {}
        names = [column.name for column in columns]
        _refuse_unknown("finer", finer, names)
        _refuse_unknown("pairs", [name for pair in self.pairs for name in pair], names)
        numbers = {column.name: column.codes for column in columns if column.kind == "number"}
        changes = [Change(*change) for change in self.changes]
        _refuse_unknown("changes", [name for change in changes for name in change[:2]], [*numbers])
        bins = 0 if self.numbers == "scaled" else usual_steps(frame.height) if self.bins == "auto" else self.bins
        learned = [
            self._learn_number(column, frame[column.name], bins, finer.get(column.name, ()), customers)
            if column.kind == "number"
            else _learn_category(column, frame[column.name], self.rare)
            for column in columns
        ]
        self.state_: dict[str, Any] = {"format": 1, "columns": learned}
        _refuse_too_wide(count_features(self.state_), len(columns))
        together = [learn_pair(frame, pair, self.rare, customers) for pair in self.pairs]
        for change in changes:
            codes = numbers[change.before], numbers[change.after]
            together.append(learn_change(frame, change, codes, self.rare, customers))
        if together:
            self.state_["pairs"] = together
        return self

    def transform(self, X: Any) -> Floats32:
        """Turn customers into features; shape (n_customers, n_features), float32."""
        check_is_fitted(self, "state_")
        frame = levels_as_learned(as_frame(self, X, reset=False), self._levels())
        return apply_features(self.state_, frame)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the features, in order."""
        check_is_fitted(self, "state_")
        return np.asarray(feature_names(self.state_), dtype=object)

    def _levels(self) -> dict[str, list[str]]:
        """List the levels that are known of each category by their names."""
        return {
            column["name"]: [level for level in known_levels(column) if level not in {KEPT_MISSING, KEPT_OTHER}]
            for column in self.state_["columns"]
            if column["kind"] == "category"
        }

    def _learn_number(
        self,
        column: Column,
        series: pl.Series,
        bins: int,
        finer: Sequence[float],
        customers: NDArray[Any] | None,
    ) -> dict[str, Any]:
        values = read_numbers(series)
        states = [code for code in column.codes if np.any(values == code)]
        flag_missing = bool(np.isnan(values).any())
        plain = np.isfinite(values) & ~np.isin(values, states)
        values = once_each(np.clip(values[plain], -HUGE, HUGE), None if customers is None else customers[plain])
        unseen = [code for code in column.codes if code not in states]
        flags = {
            "name": column.name, "kind": "number", "states": states, "unseen": unseen, "flag_missing": flag_missing,
        }  # fmt: skip
        low, high = outer_edges(values, self.rare) if len(values) >= 2 * self.rare else (0.0, 0.0)
        if not low < high:
            # The middle and the quantiles of a handful of customers are their own numbers: each is taken for zero.
            return flags | {"center": 0.0, "scale": 1.0, "edges": [], "scores": [], "low": 0.0, "high": 0.0}
        center, scale = _robust_scale(values, high - low, self.rare) if bins else _standard_scale(values)
        edges, scores = _steps(values, (low, high), bins, finer, self.rare)
        learned = flags | {"center": center, "scale": scale, "edges": edges, "scores": scores}
        return learned | ({"low": low, "high": high} if self.within else {})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def usual_steps(customers: int) -> int:
    """Say into how many steps a number of so many customers is cut."""
    return 16 if customers < 15_000 else 24


def _refuse_unknown(parameter: str, named: Iterable[str], names: Sequence[str]) -> None:
    if unknown := sorted(set(named) - set(names)):
        raise ValueError(
            f"'{parameter}' names columns that are not learned from: {unknown}. Choose among: {list(names)}."
        )


def _refuse_too_wide(features: int, columns: int) -> None:
    if features > MOST_FEATURES:
        raise DataError(
            f"The {columns:,} columns make {features:,} features.",
            expected=f"at most {MOST_FEATURES:,}, as many as a bundle can hold",
            fix="give columns that say little of a customer the role ignore in the contract",
        )


def _robust_scale(values: NDArray[np.float64], span: float, rare: int) -> tuple[float, float]:
    low, middle, high = round_among(values, np.quantile(values, [0.25, 0.5, 0.75]), rare)
    spread = (high - low) or span / 2.0
    return float(middle), float(spread) if spread > TINY else 1.0


def _standard_scale(values: NDArray[np.float64]) -> tuple[float, float]:
    spread = values.std()
    return float(values.mean()), float(spread) if spread > TINY else 1.0


def _steps(
    ordered: NDArray[np.float64], ends: tuple[float, float], bins: int, finer: Sequence[float], rare: int
) -> tuple[list[float], list[float]]:
    """Find distinct quantiles, put the finer edges between them, and find the normal score of each (the middle of its ranks)."""
    low, high = ends
    within = [edge for edge in finer if low < edge < high]
    edges = np.unique([low, *quantile_edges(ordered, bins, fewest=rare), *within, high])
    span = high - low
    near = 1e-9 * span  # a rounded edge may lie a last bit beside a number that customers have
    edges = edges[np.append(True, np.diff(edges) > near)]
    if not bins or len(edges) < 2 or span < TINY:
        return [], []
    return edges.tolist(), score_at(ordered, edges, near=near).tolist()


def _learn_category(column: Column, series: pl.Series, rare: int) -> dict[str, Any]:
    counts = count_values(series.fill_null(KEPT_MISSING))
    order = [level for level in column.allowed if level in counts]
    order += sorted(level for level in counts if level not in set(order))
    common = {level for level, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_LEVELS]}
    levels = [level for level in order if counts[level] >= rare and level in common and level != KEPT_OTHER]
    # A level in a handful of customers could point at one of them, so its name is not kept.
    if sum(counts.values()) - sum(counts[level] for level in levels) >= rare:
        levels.append(KEPT_OTHER)
    learned: dict[str, Any] = {"name": column.name, "kind": "category", "levels": levels}
    if column.cyclic:
        learned["ring"] = list(column.allowed)
    if column.ordered:
        learned["ladder"] = list(column.allowed)
    return learned
