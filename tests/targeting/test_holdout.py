from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from segmint.targeting.holdout import (
    customers_needed,
    fewest_held_out,
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
    words = keyed_words(pl.Series(["7"]), campaign="spring", key="segmint")
    assert [int(word) for word in words[0]] == [8307204958752826703, 9948313716025227697]


def test_a_spreadsheets_point_zero_draws_the_same_arm():
    whole, saved = pl.Series(["1001", "007", "a.0"]), pl.Series(["1001.0", "007,00", "a.0"])
    assert arms(whole) == arms(saved)


def arms(customers: pl.Series) -> list[int]:
    return keyed_words(customers, campaign="spring", key="k")[:, 0].tolist()


def test_zeros_that_a_spreadsheet_drops_draw_the_same_arm():
    assert arms(pl.Series(["0017", "000", "0A7"])) == arms(pl.Series(["17", "0", "0A7"]))
    assert arms(pl.Series(["0A7", "-017"])) != arms(pl.Series(["A7", "-17"]))
    padded = [f"{number:07d}" for number in range(4000)]
    lots = keyed_words(pl.Series(padded), campaign="spring", key="k")[:, 1]
    bare = keyed_words(pl.Series(range(4000)).cast(pl.String), campaign="spring", key="k")[:, 1]
    assert np.argsort(lots).tolist() == np.argsort(bare).tolist()


def test_ids_that_differ_by_zeros_are_two_customers_among_equals():
    lots = keyed_words(pl.Series(["17", "017", "0017"]), campaign="spring", key="k")[:, 1]
    assert len(set(lots.tolist())) == 3


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
    assert customers_needed(0.113, 0.113 * 1.1, level=0.95) == pytest.approx(12_852, rel=0.002)
    assert customers_needed(0.113, 0.113 * 1.2, level=0.95) == pytest.approx(3_342, rel=0.002)
    assert customers_needed(0.06, 0.06 * 1.2, level=0.95) == pytest.approx(6_716, rel=0.003)


def found(rate_called, rate_held_out, called, held_out, repeats=40_000):
    """Share of campaigns in which an interval is given, at 90 % by Welch, and leaves 0 out."""
    draw = np.random.default_rng(11)
    bought = [draw.binomial(n, rate, repeats) for n, rate in ((called, rate_called), (held_out, rate_held_out))]
    means, variances, told = [], [], np.ones(repeats, dtype=bool)
    for n, yes in zip((called, held_out), bought, strict=True):
        rate, more = yes / n, (yes + 1) / (n + 2)
        means.append(more)
        variances.append(np.maximum(rate * (1 - rate) / (n - 1), more * (1 - more) / (n + 2)))
        told &= (yes >= 5) & (n - yes >= 5)
    one, other = variances
    freedom = (one + other) ** 2 / (one**2 / (called - 1) + other**2 / (held_out - 1))
    return (told & (abs(means[0] - means[1]) > stdtrit(freedom, 0.95) * np.sqrt(one + other))).mean()


@pytest.mark.parametrize(
    ("rate", "called", "held_out"),
    [(0.12, 3000, 300), (0.12, 2000, 2000), (0.12, 20_000, 1000), (0.2, 500, 100), (0.05, 1000, 450)],
)
def test_the_power_formula_agrees_with_simulation(rate, called, held_out):
    effect = smallest_effect(rate, called, held_out)
    assert found(rate, rate - effect, called, held_out) == pytest.approx(0.81, abs=0.03)
    for without in (0.2 * rate, 0.5 * rate, 0.9 * rate):
        simulated = found(rate, without, called, held_out)
        assert power_of(rate, without, called, held_out) == pytest.approx(simulated, abs=0.02)


@pytest.mark.parametrize(("called", "held_out"), [(1000, 50), (2000, 100), (10_000, 100)])
def test_no_effect_is_promised_where_too_few_of_those_held_out_buy(called, held_out):
    """Of a rate of 5 % an effect of 4 points leaves so few purchases that nothing is told of it."""
    assert max(found(0.05, without, called, held_out) for without in np.linspace(0, 0.05, 11)) < 0.1
    plan = plan_holdout(0.05, called, held_out)
    assert np.isnan(plan.smallest_effect)
    assert f"the {held_out:,} held out are too few to show what calling brings" in plan.sentence
    assert f"at least {fewest_held_out(0.05, called):,} with as many called" in plan.sentence
    assert f"policy.holdout_share of {100 * plan.enough_share:.0f} %" in plan.sentence
    assert called * plan.enough_share / (1 - plan.enough_share) >= plan.enough


def test_from_the_fewest_held_out_on_an_effect_is_found():
    fewest = fewest_held_out(0.05, 2000)
    assert np.isnan(smallest_effect(0.05, 2000, fewest - 1))
    effect = smallest_effect(0.05, 2000, fewest)
    assert found(0.05, 0.05 - effect, 2000, fewest) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("rates", [(0.0, 0.0), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)])
def test_rates_of_nobody_and_everybody_have_a_power(rates):
    assert 0 <= power_of(*rates, 100, 100) <= 1
    assert power_of(*rates, 5, 5) == 0


def test_needed_customers_reach_the_wanted_power():
    n = customers_needed(0.1, 0.08, held_out_per_called=0.25)
    assert power_of(0.1, 0.08, n, round(0.25 * n)) == pytest.approx(0.8, abs=0.03)


def test_the_plan_says_in_words_what_can_be_shown():
    assert "a difference of" in plan_holdout(0.12, 3000, 300).sentence
    assert "call more customers, or measure several lists of the campaign" in plan_holdout(0.02, 100, 10).sentence
    assert "cannot be measured" in plan_holdout(0.12, 3000, 0).sentence


def test_equal_rates_can_never_be_told_apart():
    with pytest.raises(ValueError, match="Two different rates"):
        customers_needed(0.1, 0.1)
