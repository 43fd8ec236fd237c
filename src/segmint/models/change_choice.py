"""Which changes from one number to another are worth reading, decided on the training customers alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from segmint.arrays import Floats
from segmint.features.changes import Change, Measure, moved_by, read_amounts
from segmint.features.normal_scores import score_all
from segmint.models.unexplained import Unexplained, is_sure
from segmint.one_thread import plain_products

MOST_CHANGES = 3
# Numbers that do not rise and fall together measure two things, and what lies between them is no change.
ALIKE = 0.5
# Units are one where the middle halves of customers span about the same.
SAME_UNIT = 4.0
# What has fewer values, such as a number of cards, is told apart in steps.
FEWEST_VALUES = 20
# Of more, those are tested that are most alike: 600 tests take seconds.
MOST_TESTED = 300
# So many rows of scores meet those of the other columns at once: a copy of all of a wide table would take memory.
ROWS_AT_ONCE = 4_096


class _Number(NamedTuple):
    """A column of numbers, its normal scores, NaN where there is none, and how much the middle half of customers span."""

    name: str
    amounts: Floats
    scores: Floats
    span: float


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
    if not left.enough:
        return []
    with plain_products():
        found = _telling(left)
    chosen: dict[tuple[str, str], Change] = {}
    for _, change in sorted(found):
        chosen.setdefault((change.before, change.after), change)
    return [*chosen.values()][:MOST_CHANGES]


def _telling(left: Unexplained) -> list[tuple[float, Change]]:
    """Return the changes that pass, and the logarithm of the chance of each."""
    tested = [(*pair, measure) for pair in _alike(_numbers(left)) for measure in _measures(*pair)]
    found = []
    for before, after, measure in tested:
        chance = left.log_chance(_moved(before, after, measure))
        if is_sure(chance, len(tested)):
            alone = min(left.log_chance(np.nan_to_num(number.scores)) for number in (before, after))
            found += [(chance, Change(before.name, after.name, measure))] if chance < alone else []
    return found


def _numbers(left: Unexplained) -> list[_Number]:
    """Read the columns of numbers that have enough values for a change."""
    found = []
    for column in left.columns:
        if column.kind == "number":
            amounts = read_amounts(left.frame[column.name], column.codes)
            known = amounts[~np.isnan(amounts)]
            if len(np.unique(known)) > FEWEST_VALUES:
                span = np.subtract(*np.quantile(known, [0.75, 0.25]))
                found.append(_Number(column.name, amounts, score_all(amounts), float(span)))
    return found


def _alike(numbers: list[_Number]) -> list[tuple[_Number, _Number]]:
    """Return the numbers that rise and fall together, in the order of the columns; of too many the most alike.

    Two in the same order are one number in two units, and each says by itself what lies between them.
    """
    if len(numbers) < 2:
        return []
    likeness = np.triu(np.round(_likeness([number.scores for number in numbers]), 9), 1)
    pairs = np.argwhere((likeness >= ALIKE) & (likeness < 1.0))
    most = np.argsort(-likeness[tuple(pairs.T)], kind="stable")[:MOST_TESTED]
    return [(numbers[before], numbers[after]) for before, after in pairs[np.sort(most)]]


def _likeness(scores: list[Floats]) -> Floats:
    """Return the correlations of normal scores among the customers who have both, 0 if those are fewer than half."""
    rows = len(scores[0])
    both, total, squares, products = np.zeros((4, len(scores), len(scores)))
    for start in range(0, rows, ROWS_AT_ONCE):
        some = np.column_stack([each[start : start + ROWS_AT_ONCE] for each in scores])
        known = (~np.isnan(some)).astype(np.float64)
        some = np.nan_to_num(some)
        both += known.T @ known
        total += some.T @ known  # of the row's column, among those who have the other too
        squares += (some**2).T @ known
        products += some.T @ some
    count = np.maximum(both, 1.0)
    spread = squares / count - (total / count) ** 2
    varied = (both >= rows / 2) & (np.minimum(spread, spread.T) > 1e-9)
    together = products / count - total * total.T / count**2
    return np.where(varied, together / np.sqrt(np.where(varied, spread * spread.T, 1.0)), 0.0)


def _measures(before: _Number, after: _Number) -> list[Measure]:
    low, high = sorted((before.span, after.span))
    return ["amount", "place"] if 0 < high <= SAME_UNIT * low else ["place"]


def _moved(before: _Number, after: _Number, measure: Measure) -> Floats:
    """Return the normal scores of changes, 0 where there is none: an amount may be huge for a few."""
    sides = [number.scores if measure == "place" else number.amounts for number in (before, after)]
    return np.nan_to_num(score_all(moved_by(*sides)))
