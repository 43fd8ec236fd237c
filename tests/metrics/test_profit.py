from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from segmint.metrics.profit import campaign_profit, empa


def ranking(seed=0, n=3000):
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 7, n)
    return rng.random(n) < p, np.round(np.clip(p + rng.normal(0, 0.05, n), 0, 1), 2)


def test_campaign_profit_is_value_of_successes_less_cost_of_calls():
    y, called = [1, 0, 1, 0], [1, 1, 0, 0]
    assert campaign_profit(y, called, value=100, cost=5) == 90
    assert campaign_profit(y, called, value=[10, 0, 0, 0], cost=[1, 2, 3, 4]) == 7


def test_empa_equals_the_integral_over_every_cut():
    y, score = ranking()
    cost, mean, shape = 50.0, 8000.0, 12.0
    yes_share = y.mean()
    edges = np.r_[np.inf, np.unique(score)[::-1]]
    right = np.array([(y & (score >= edge)).mean() for edge in edges])
    wrong = np.array([(~y & (score >= edge)).mean() for edge in edges])
    values = gamma(shape, scale=mean / shape).ppf((np.arange(20_000) + 0.5) / 20_000)
    profits = (values - cost)[:, None] * right - cost * wrong
    expected, cut = profits.max(axis=1).mean(), profits.argmax(axis=1)
    found = empa(y, score, contact_cost=cost, mean_value=mean, shape=shape)
    assert found.profit == pytest.approx(expected, rel=1e-3)
    assert found.fraction == pytest.approx((right + wrong)[cut].mean(), abs=2e-3)
    assert yes_share < 1


def test_with_a_sure_value_empa_is_the_best_cut_in_hindsight():
    y, score = ranking()
    sure = empa(y, score, contact_cost=20, mean_value=120, shape=1e7)
    cuts = [campaign_profit(y, score >= edge, value=120, cost=20) for edge in np.unique(score)]
    assert sure.profit * y.size == pytest.approx(max(cuts), rel=1e-3)


def test_a_better_ranking_has_a_higher_empa():
    y, score = ranking()
    noise = np.random.default_rng(1).random(y.size)
    settings = {"contact_cost": 20.0, "mean_value": 100.0}
    assert empa(y, score, **settings).profit > empa(y, noise, **settings).profit
    assert empa(y, y.astype(float), **settings).profit >= empa(y, score, **settings).profit


def test_calls_that_cost_more_than_any_value_are_not_made():
    y, score = ranking()
    assert empa(y, score, contact_cost=1e9, mean_value=100).fraction == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="must be positive"):
        empa(y, score, contact_cost=1, mean_value=0)
