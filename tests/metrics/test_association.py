"""How strongly two columns hang together, and what chance adds to it."""

from __future__ import annotations

import numpy as np
import pytest

from segmint.metrics.association import cramers_v


def test_it_is_zero_for_equal_rates_and_one_when_the_column_decides() -> None:
    assert cramers_v([[10, 40], [14, 56]]) == pytest.approx(0.0)
    assert cramers_v([[0, 50], [50, 0]]) == pytest.approx(1.0)


def test_uncorrected_it_equals_scipys() -> None:
    from scipy.stats.contingency import association

    random = np.random.default_rng(1)
    first = random.integers(0, 4, 500)
    second = (first + (random.random(500) < 0.4)) % 3
    table = np.zeros((4, 3), int)
    np.add.at(table, (first, second), 1)
    assert cramers_v(table, corrected=False) == pytest.approx(association(table, method="cramer"))
    assert cramers_v(np.diag(table.sum(axis=1)), corrected=False) == pytest.approx(1.0)
    assert cramers_v(table.sum(axis=1, keepdims=True), corrected=False) == 0.0


def test_many_levels_of_a_few_customers_look_strong_by_chance_alone() -> None:
    yes = np.random.default_rng(1).binomial(15, 0.2, 200)
    counts = np.column_stack([yes, 15 - yes])
    assert cramers_v(counts) < 0.1 < cramers_v(counts, corrected=False)
