"""The slope of recalibration: found where a model is too sure, near 1 where little is known, never turning the order."""

import numpy as np
import pytest

from segmint.evaluation.recalibration import slope_of, turned
from segmint.metrics.calibration import log_odds


def calls(n, slope, seed=3, rate=-2.0):
    random = np.random.default_rng(seed)
    odds = random.normal(rate, 1.0, n)
    yes = random.random(n) < 1 / (1 + np.exp(-(rate + slope * (odds - rate))))
    return 1 / (1 + np.exp(-odds)), yes


@pytest.mark.parametrize("slope", [0.3, 1.0, 1.6])
def test_the_slope_is_found_whatever_the_rate(slope):
    for rate in (-3.0, 0.0):
        found, middle = slope_of(*calls(20_000, slope, rate=rate))
        assert found == pytest.approx(slope, abs=0.08)
        assert middle == pytest.approx(rate, abs=0.05)


def test_few_calls_move_it_little_and_none_not_at_all():
    assert abs(slope_of(*calls(20, 0.0))[0] - 1) < 0.7
    assert slope_of([], []) == (1.0, 0.0)
    p = np.array([0.1, 0.5])
    assert turned(p, *slope_of([], [])) is p


def test_an_order_that_was_wrong_is_pressed_together_but_not_turned_round():
    p, yes = calls(20_000, -1.0)
    slope, middle = slope_of(p, yes)
    assert slope == 0.0
    assert np.ptp(log_odds(turned(p, slope, middle))) < 1e-9


def test_what_is_pressed_together_promises_what_happened_at_both_ends():
    p, yes = calls(40_000, 0.4)
    moved = turned(p, *slope_of(p, yes))
    low, high = p < np.quantile(p, 0.1), p > np.quantile(p, 0.9)
    for part in (low, high):
        assert moved[part].mean() == pytest.approx(yes[part].mean(), abs=0.02)
        assert abs(p[part].mean() - yes[part].mean()) > 0.02
