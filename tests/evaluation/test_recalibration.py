"""The slope of recalibration: found where a model is too sure, near 1 where little is known, never turning the order.

And the move of an intercept: what is said of it holds as often as its interval says.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

from segmint.evaluation.gate import judge_move
from segmint.evaluation.recalibration import flattered_by, intercept_shift, move_of, slope_of, turned
from segmint.flows.promote import compare_bundles
from segmint.metrics.calibration import log_odds, shifted


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


@pytest.mark.parametrize("rate", [0.001, 0.037, 0.1])
def test_forty_calls_without_a_yes_do_not_end_all_calling(rate):
    """What is missing to 200 went as promised; alone they would move the log odds by more than one."""
    assert -0.3 < intercept_shift(np.full(40, rate), np.zeros(40), at_least=200) < 0.3


def test_a_fivefold_rate_is_followed_within_200_calls_and_with_more_nothing_is_added():
    said, yes = calls(200, 1.0, rate=-3.2)
    assert intercept_shift(said, yes, at_least=200) == intercept_shift(said, yes)
    fivefold = np.arange(200) < 40
    assert shifted(0.04, intercept_shift(np.full(200, 0.04), fivefold, at_least=200)) == pytest.approx(0.2, abs=0.005)


def draws_of_moves(said, true_shift, times, rows_each=1, seed=0):
    """How often the interval holds what the move brings, and how often better and worse are said, rightly or not."""
    random = np.random.default_rng(seed)
    true, groups = expit(log_odds(said) + true_shift), np.repeat(np.arange(said.size), rows_each)
    told = []
    for _ in range(times):
        yes = random.random(said.size) < true
        move = move_of(np.repeat(said, rows_each), np.repeat(yes, rows_each), groups)
        after = shifted(said, move.shift)
        brings = np.mean(true * np.log(after / said) + (1 - true) * np.log((1 - after) / (1 - said)))
        told.append((move.low <= brings <= move.high, judge_move(move).verdict, brings > 0, move.beyond_chance))
    holds, verdict, good, beyond = map(np.array, zip(*told, strict=True))
    wrong = ((verdict == "better") & ~good) | ((verdict == "worse") & good)
    return holds.mean(), wrong.mean(), np.mean(verdict == "worse"), beyond.mean()


@pytest.mark.parametrize("true_shift", [0.0, 0.1, 0.3, 1.0])
def test_what_is_said_of_a_move_is_wrong_in_few_waves_and_its_interval_holds(true_shift):
    """872 customers of a wave: with a shift judged on parts that did not find it "worse" was said in 43 of 200 draws of none."""
    said = expit(np.random.default_rng(4).normal(-1.2, 1.0, 872))
    holds, wrong, worse, beyond = draws_of_moves(said, true_shift, 300)
    assert holds >= 0.925
    assert wrong <= 0.05
    assert worse == 0.0
    if true_shift == 0.0:
        assert beyond <= 0.08
    if true_shift == 1.0:
        assert beyond == 1.0


def test_results_that_moved_a_bundle_already_move_it_no_farther_and_show_no_noise_of_computing():
    said, yes = calls(2_000, 1.0)
    groups = np.arange(said.size)
    first = move_of(said, yes, groups)
    assert first.shift != 0.0
    for off in (0.0, 3e-9, -4e-7):
        again = move_of(shifted(said, first.shift + off), yes, groups)
        assert (again.shift, again.gain, again.low, again.high) == (0.0, 0.0, 0.0, 0.0)
        assert not again.beyond_chance
        gate = judge_move(again)
        assert (gate.verdict, gate.passed, gate.difference, gate.low, gate.high) == ("not_better", False, 0.0, 0.0, 0.0)
        assert "promises what was observed already" in gate.sentence
        assert "e-" not in gate.sentence


@pytest.mark.slow
def test_what_is_said_of_a_move_holds_for_few_and_rare_answers_and_for_many_rows_of_a_customer():
    for middle, customers, rows_each in ((-2.5, 200, 1), (-4.0, 1_000, 1), (-1.2, 300, 4)):
        said = expit(np.random.default_rng(4).normal(middle, 1.0, customers))
        for true_shift in (0.0, 0.1, 0.3, 1.0):
            holds, wrong, worse, _ = draws_of_moves(said, true_shift, 1_000, rows_each)
            assert holds >= 0.92
            assert wrong <= 0.05
            assert worse == 0.0


def draws_of_networks(apart, towards, times, customers=400, seed=1):
    """The same of a network trained anew, `apart` from the present one, the truth lying `towards` it."""
    random, bundle = np.random.default_rng(seed), SimpleNamespace(weights={})
    odds = random.normal(-1.5, 1.0, customers)
    news = random.normal(0.0, apart, customers)
    before, fresh, true = expit(odds), expit(odds + news + 0.5), expit(odds + towards * news)
    groups, told = np.arange(customers), []
    for _ in range(times):
        yes = random.random(customers) < true
        after = shifted(fresh, move_of(fresh, yes, groups).shift)
        gate = compare_bundles(bundle, bundle, (after, before), yes, groups, flattered_by(after, yes, groups))
        brings = 1_000 * np.mean(true * np.log(after / before) + (1 - true) * np.log((1 - after) / (1 - before)))
        wrong = brings <= 0 if gate.verdict == "better" else gate.verdict == "worse" and brings >= 0
        told.append((gate.low <= brings <= gate.high, wrong))
    return np.mean(told, axis=0)


def test_a_network_trained_anew_gains_nothing_by_the_number_that_was_fitted_on_its_judges():
    holds, wrong = draws_of_networks(0.2, 0.5, 100)
    assert holds >= 0.92
    assert wrong <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0.02, 0.1, 0.2, 0.5])
def test_what_is_said_of_a_network_trained_anew_is_wrong_in_few_waves(apart):
    for towards in (0.0, 0.4, 0.5, 0.6, 1.0):
        holds, wrong = draws_of_networks(apart, towards, 300)
        assert holds >= 0.92
        assert wrong <= 0.05
