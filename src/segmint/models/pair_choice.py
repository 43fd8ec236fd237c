"""Which pairs of columns are worth reading together, decided on the training customers alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
import polars as pl

from segmint.arrays import Integers
from segmint.features.pairs import Coded, code_column, columns_to_pair, join
from segmint.models.unexplained import Unexplained, is_sure
from segmint.one_thread import plain_products

MOST_PAIRS = 3
# Of more, those that tell most are paired: 496 pairs are tested in seconds.
MOST_COLUMNS = 32


def choose_pairs(left: Unexplained, *, rare: int) -> list[tuple[str, str]]:
    """Choose the pairs whose counts say what boosted trees on the columns miss.

    Where a count tells nothing new, the trees' residuals neither rise nor fall with it: `Unexplained.log_chance`, with
    Bonferroni's correction for the number of pairs. Of a wide table only the columns
    that tell most of the outcome by themselves are paired. A pair that says no more than how
    common the value of one of its columns is by itself is not taken: there the trees were small.

    Parameters
    ----------
    left : Unexplained
    rare : int
        As in `CustomerFeatures`, which will read the pairs.

    Returns
    -------
    list of (str, str)
        At most `MOST_PAIRS`, the most telling first.
    """
    candidates = columns_to_pair(left.whole, [column.name for column in left.columns])
    if len(candidates) < 2 or not left.enough:
        return []
    frame = left.frame
    tests = comb(len(candidates), 2)
    if len(candidates) > MOST_COLUMNS:
        candidates = _most_telling(frame, left.labels, candidates, rare)
    coded = [code_column(frame[name], rare) for name in candidates]

    def chance_of(first: Coded, second: Coded) -> float:
        return left.log_chance(join(first, second, rare)[1])

    found = []
    with plain_products():
        for first, second in combinations(coded, 2):
            chance = chance_of(first, second)
            if is_sure(chance, tests):
                alone = min(chance_of(first, first), chance_of(second, second))
                found += [(chance, (first.name, second.name))] if chance < alone else []
    return [pair for _, pair in sorted(found)[:MOST_PAIRS]]


def _most_telling(frame: pl.DataFrame, labels: Integers, names: Sequence[str], rare: int) -> list[str]:
    """Keep the columns that tell most of the outcome by themselves, in order: hundreds make tens of thousands of pairs."""
    told = np.array([_information(code_column(frame[name], rare).codes, labels) for name in names])
    return [names[place] for place in np.sort(np.argsort(-told, kind="stable")[:MOST_COLUMNS])]


def _information(codes: Integers, labels: Integers) -> float:
    """Estimate the mutual information of two codes, in nats, less what chance adds (Miller 1955)."""
    counts = np.bincount(codes * (labels.max() + 1) + labels, minlength=(codes.max() + 1) * (labels.max() + 1))
    joint = counts.reshape(codes.max() + 1, -1) / len(labels)
    alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    seen = joint > 0
    levels, classes = (np.count_nonzero(joint.sum(axis=axis)) for axis in (1, 0))
    by_chance = (levels - 1) * (classes - 1) / (2 * len(labels))
    return float(joint[seen] @ np.log(joint[seen] / alone[seen])) - by_chance
