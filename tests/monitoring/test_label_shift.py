"""The response rate of a wave, from its propensities alone: right under label shift, and honest about what it knows."""

import numpy as np
import pytest

from segmint.monitoring.label_shift import estimate_rate


def wave(seed, rate, n=4_000, before=0.1, apart=1.0):
    """Propensities made for a rate of `before`, of customers among whom `rate` say yes; both groups look as ever."""
    random = np.random.default_rng(seed)
    yes = random.random(n) < rate
    looks = random.normal(apart * yes, 1.0)
    odds = before / (1 - before) * np.exp(apart * looks - apart**2 / 2)
    return odds / (1 + odds), yes


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.25, 0.5])
def test_the_interval_holds_the_new_rate_as_often_as_it_says(rate):
    found = [(estimate_rate(wave(seed, rate)[0], 0.1), rate) for seed in range(100)]
    assert np.mean([one.low <= truth <= one.high for one, truth in found]) >= 0.89
    assert abs(np.mean([one.rate for one, _ in found]) - rate) < 0.01


def test_the_mean_propensity_alone_sees_only_a_part_of_the_shift():
    propensity, yes = wave(1, 0.3)
    found = estimate_rate(propensity, 0.1)
    assert propensity.mean() < 0.2
    assert found.low < yes.mean() < found.high


def test_it_is_the_rate_at_which_the_em_of_the_source_ends():
    propensity, _ = wave(2, 0.2)
    rate = 0.1
    for _ in range(2_000):
        odds = propensity / (1 - propensity) * (rate / (1 - rate)) / (0.1 / 0.9)
        rate = float(np.mean(odds / (1 + odds)))
    assert estimate_rate(propensity, 0.1).rate == pytest.approx(rate, abs=1e-5)


def test_propensities_that_hardly_differ_say_that_they_know_little():
    vague, sharp = (estimate_rate(wave(3, 0.2, apart=apart)[0], 0.1) for apart in (0.2, 2.0))
    assert vague.high - vague.low > 5 * (sharp.high - sharp.low)
    assert estimate_rate(np.full(100, 0.1), 0.1) is None
    assert estimate_rate([], 0.1) is None


def test_the_sentence_says_its_assumption_and_that_nothing_is_corrected():
    said = estimate_rate(wave(4, 0.2)[0], 0.1).sentence
    assert "label shift" in said
    assert "nothing is corrected by it" in said
