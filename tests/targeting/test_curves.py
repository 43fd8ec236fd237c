from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.metrics.ranking import cumulative_gain, lift_at
from segmint.targeting.curves import CURVES, campaign_curves, curves_of_bins, expected_curve


def campaign(seed, n=4000):
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 8, n)
    score = np.round(np.clip(p + rng.normal(0, 0.04, n), 0, 1), 3)
    return rng.random(n) < p, score, p


def curve(result, name):
    return result.frame().filter(pl.col("curve") == name)


def test_curves_equal_the_definition_by_hand():
    y = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    score = np.linspace(1, 0, 10)
    made = campaign_curves(y, score, value=10.0, cost=2.0, fractions=np.arange(1, 11) / 10, repeats=20)
    hits = np.cumsum(y)
    calls = np.arange(1, 11)
    assert curve(made, "gain")["value"].to_numpy() == pytest.approx(hits / 3)
    assert curve(made, "lift")["value"].to_numpy() == pytest.approx(hits / calls / 0.3)
    assert curve(made, "response")["value"].to_numpy() == pytest.approx(hits / calls)
    assert curve(made, "profit")["value"].to_numpy() == pytest.approx(10 * hits - 2 * calls)
    assert curve(made, "return")["value"].to_numpy() == pytest.approx((10 * hits - 2 * calls) / (2 * calls))
    assert set(made.frame()["curve"]) == set(CURVES)


def test_gains_and_lift_agree_with_the_metrics_on_ties():
    y, score, _ = campaign(1)
    score = np.round(score, 1)
    made = campaign_curves(y, score, value=100, cost=5, repeats=10)
    fractions = curve(made, "gain")["fraction"].to_numpy()
    assert curve(made, "gain")["value"].to_numpy() == pytest.approx(cumulative_gain(y, score, fractions))
    assert curve(made, "lift")["value"][9] == pytest.approx(lift_at(y, score, 0.1))


def test_the_order_of_rows_never_matters():
    y, score, _ = campaign(2)
    places = np.random.default_rng(0).permutation(y.size)
    one = campaign_curves(y, score, value=100, cost=5, repeats=30)
    other = campaign_curves(y[places], score[places], value=100, cost=5, repeats=30)
    for name in CURVES:
        assert curve(one, name)["value"].to_numpy() == pytest.approx(curve(other, name)["value"].to_numpy())


def test_the_sentence_names_the_best_cut_and_where_the_list_turns_to_loss():
    y, score, _ = campaign(3)
    said = campaign_curves(y, score, value=100, cost=15, repeats=50).sentence
    assert "brings the most" in said
    assert "loses money" in said
    assert "alling everybody" in campaign_curves(y, score, value=100, cost=1, repeats=20).sentence
    assert "call nobody" in campaign_curves(y, score, value=100, cost=1000, repeats=20).sentence


def test_without_a_success_there_is_no_curve():
    with pytest.raises(ValueError, match="at least one success"):
        campaign_curves([0, 0], [0.1, 0.2], value=1, cost=1)


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
    exactly_even = expected_curve([0.3, 0.1, 0.1, 0.05], 3.0, 0.3, points=2)
    assert exactly_even["customers"].to_list() == [1, 4]
    assert (points["low"] < points["high"]).all()
    assert points["expected_profit"][-1] == pytest.approx((100 * p - 10).sum())
    assert expected_curve([], 1.0, 1.0).height == 0


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
        profit = curve(
            campaign_curves(y, score, value=100, cost=10, fractions=fractions, repeats=300, seed=seed), "profit"
        )
        low, high = profit["low"].to_numpy() / 2000, profit["high"].to_numpy() / 2000
        hits += (low <= truth) & (truth <= high)
        widths.append(high - low)
        seen.append(profit["value"].to_numpy() / 2000)
    assert ((hits / 500 >= 0.86) & (hits / 500 <= 0.94)).all(), hits / 500
    assert (np.mean(widths, axis=0) <= 4 * np.std(seen, axis=0)).all()


def test_curves_from_counts_equal_curves_from_customers():
    rng = np.random.default_rng(5)
    bins = rng.integers(0, 20, 3000)
    yes = rng.random(3000) < bins / 40
    counted = curves_of_bins(np.bincount(bins, minlength=20), np.bincount(bins[yes], minlength=20), value=50, cost=4)
    whole = campaign_curves(yes, bins, value=50, cost=4)
    assert counted.frame()["value"].to_numpy() == pytest.approx(whole.frame()["value"].to_numpy())
    profit = counted.frame().filter(pl.col("curve") == "profit")
    other = whole.frame().filter(pl.col("curve") == "profit")
    width, other_width = ((rows["high"] - rows["low"]).mean() for rows in (profit, other))
    assert width == pytest.approx(other_width, rel=0.1)
