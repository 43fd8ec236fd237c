"""Discovered segments beside known ones."""

import numpy as np
import pytest

from segmint.segments.known import cramers_v


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
