from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.metrics.ranking import cumulative_gain, lift_at
from segmint.targeting.curves import CURVES, curves_of_bins, ends_of_parts, expected_curve


def campaign(seed, n=4000):
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 8, n)
    score = np.round(np.clip(p + rng.normal(0, 0.04, n), 0, 1), 3)
    return rng.random(n) < p, score, p


def curves(y, score, **money):
    bins = np.unique(score, return_inverse=True)[1]
    return curves_of_bins(np.bincount(bins), np.bincount(bins, weights=y), currency="EUR", **money)


def curve(result, name):
    return result.rows.filter(pl.col("curve") == name)


def test_curves_equal_the_definition_by_hand():
    y = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    score = np.linspace(1, 0, 10)
    made = curves(y, score, value=10.0, cost=2.0)
    hits, calls = np.cumsum(y), np.arange(1, 11)
    by_hand = {
        "gain": hits / 3,
        "lift": hits / calls / 0.3,
        "response": hits / calls,
        "profit": 10 * hits - 2 * calls,
        "return": (10 * hits - 2 * calls) / (2 * calls),
    }
    assert tuple(by_hand) == CURVES
    for name, expected in by_hand.items():
        assert curve(made, name)["value"].to_numpy()[9::10] == pytest.approx(expected)


def test_gains_and_lift_agree_with_the_metrics_on_ties():
    y, score, _ = campaign(1)
    score = np.round(score, 1)
    made = curves(y, score, value=100, cost=5)
    fractions = curve(made, "gain")["fraction"].to_numpy()
    assert curve(made, "gain")["value"].to_numpy() == pytest.approx(cumulative_gain(y, score, fractions))
    assert curve(made, "lift")["value"][9] == pytest.approx(lift_at(y, score, 0.1))


def test_the_sentence_names_the_best_cut_and_where_the_list_turns_to_loss():
    y, score, _ = campaign(3)
    said = curves(y, score, value=100, cost=15).sentence
    assert said.startswith("In hindsight, calling the best ")
    assert "would have brought the most" in said
    assert "too high for customers to come, as the cut was chosen on these same customers" in said
    assert "loses money" in said
    assert "alling everybody" in curves(y, score, value=100, cost=1).sentence
    assert "call nobody" in curves(y, score, value=100, cost=1000).sentence


def test_without_a_success_there_is_no_curve():
    with pytest.raises(ValueError, match="at least one success"):
        curves_of_bins([1, 1], [0, 0], value=1, cost=1, currency="EUR")


def test_the_expected_curve_rises_to_break_even_and_falls_behind_it():
    _, _, p = campaign(4)
    points = expected_curve(p, 100.0, 10.0)
    profit = points["expected_profit"].to_numpy()
    paying = (p > 0.1).sum()
    top = points["customers"][int(profit.argmax())]
    assert top == paying
    assert points["customers"].is_sorted()
    assert points["customers"].n_unique() == points.height == 101
    assert expected_curve(p, 100.0, 1_000.0).height == 100  # nobody pays: no point more
    assert (points["low"] < points["high"]).all()
    assert points["expected_profit"][-1] == pytest.approx((100 * p - 10).sum())
    assert expected_curve([], 1.0, 1.0).height == 0


def test_rows_of_one_customer_that_go_together_widen_the_band_as_so_many_fewer_customers_do():
    once, five = [200, 200, 200, 200], [1_000, 1_000, 1_000, 1_000]
    yes = np.array([5, 10, 20, 40])
    money = {"value": 20.0, "cost": 1.0, "currency": "EUR"}
    alone = curve(curves_of_bins(once, yes, **money), "response")
    together = curve(curves_of_bins(five, 5 * yes, design_effect=5.0, **money), "response")
    assert together["low"].to_numpy() == pytest.approx(alone["low"].to_numpy())
    assert together["high"].to_numpy() == pytest.approx(alone["high"].to_numpy())
    profit = curves_of_bins(five, 5 * yes, design_effect=5.0, **money)
    assert profit.low < profit.best_profit < profit.high


@pytest.mark.parametrize("size", [3, 14, 500, 1_010, 1_500])
def test_no_step_of_the_expected_curve_is_that_of_fewer_than_ten_customers(size):
    chance = np.random.default_rng(size).beta(1, 6, size)
    points = expected_curve(chance, 100.0, 10.0, listed=size // 3)["customers"]
    assert points[-1] == size
    assert np.diff([0, *points]).min() >= min(size, 10)
    parts = ends_of_parts(size, (int((100 * chance > 10).sum()), size // 3))
    assert set(points) <= set(parts.tolist())  # nobody can subtract one from the other


@pytest.mark.slow
def test_nominal_ninety_percent_bands_hold_the_truth_and_are_not_wide():
    """The truth is the expected profit of the best x % of the population the campaign was drawn from."""
    fractions = np.array([0.1, 0.3, 0.5])
    _, score, p = campaign(99, n=2_000_000)
    order = np.argsort(-score, kind="stable")
    truth = np.array([(100 * p[order[: int(f * p.size)]] - 10).sum() / p.size for f in fractions])
    seen, widths, hits = [], [], np.zeros(3)
    for seed in range(500):
        y, score, _ = campaign(seed, n=2000)
        profit = curve(curves(y, score, value=100, cost=10, repeats=300), "profit")[[9, 29, 49]]
        low, high = profit["low"].to_numpy() / 2000, profit["high"].to_numpy() / 2000
        hits += (low <= truth) & (truth <= high)
        widths.append(high - low)
        seen.append(profit["value"].to_numpy() / 2000)
    assert ((hits / 500 >= 0.86) & (hits / 500 <= 0.94)).all(), hits / 500
    assert (np.mean(widths, axis=0) <= 4 * np.std(seen, axis=0)).all()


def test_the_band_of_calling_everybody_is_that_of_a_binomial_count():
    y, score, _ = campaign(5)
    profit = curve(curves(y, score, value=50, cost=4), "profit")[-1]
    error = 50 * np.sqrt(y.size * y.mean() * (1 - y.mean()))
    assert profit["value"].item() == pytest.approx(50 * y.sum() - 4 * y.size)
    assert profit["high"].item() - profit["low"].item() == pytest.approx(2 * 1.645 * error, rel=0.1)
