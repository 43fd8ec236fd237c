"""Which changes from one number to another are worth reading, decided on the training customers alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from segmint.arrays import Floats
from segmint.contract.column import Column
from segmint.features.changes import Change, Measure, normal_scores
from segmint.features.numbers import read_numbers
from segmint.models.unexplained import Unexplained

MOST_CHANGES = 3
# Numbers that do not rise and fall together measure two things, and what lies between them is no change.
ALIKE = 0.5
# Units are one where the middle halves of customers span about the same.
SAME_UNIT = 4.0
# What has fewer values, such as a number of cards, is told apart in steps.
FEWEST_VALUES = 20
# Of more, those are tested that are most alike: 1,000 tests take seconds.
MOST_TESTED = 500
# Of a table in which no change is worth reading, one in a hundred gets one.
SIGNIFICANCE = 0.01


def choose_changes(left: Unexplained) -> list[Change]:
    """Choose the changes that say what boosted trees on the columns miss.

    Where two numbers rise and fall together (Spearman's rank correlation of at least `ALIKE`), what lies between them is
    tested as an amount, if they are of one unit, and as a change of places: `Unexplained.log_chance`, with Bonferroni's
    correction for the number of tests. A change that says no more than one of the two numbers by itself is not taken: there the trees
    were small.

    Parameters
    ----------
    left : Unexplained

    Returns
    -------
    list of Change
        At most `MOST_CHANGES`, the most telling first; of two numbers one.
    """
    columns = [column for column in left.columns if column.kind == "number"]
    if len(columns) < 2 or not left.enough:
        return []
    numbers = [_Number(column, left.frame[column.name]) for column in columns]
    alike = _alike([number for number in numbers if number.values > FEWEST_VALUES])
    tested = [(before, after, measure) for before, after in alike for measure in _measures(before, after)]
    found = []
    for before, after, measure in tested:
        chance = left.log_chance(_moved(before, after, measure))
        if chance + np.log(len(tested)) < np.log(SIGNIFICANCE):
            alone = min(left.log_chance(np.nan_to_num(number.scores)) for number in (before, after))
            found += [(chance, Change(before.name, after.name, measure))] if chance < alone else []
    chosen: dict[tuple[str, str], Change] = {}
    for _, change in sorted(found):
        chosen.setdefault((change.before, change.after), change)
    return [*chosen.values()][:MOST_CHANGES]


class _Number:
    """A column of numbers, its normal scores, and how much the middle half of customers span; NaN where there is none."""

    def __init__(self, column: Column, series: pl.Series) -> None:
        self.name = column.name
        self.amounts = read_numbers(series, column.codes)
        known = self.amounts[np.isfinite(self.amounts)]
        self.values = len(np.unique(known))
        self.scores = normal_scores(np.sort(known), self.amounts)
        self.scores[~np.isfinite(self.amounts)] = np.nan
        self.span = float(np.subtract(*np.quantile(known, [0.75, 0.25]))) if len(known) else 0.0


def _alike(numbers: list[_Number]) -> list[tuple[_Number, _Number]]:
    """Return the numbers that rise and fall together, in the order of the columns; of too many the most alike."""
    found = [(before, after, _likeness(before, after)) for before, after in combinations(numbers, 2)]
    least = sorted((likeness for *_, likeness in found), reverse=True)[:MOST_TESTED]
    return [(before, after) for before, after, likeness in found if likeness >= max(ALIKE, min(least, default=1.0))]


def _likeness(before: _Number, after: _Number) -> float:
    """Return the correlation of two numbers' normal scores among the customers who have both, 0 if those are fewer than half."""
    both = np.isfinite(before.scores) & np.isfinite(after.scores)
    if both.mean() < 0.5:
        return 0.0
    first, second = before.scores[both], after.scores[both]
    return float(np.corrcoef(first, second)[0, 1]) if first.std() and second.std() else 0.0


def _measures(before: _Number, after: _Number) -> list[Measure]:
    low, high = sorted((before.span, after.span))
    return ["amount", "place"] if 0 < high <= SAME_UNIT * low else ["place"]


def _moved(before: _Number, after: _Number, measure: Measure) -> Floats:
    """Return the normal scores of changes, 0 where there is none: an amount may be huge for a few."""
    moved = after.scores - before.scores if measure == "place" else after.amounts - before.amounts
    known = np.isfinite(moved)
    scores = np.zeros(len(moved))
    scores[known] = normal_scores(np.sort(moved[known]), moved[known])
    return scores
