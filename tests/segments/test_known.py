"""Segments beside segments."""

import numpy as np
import pytest

from segmint.segments.known import cramers_v, migration_table


def test_cramers_v_equals_scipys():
    from scipy.stats.contingency import association

    random = np.random.default_rng(1)
    first = random.integers(0, 4, 500)
    second = (first + (random.random(500) < 0.4)) % 3
    table = np.zeros((4, 3), int)
    np.add.at(table, (first, second), 1)
    assert cramers_v(first, second) == pytest.approx(association(table, method="cramer"))
    assert cramers_v(first, first) == pytest.approx(1.0)
    assert cramers_v(first, np.zeros(500, int)) == 0.0


def test_migration_counts_every_customer_once():
    table = migration_table(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), ("1", "2"), ("1", "2"))
    assert table.customers.tolist() == [[1, 1], [1, 2]]
    assert table.stayed == pytest.approx(0.6)
    assert table.frame()["share"].to_list() == pytest.approx([0.5, 0.5, 1 / 3, 2 / 3])
    with pytest.raises(ValueError, match="must be the same"):
        migration_table(np.array([0]), np.array([0, 1]), ("1",), ("1",))
