"""How a table of customers becomes codes: every column a ladder or a set of levels, or a normal score.

Numbers become up to eight bands of about equal size. A model of levels fits any single column perfectly, however
skewed, so that only what columns have *in common* can make a segment: a long tail of balances never does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.cells import missing_codes
from segmint.contract.column import Column
from segmint.contract.counts import customers_by_level
from segmint.errors import DataError
from segmint.features.edges import FEWEST_TOGETHER, band_cuts, once_each, round_among
from segmint.features.levels import NO_VALUE, OTHER, count_customers
from segmint.features.numbers import read_numbers
from segmint.segments.inputs import SegmentInputs
from segmint.wording import count, decimal, listed

BANDS = 8
RAREST_LEVEL = FEWEST_TOGETHER  # customers; rarer levels are pooled, so that no bundle tells of a handful of people
MOST_LEVELS = 40
HOPELESS_LEVELS = 1_000
NO_ANSWER = frozenset({"unknown"})  # a level to a model, but no trait that customers could share

State = dict[str, Any]
Codes = NDArray[np.int16]
Customers = NDArray[np.int64] | None


@dataclass(frozen=True)
class Design:
    """Customers in the form that the estimators read.

    Attributes
    ----------
    codes : ndarray of shape (n_customers, n_level_columns), int16
        The level of each customer in each column of levels; -1 where there is no value.
    sizes : tuple of int
        The number of levels of each column of levels.
    scores : ndarray of shape (n_customers, n_score_columns), float32
        Normal scores of numbers that are not coded as levels; NaN where there is no value.
    """

    codes: Codes
    sizes: tuple[int, ...]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, indices: NDArray[np.int64]) -> Design:
        """The same columns for some of the customers."""
        return Design(self.codes[indices], self.sizes, self.scores[indices])


def learn_coding(inputs: SegmentInputs, *, bands: bool = True) -> list[State]:
    """Learn how each column is coded; the result is JSON.

    Parameters
    ----------
    inputs : SegmentInputs
    bands : bool
        Code numbers as bands (levels); otherwise as normal scores, with their states as levels beside.

    Raises
    ------
    DataError
        If a category has a thousand levels or more, or fewer than two columns vary.
    """
    coding: list[State] = []
    for column in inputs.columns:
        values = inputs.frame[column.name]
        if column.kind == "category":
            coding.append(_learn_levels(column, values, inputs.customers))
        elif bands:
            coding.append(_learn_bands(column, values, inputs.customers))
        else:
            coding += _learn_scores(column, values, inputs.customers)
    varying = [state for state in coding if state["type"] == "score" or len(state["labels"]) > 1]
    if len({state["column"] for state in varying}) < 2:
        raise DataError(
            "Fewer than two describing columns vary from customer to customer.",
            expected="two or more columns with at least two levels of ten customers each",
            fix="check the table, or give more columns a describing role in the contract",
        )
    return varying


def encode(coding: Sequence[State], frame: pl.DataFrame) -> Design:
    """Code customers; a level never seen before counts as `other levels`, or as no value."""
    levels = [state for state in coding if state["type"] != "score"]
    scores = [state for state in coding if state["type"] == "score"]
    codes = np.empty((frame.height, len(levels)), np.int16)
    for place, state in enumerate(levels):
        codes[:, place] = encode_column(state, frame[state["column"]])
    score = np.empty((frame.height, len(scores)), np.float32)
    for place, state in enumerate(scores):
        score[:, place] = _score(state, frame[state["column"]])
    return Design(codes, tuple(len(state["labels"]) for state in levels), score)


def encode_column(state: State, values: pl.Series) -> NDArray[np.int16]:
    """Code one column of levels or bands; shape (n_customers,), -1 where there is no value."""
    if state["type"] == "levels":
        missing = state["missing"]
        mapping: Mapping[str | None, int] = {level: code for code, level in enumerate(state["levels"])} | {
            None: missing
        }
        coded = _answers(values).replace_strict(
            list(mapping), list(mapping.values()), default=state["other"], return_dtype=pl.Int16
        )
        return np.asarray(coded.to_numpy())
    numbers = read_numbers(values)
    states, cuts = state["states"], np.asarray(state["cuts"], float)
    codes = (len(states) + np.searchsorted(cuts, numbers, side="right")).astype(np.int16)
    # Too few plain numbers had no band of their own when the coding was learned: they count as no value.
    banded = len(state["labels"]) > len(states) + (state["missing"] >= 0)
    codes[np.isnan(numbers) | (not banded)] = state["missing"]
    # A code that hardly anybody had is no level, and no number either.
    codes[np.isin(numbers, state["codes"])] = state["missing"]
    for code, special in enumerate(states):
        codes[numbers == special] = code
    return codes


def no_value_of(state: State) -> str:
    """Say what having no value means in a column; codings that were kept before they told say "no value"."""
    return str(state.get("no_value_means", NO_VALUE))


def uncoded_in_words(state: State) -> str:
    """Say which values of a column have no code of their own, so that they are coded -1; "" where all have one."""
    empty = ["not known"] if state["missing"] < 0 else []
    return listed([*empty, *(["new", "rare"] if state["type"] == "levels" and state["other"] < 0 else [])], last="or")


def _answers(values: pl.Series) -> pl.Series:
    """Take "unknown" for no value."""
    text = values.cast(pl.String)
    return text.set(text.is_in(list(NO_ANSWER)), None)


def _learn_levels(column: Column, values: pl.Series, customers: Customers) -> State:
    empty = values.null_count()
    values = _answers(values)
    counts = customers_by_level(values, customers)
    counts.pop(None, None)
    if len(counts) >= HOPELESS_LEVELS:
        raise DataError(
            f"The column '{column.name}' has {len(counts):,} different levels.",
            expected=f"a category with fewer than {HOPELESS_LEVELS:,} levels",
            fix=f"give '{column.name}' the role ignore or id, or group its levels first",
        )
    ordered = sorted(counts, key=lambda level: (-counts[level], level))
    kept = [level for level in ordered if counts[level] >= RAREST_LEVEL][:MOST_LEVELS]
    if column.allowed:
        kept = [level for level in column.allowed if level in kept] + [
            level for level in kept if level not in column.allowed
        ]
    labels = list(kept)
    other = -1
    if count_customers(values.is_not_null() & ~values.is_in(kept), customers) >= RAREST_LEVEL:
        other = len(labels)
        labels.append(OTHER)
    # an answer of "unknown" does not mean what an empty cell means
    means = _meaning(column, labels) if values.null_count() == empty else NO_VALUE
    missing = _missing_level(values, labels, means)
    return {
        "column": column.name, "type": "levels", "levels": kept, "other": other, "missing": missing,
        "labels": labels, "ordered": column.ordered, "no_value": list(column.missing or ()), "no_value_means": means,
    }  # fmt: skip


def _meaning(column: Column, labels: Sequence[str]) -> str:
    """Take the contract's words for having no value, unless a level goes by them already."""
    return column.missing_means if column.missing_means and column.missing_means not in labels else NO_VALUE


def _missing_level(values: pl.Series, labels: list[str], means: str) -> int:
    """Where most customers have no value, having none is a fact about the customer and a level of its own."""
    if values.null_count() * 2 <= len(values) or values.null_count() == len(values):
        return -1
    labels.append(means)
    return len(labels) - 1


def _states_present(column: Column, values: pl.Series, customers: Customers) -> list[tuple[float, str]]:
    counts = customers_by_level(values, customers)
    return [(state.value, state.name) for state in column.states if counts.get(state.value, 0) >= RAREST_LEVEL]


def _codes(column: Column) -> list[float]:
    """List what is no number in the table as it comes: the codes of states, and words for "no value" such as "999"."""
    return list(dict.fromkeys([*column.codes, *missing_codes(column.missing or (), "point")]))


def _plain_numbers(
    column: Column, values: pl.Series, customers: Customers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of all rows, and one of each customer, ascending."""
    plain = values.is_not_null() & ~values.is_in(_codes(column))
    numbers = values.filter(plain).to_numpy().astype(float)
    return numbers, once_each(numbers, None if customers is None else customers[plain.to_numpy()])


def _learn_bands(column: Column, values: pl.Series, customers: Customers) -> State:
    states = _states_present(column, values, customers)
    numbers, ordered = _plain_numbers(column, values, customers)
    cuts = band_cuts(ordered, BANDS) if len(ordered) >= RAREST_LEVEL else []
    labels = [name for _, name in states]
    whole = bool((numbers == np.round(numbers)).all())
    if len(ordered) >= RAREST_LEVEL:
        labels += band_labels(cuts, whole=whole, lowest=float(numbers.min()))
    means = _meaning(column, labels)
    missing = _missing_level(values, labels, means)
    return {
        "column": column.name, "type": "bands", "cuts": cuts, "states": [value for value, _ in states],
        "missing": missing, "labels": labels, "ordered": True, "no_value_means": means,
        "codes": _codes(column), "recoded": _recoded(column, values), "whole": whole,
    }  # fmt: skip


def _recoded(column: Column, values: pl.Series) -> list[State]:
    """List the codes that the contract made of another code, as far as they occur: the table as it comes lacks them."""
    return [
        {"value": state.value, "written": state.written, "column": state.when.column, "above": state.when.above}
        for state in column.states
        if state.when is not None and (values == state.value).any()
    ]


def band_labels(cuts: Sequence[float], *, whole: bool, lowest: float | None = None) -> list[str]:
    """Say bands in words: "under 30", "30 to 39", "60 or more"; whole numbers have no gaps between bands.

    A first band that holds one whole number alone, the `lowest`, is said as that number: 0 rather than "under 1".
    """
    if not cuts:
        return ["any value"]

    said = tell_apart(cuts)

    def between(place: int) -> str:
        low, high = said[place], said[place + 1]
        if not whole:
            return f"{low} to under {high}"
        return low if cuts[place + 1] - cuts[place] <= 1 else f"{low} to {count(cuts[place + 1] - 1)}"

    first = count(lowest) if whole and lowest is not None and cuts[0] - lowest <= 1 else f"under {said[0]}"
    return [first, *(between(place) for place in range(len(cuts) - 1)), f"{said[-1]} or more"]


def tell_apart(numbers: Sequence[float]) -> list[str]:
    """Say numbers with six digits, or with as many as it takes for different ones to look different; nobody reads 1.2e+07."""
    said: list[str] = []
    for digits in range(6, 13):
        said = [_with_digits(number, digits) for number in numbers]
        if len(set(said)) == len(set(numbers)):
            break
    return said


def _with_digits(number: float, digits: int) -> str:
    if number == 0:
        return "0"
    places = max(0, digits - 1 - int(np.floor(np.log10(abs(number)))))
    text = decimal(number, places)
    return text.rstrip("0").rstrip(".") if places else text


def _learn_scores(column: Column, values: pl.Series, customers: Customers) -> list[State]:
    """Normal scores by interpolation between quantiles; states become levels of a column of their own."""
    from scipy.special import ndtri

    states, ordered = _states_present(column, values, customers), _plain_numbers(column, values, customers)[1]
    coding: list[State] = []
    if states:
        coding.append({
            "column": column.name, "type": "bands", "cuts": [], "states": [value for value, _ in states],
            "missing": -1, "labels": [*(name for _, name in states), "any value"], "ordered": False,
            "codes": _codes(column),
        })  # fmt: skip
    if len(ordered) >= RAREST_LEVEL and ordered[0] < ordered[-1]:
        shares = np.linspace(0.005, 0.995, 67)
        quantiles = round_among(ordered, np.quantile(ordered, shares))
        knots, first, repeats = np.unique(quantiles, return_index=True, return_counts=True)
        middles = shares[first] + (repeats - 1) / 2 * (shares[1] - shares[0])  # ties share their middle
        coding.append({
            "column": column.name, "type": "score", "knots": knots.tolist(), "values": ndtri(middles).tolist(),
            "states": _codes(column),
        })  # fmt: skip
    return coding


def _score(state: State, values: pl.Series) -> NDArray[np.float32]:
    numbers = read_numbers(values)
    scores: NDArray[np.float32] = np.interp(numbers, state["knots"], state["values"]).astype(np.float32)
    scores[np.isnan(numbers) | np.isin(numbers, state["states"])] = np.nan
    return scores
