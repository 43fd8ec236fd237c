"""Intervals hold the truth as often as they say; bootstrap weights repeat and keep groups together."""

import numpy as np
import pytest

from segmint.metrics.intervals import (
    auc_interval,
    design_effect,
    interval,
    rate_difference,
    trials_behind,
    weight_blocks,
    wilson,
)
from segmint.metrics.ranking import roc_auc


def test_wilson_equals_scipy():
    from scipy.stats import binomtest

    for hits, n in [(0, 10), (3, 10), (10, 10), (520, 4521)]:
        theirs = binomtest(hits, n).proportion_ci(0.95, method="wilson")
        np.testing.assert_allclose(wilson(hits, n), [theirs.low, theirs.high], atol=1e-12)


def bootstrap_weights(n, repeats, seed, groups=None):
    return np.concatenate(list(weight_blocks(n, repeats, seed, groups)))


def test_wilson_without_trials_says_nothing():
    low, high = wilson([0, 1], [0, 2])
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


def test_every_repeat_draws_as_many_rows_as_there_are():
    weights = bootstrap_weights(200, 50, seed=3)
    assert weights.shape == (50, 200)
    assert (weights.sum(axis=1) == 200).all()
    assert weights.mean() == 1.0
    assert np.isclose((weights == 0).mean(), np.exp(-1), atol=0.02)


def test_rows_of_one_group_are_drawn_together():
    groups = np.array([7, 7, 2, 2, 2, 9])
    weights = bootstrap_weights(6, 100, seed=1, groups=groups)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 2] == weights[:, 4]).all()
    assert ((weights[:, 0] + weights[:, 2] + weights[:, 5]) == 3).all()


def test_same_seed_same_weights_whatever_the_block_size():
    whole = bootstrap_weights(30, 40, seed=5)
    parts = np.concatenate(list(weight_blocks(30, 40, 5, cells=100)))
    np.testing.assert_array_equal(whole, parts)
    assert (whole != bootstrap_weights(30, 40, seed=6)).any()


def test_groups_must_cover_the_rows():
    with pytest.raises(ValueError, match="groups"):
        bootstrap_weights(3, 2, seed=1, groups=np.array([1, 2]))


def test_interval_is_the_middle_of_the_values_and_ignores_undefined_ones():
    values = np.column_stack([np.arange(101.0), np.full(101, np.nan)])
    values[0, 0] = np.nan
    low, high = interval(values, level=0.9)
    assert low[0] == pytest.approx(5.95)
    assert high[0] == pytest.approx(95.05)
    assert np.isnan([low[1], high[1]]).all()


def test_bootstrap_interval_of_a_mean_holds_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        sample = random.normal(size=80)
        low, high = interval(bootstrap_weights(80, 200, seed) @ sample / 80)
        held += low <= 0 <= high
    assert 178 <= held <= 199


def test_copies_of_a_row_say_nothing_new_and_strangers_each_their_own():
    residuals = np.random.default_rng(1).normal(size=4_000)
    assert design_effect(residuals, np.arange(4_000)) == 1.0
    assert design_effect(np.repeat(residuals, 3), np.repeat(np.arange(4_000), 3)) == pytest.approx(3)
    assert design_effect(residuals, np.repeat(np.arange(2_000), 2)) == pytest.approx(1, abs=0.1)
    assert design_effect(np.zeros(4), np.array([0, 0, 1, 1])) == 1.0


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)), ((0, 10, 0, 20), (-0.1611, 0.2775))],
)
def test_difference_of_two_rates_as_newcombe_has_it(
    counts: tuple[int, int, int, int], expected: tuple[float, float]
) -> None:
    """Table II of Newcombe 1998, method 10."""
    assert rate_difference(*counts) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("hits", "n"), [(3, 10), (0, 40), (40, 40), (520.5, 4521.25), (1, 3)])
def test_the_trials_behind_an_interval_are_found_again(hits: float, n: float) -> None:
    low, high = wilson(hits, n)
    assert trials_behind(hits / n, float(low), float(high)) == pytest.approx(n)


@pytest.mark.parametrize(("yes", "no", "apart"), [(5, 5, 2.5), (8, 100, 1.0), (20, 20, 0.0)])
def test_the_interval_of_an_area_holds_the_truth_as_often_as_it_says(yes, no, apart):
    from statistics import NormalDist

    rng, true, held = np.random.default_rng(0), NormalDist().cdf(apart / np.sqrt(2)), 0
    happened = np.repeat([True, False], [yes, no])
    for _ in range(300):
        score = np.r_[rng.normal(apart, 1, yes), rng.normal(0, 1, no)]
        low, high = auc_interval(roc_auc(happened, score), yes, no)
        held += low <= true <= high
    assert 0.92 <= held / 300 <= 0.99


def test_the_interval_of_an_area_ends_where_chance_would_reach_the_area():
    low, high = auc_interval(0.75, 50, 40)
    for end in (low, high):
        spread = 1 + 44 * ((1 - end) / (2 - end) + end / (1 + end))
        assert abs(0.75 - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) * spread / 2_000), rel=1e-6)
    assert auc_interval(1.0, 5, 5) == (pytest.approx(0.643, abs=1e-3), 1.0)
    assert np.isnan(auc_interval(np.nan, 5, 5)).all()
