from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.targeting.holdout import (
    customers_needed,
    in_holdout,
    keyed_words,
    plan_holdout,
    power_of,
    smallest_effect,
)


def ids(n: int) -> pl.Series:
    return pl.Series([f"c{i}" for i in range(n)], dtype=pl.String)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=50, unique=True), st.randoms())
@settings(max_examples=60, deadline=None)
def test_same_customer_keeps_same_arm_whatever_the_order(names, random):
    words = keyed_words(pl.Series(names, dtype=pl.String), campaign="spring", key="k")
    shuffled = names[:]
    random.shuffle(shuffled)
    again = keyed_words(pl.Series(shuffled, dtype=pl.String), campaign="spring", key="k")
    assert {n: w.tolist() for n, w in zip(names, words, strict=True)} == {
        n: w.tolist() for n, w in zip(shuffled, again, strict=True)
    }


def test_the_arm_is_pinned_for_ever():
    words = keyed_words(pl.Series(["007"]), campaign="spring", key="segmint")
    assert [int(word) for word in words[0]] == [1006251729163458460, 987828753299051544]


def test_another_campaign_or_key_draws_anew():
    people = ids(4000)
    base = in_holdout(keyed_words(people, campaign="a", key="k")[:, 0], 0.5)
    for other in (keyed_words(people, campaign="b", key="k"), keyed_words(people, campaign="a", key="j")):
        agreement = (base == in_holdout(other[:, 0], 0.5)).mean()
        assert 0.46 < agreement < 0.54


@given(st.floats(0, 0.99), st.floats(0, 0.99))
@settings(max_examples=60, deadline=None)
def test_raising_the_share_only_adds_to_the_holdout(one, other):
    low, high = sorted((one, other))
    words = keyed_words(ids(300), campaign="a", key="k")[:, 0]
    assert not (in_holdout(words, low) & ~in_holdout(words, high)).any()


def test_the_share_held_out_is_the_share_asked_for_and_does_not_lean_on_ties():
    words = keyed_words(ids(50_000), campaign="a", key="k")
    held = in_holdout(words[:, 0], 0.1)
    assert abs(held.mean() - 0.1) < 0.005
    place = words[:, 1].argsort().argsort() / len(held)
    assert abs(place[held].mean() - 0.5) < 0.02


def test_the_power_formula_gives_the_known_numbers():
    assert customers_needed(0.113, 0.113 * 1.1) == pytest.approx(12_852, rel=0.002)
    assert customers_needed(0.113, 0.113 * 1.2) == pytest.approx(3_342, rel=0.002)
    assert customers_needed(0.06, 0.06 * 1.2) == pytest.approx(6_716, rel=0.003)


@pytest.mark.parametrize(("called", "held_out"), [(3000, 300), (2000, 2000), (20_000, 1000)])
def test_the_power_formula_agrees_with_simulation(called, held_out):
    rng = np.random.default_rng(11)
    effect = smallest_effect(0.12, called, held_out)
    one = rng.binomial(called, 0.12, 40_000) / called
    two = rng.binomial(held_out, 0.12 - effect, 40_000) / held_out
    error = np.sqrt(one * (1 - one) / called + two * (1 - two) / held_out)
    found = (np.abs(one - two) > 1.959964 * error).mean()
    assert found == pytest.approx(0.8, abs=0.025)
    assert power_of(0.12, 0.12 - effect, called, held_out) == pytest.approx(0.8, abs=1e-6)


def test_needed_customers_reach_the_wanted_power():
    n = customers_needed(0.1, 0.08, held_out_per_called=0.25)
    assert power_of(0.1, 0.08, n, round(0.25 * n)) == pytest.approx(0.8, abs=0.002)


def test_the_plan_says_in_words_what_can_be_shown():
    assert "a difference of" in plan_holdout(0.12, 3000, 300).sentence
    assert "hold out more" in plan_holdout(0.02, 100, 10).sentence
    assert "cannot be measured" in plan_holdout(0.12, 3000, 0).sentence


def test_equal_rates_can_never_be_told_apart():
    with pytest.raises(ValueError, match="Two different rates"):
        customers_needed(0.1, 0.1)
