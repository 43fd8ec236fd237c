"""Normal scores depend on the order of numbers alone."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm, rankdata

from segmint.features.normal_scores import score_all, score_at, score_ranks


def test_each_number_has_the_score_of_the_middle_of_its_ranks() -> None:
    numbers = np.random.default_rng(0).normal(size=500).round(1)
    expected = norm.ppf((rankdata(numbers) - 0.5) / 500)
    assert_allclose(score_all(numbers), expected, atol=1e-12)
    assert_allclose(score_at(np.sort(numbers), numbers), expected, atol=1e-12)


def test_who_has_no_number_has_no_score_and_counts_for_none() -> None:
    scores = score_all(np.array([np.nan, 3.0, 1.0, np.nan, 2.0]))
    assert_array_equal(np.isnan(scores), [True, False, False, True, False])
    assert_allclose(scores[[1, 2, 4]], score_ranks([2.5, 0.5, 1.5], 3))


def test_a_unit_changes_no_score() -> None:
    numbers = np.random.default_rng(0).lognormal(size=500)
    assert_array_equal(score_all(numbers), score_all(numbers * 1e6))


def test_what_lies_near_counts_as_equal() -> None:
    ordered = np.array([1.0, 2.0, 2.0 + 1e-12, 3.0])
    assert score_at(ordered, np.array([2.0]), near=1e-9) == score_ranks([2.0], 4)


def test_of_none_there_is_no_score_that_is_not_finite() -> None:
    assert len(score_all(np.empty(0))) == 0
    assert score_ranks([0.0], 0) == 0.0
