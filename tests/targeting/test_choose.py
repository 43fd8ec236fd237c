from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.errors import PolicyError
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import (
    HELD_OUT,
    LISTED,
    STATUSES,
    choose,
    mean_of_last,
)
from segmint.targeting.preview import ListPreview
from segmint.targeting.summary import summarise_list
from tests.targeting.conftest import make_policy

propensities = st.lists(
    st.floats(0, 1).map(lambda p: round(p, 2)), min_size=1, max_size=80
)  # rounded, so that ties are common


def ids(n: int) -> pl.Series:
    return pl.Series([f"c{i}" for i in range(n)], dtype=pl.String)


@given(propensities, st.integers(1, 60), st.floats(0, 0.9))
@settings(max_examples=100, deadline=None)
def test_call_list_never_exceeds_budget_in_calls_or_money(chance, budget, share):
    rng = np.random.default_rng(len(chance))
    table = pl.DataFrame({"dear": rng.uniform(0.5, 9, len(chance))})
    policy = make_policy(cost="dear", budget_money=float(budget), holdout_share=share)
    choice = choose(ids(len(chance)), chance, policy, columns=table)
    assert choice.cost[choice.listed].sum() <= budget * (1 + 1e-9)
    calls = make_policy(calls_per_customer=2.5, budget_calls=budget + 3, holdout_share=share)
    assert 2.5 * choose(ids(len(chance)), chance, calls).listed.size <= budget + 3


def test_a_limit_that_no_machine_word_holds_is_no_limit():
    policy = make_policy(cost=0.0, conversations=10**15, contact_rate=1e-6)
    assert policy.most_customers > 2**64
    choice = choose(ids(40), np.linspace(0.1, 0.9, 40), policy)
    free = choose(ids(40), np.linspace(0.1, 0.9, 40), make_policy())
    assert choice.listed.size == free.listed.size > 0
    table = pl.DataFrame({"customer": ids(40)})
    told = summarise_list(build_call_list(ids(40), choice, pl.Series([""] * 40), policy), choice, policy, table)
    assert told["economics"]["most_customers"] == policy.most_customers


@given(propensities, st.integers(1, 60), st.integers(0, 30), st.floats(0, 0.9))
@settings(max_examples=100, deadline=None)
def test_higher_budget_only_adds_customers(chance, budget, more, share):
    before, after = (
        choose(ids(len(chance)), chance, make_policy(budget_calls=b, holdout_share=share))
        for b in (budget, budget + more)
    )
    assert set(before.listed) <= set(after.listed)
    held = np.flatnonzero(before.status == HELD_OUT)
    assert (after.status[held] == HELD_OUT).all()


@given(propensities, st.integers(1, 40), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_shuffling_rows_does_not_change_the_call_list(chance, budget, random):
    people, policy = ids(len(chance)), make_policy(budget_calls=budget, holdout_share=0.2)
    places = list(range(len(chance)))
    random.shuffle(places)
    one = choose(people, chance, policy)
    other = choose(people.gather(places), np.array(chance)[places], policy)
    assert people.gather(one.listed).to_list() == people.gather(places).gather(other.listed).to_list()
    assert (one.status[places] == other.status).all()


def test_noise_of_two_machines_does_not_change_the_order():
    rng = np.random.default_rng(3)
    chance = np.round(rng.beta(1, 5, 2000), 3)
    noisy = np.clip(chance + rng.uniform(-2e-7, 2e-7, 2000), 0, 1)
    policy = make_policy(budget_calls=500)
    assert (choose(ids(2000), chance, policy).listed == choose(ids(2000), noisy, policy).listed).all()


@given(propensities, st.floats(0, 0.6), st.floats(0, 0.3), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_raising_the_holdout_only_adds_held_out_customers(chance, share, more, budget):
    one, other = (
        choose(ids(len(chance)), chance, make_policy(budget_calls=budget, holdout_share=s))
        for s in (share, share + more)
    )
    assert (other.status[one.status == HELD_OUT] == HELD_OUT).all()


def test_the_next_customer_takes_the_place_of_one_held_out():
    chance = np.linspace(0.9, 0.3, 400)
    none = choose(ids(400), chance, make_policy(budget_calls=100))
    some = choose(ids(400), chance, make_policy(budget_calls=100, holdout_share=0.2))
    assert none.listed.size == some.listed.size == 100
    assert set(none.listed) - set(some.listed) <= set(np.flatnonzero(some.status == HELD_OUT))
    last = some.listed.max()
    assert (some.status[np.flatnonzero(some.holdout)] == HELD_OUT).sum() == some.holdout[: last + 1].sum()


def test_every_row_has_one_status_and_the_best_come_first():
    chance = np.linspace(0.9, 0.01, 300)
    choice = choose(ids(300), chance, make_policy(budget_calls=50, holdout_share=0.1))
    assert set(choice.status) <= set(range(len(STATUSES)))
    assert (np.diff(choice.expected_profit[choice.listed]) <= 0).all()
    assert choice.rank[choice.listed].tolist() == list(range(1, 51))
    assert (choice.expected_profit[choice.status == LISTED] > 0).all()


def test_a_customer_with_two_rows_is_listed_once_with_the_better_one():
    people = pl.Series(["a", "b", "a", "c"])
    choice = choose(people, [0.2, 0.5, 0.6, 0.3], make_policy())
    assert people.gather(choice.listed).to_list() == ["a", "b", "c"]
    assert choice.because == {0: "another row of the same customer is used"}


def test_of_a_household_only_the_best_is_called_or_held_out():
    table = pl.DataFrame({"household": ["h1", " h1 ", None, "", "h2", "h2"]})
    chance = [0.5, 0.6, 0.4, 0.3, 0.7, 0.2]
    choice = choose(ids(6), chance, make_policy(one_per="household"), columns=table)
    other = "another customer of the same 'household' is used"
    assert choice.because == {0: other, 5: other}
    assert choice.listed.tolist() == [4, 1, 2, 3]
    half = choose(ids(6), chance, make_policy(one_per="household", holdout_share=0.5), columns=table)
    assert half.because == choice.because  # the best of a household may be held out: then nobody of it is called
    never = choose(
        ids(6), chance, make_policy(one_per="household"), columns=table, eligible=[True, False, True, True, True, True]
    )
    assert 0 in never.listed  # who may not be called keeps nobody else off
    with pytest.raises(PolicyError, match="'home' that the table does not have"):
        choose(ids(6), chance, make_policy(one_per="home"), columns=table)


def test_of_a_list_with_fewer_than_ten_before_them_no_last_ones_are_told():
    for number, told in ((19, False), (20, True)):
        choice = choose(ids(number), [0.4] * number, make_policy())
        assert ("its last ten customers have a propensity" in choice.advice[-1]) == told
        assert math.isnan(mean_of_last(choice.propensity[choice.listed])) != told


def test_a_customer_without_a_known_value_is_suppressed_not_guessed():
    table = pl.DataFrame({"margin": [10.0, None, 300.0]})
    choice = choose(ids(3), [0.5, 0.9, 0.5], make_policy(value="margin", cost=1.0), columns=table)
    assert choice.because == {1: "cost or value is not known"}
    assert choice.listed.tolist() == [2, 0]


def test_where_calls_cost_unequally_money_goes_where_it_returns_most():
    table = pl.DataFrame({"dear": [50.0, 5.0, 5.0, 5.0]})
    policy = make_policy(cost="dear", value=100.0, budget_money=50.0)
    assert set(choose(ids(4), [0.9, 0.4, 0.4, 0.4], policy, columns=table).listed) == {1, 2, 3}


def test_a_cheap_call_does_not_keep_off_the_one_that_brings_nearly_everything():
    table = pl.DataFrame({"dear": [1.0, 100.0, 2.0]})
    values = table.with_columns(worth=pl.Series([22.0, 2000.0, 5.0]))
    rules = {"cost": "dear", "value": "worth", "budget_money": 100.0}
    found = choose(ids(3), [0.5, 0.5, 0.5], make_policy(**rules), columns=values)
    assert found.listed.tolist() == [1]
    again = choose(ids(3), [0.5, 0.5, 0.5], make_policy(**rules, budget_calls=1_000), columns=values)
    assert again.profit == found.profit == 900.0


def test_a_call_pays_by_the_chance_that_somebody_answers():
    people, chance = ids(300), np.linspace(0.02, 0.5, 300)
    policy = make_policy(contact_rate=0.4, calls_per_customer=1.5)
    choice = choose(people, chance, policy)
    assert choice.expected_profit == pytest.approx(np.round(chance, 6) * 0.6 * 100 - 7.5, abs=1e-5)
    assert choice.propensity[choice.listed].min() > 0.125  # what a call must bring when 0.6 of those listed are reached
    assert choice.successes.sum() == pytest.approx(0.6 * chance.sum(), rel=1e-4)
    assert f"{0.6 * chance[choice.listed].sum():,.0f} successes" in choice.advice[-1]
    often = choose(people, chance, make_policy(contact_rate=0.4, calls_per_customer=2.5))
    assert (often.reach == 1.0).all()
    made = build_call_list(people, choice, pl.Series([""] * 300), policy)
    told = summarise_list(made, choice, policy, pl.DataFrame({"customer": people}))
    assert told["expected_successes"] == pytest.approx(choice.successes[choice.listed].sum())
    assert told["curve"]["expected_profit"][-1] == pytest.approx(choice.expected_profit.sum(), abs=0.01)
    curve = told["curve"]
    best = curve["customers"][int(np.argmax(curve["expected_profit"]))]
    assert choice.advice[0].startswith(
        f"{best} of 300 eligible customers pay"
    )  # the page says one number for one thing
    assert made.power.base_rate == pytest.approx(choice.successes[choice.listed].mean())
    assert sum(told["parts"]["successes"]) == pytest.approx(choice.successes.sum())
    now = [row["expected_profit"] for row in told["sensitivity"] if row["factor"] == 1.0]
    assert now == pytest.approx([choice.profit] * len(now))


def test_the_control_group_is_not_among_those_whom_a_larger_budget_would_list():
    choice = choose(ids(400), np.linspace(0.9, 0.3, 400), make_policy(budget_calls=100, holdout_share=0.3))
    larger = choose(ids(400), np.linspace(0.9, 0.3, 400), make_policy(holdout_share=0.3))
    more = larger.listed.size - choice.listed.size
    would_pay = int((choice.status == STATUSES.index("beyond_budget")).sum())
    assert would_pay > more
    assert choice.advice[1] == (
        f"The budget of calls ends the list where calls still pay: {would_pay:,} more customers would pay; {would_pay - more:,} of them "
        f"would be held out, the other {more:,} bring {larger.profit - choice.profit:,.0f} EUR."
    )


def test_only_limits_of_which_more_would_bring_something_end_the_list():
    columns = pl.DataFrame({"branch": ["north", "south"] * 200})
    quota = {"column": "branch", "level": "north", "maximum": 150}

    def advice(**rules):
        return choose(ids(400), np.linspace(0.9, 0.3, 400), make_policy(**rules), columns=columns).advice[1]

    assert advice(budget_calls=100, quotas=[quota]).startswith(
        "The budget of calls ends the list where calls still pay"
    )
    assert advice(quotas=[quota]).startswith("The quota of branch north ends the list where")
    assert advice(budget_calls=390, quotas=[quota]).startswith("The quota of branch north ends the list where")
    both = advice(budget_calls=100, quotas=[quota | {"maximum": 20}])
    assert both.split(" end the list")[0] in (
        "The budget of calls and the quota of branch north",
        "The quota of branch north and the budget of calls",
    )


def test_whoever_costs_more_than_all_the_money_ends_nobodys_list():
    table = pl.DataFrame({"dear": [150.0] + [2.0] * 60})
    policy = make_policy(cost="dear", value=100_000.0, budget_money=100.0)
    found = choose(ids(61), [1.0] + [0.001] * 60, policy, columns=table.with_columns(pl.lit(1.0).alias("worth")))
    assert found.listed.size == 50
    assert STATUSES[found.status[0]] == "beyond_budget"
    (price,) = found.prices
    assert price.price == pytest.approx((100 - 2) / 2)
    enough = choose(
        ids(61), [1.0] + [0.001] * 60, make_policy(cost="dear", value=100_000.0, budget_money=149.0), columns=table
    )
    assert enough.listed.size == 60


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        ([0.5, 0.6, 0.7], "Call everybody"),
        ([0.01, 0.02, 0.03], "Call nobody: no call is expected to pay."),
        ([0.01, 0.03] * 5, "Call nobody: even the ten best calls are expected to lose 3.00 EUR each, on average."),
        ([0.5] * 9 + [0.01], "Call nearly everybody: 9 of 10"),
        ([0.5, 0.01, 0.01], "1 of 3 eligible customers pay"),
    ],
)
def test_the_advice_says_everybody_nobody_or_down_to_where(chance, said):
    assert said in choose(ids(len(chance)), chance, make_policy()).advice[0]


def test_the_advice_says_what_a_larger_budget_would_bring():
    advice = choose(ids(30), [0.5] * 15 + [0.4] * 15, make_policy(budget_calls=15)).advice
    assert advice[0].startswith(
        "30 of 30 eligible customers pay for their call."
    )  # no "call everybody", and none below them
    assert "15 more customers would pay, together 525 EUR." in advice[1]
    assert advice[-1] == "The list of 15 is expected to bring 675 EUR and about 7.5 successes."
    larger = choose(ids(60), [0.5] * 60, make_policy(budget_calls=30)).advice[-1]
    assert "1,350 EUR and 15 successes" in larger


def test_what_fewer_than_ten_customers_bring_is_not_said():
    choice = choose(ids(5), [0.5, 0.5, 0.4, 0.4, 0.3], make_policy(budget_calls=3))
    assert choice.advice == (
        "5 of 5 eligible customers pay for their call.",
        "The budget of calls ends the list where calls still pay: 2 more customers would pay.",
        "What the list of 3 is expected to bring is not said of fewer than 10 customers, as it would tell of single ones.",
    )
    assert choice.prices[0].sentence == (
        "The budget of calls (3): what one more call is worth is not said of fewer than 10 customers, as it would tell of single ones."
    )


def test_nobody_eligible_is_said_and_not_a_crash():
    choice = choose(ids(2), [np.nan, np.nan], make_policy(), eligible=np.zeros(2, dtype=bool))
    assert choice.advice == ("Call nobody: no customer is eligible under the rules.",)


def test_a_propensity_must_be_a_probability():
    with pytest.raises(ValueError, match="must be a probability"):
        choose(ids(2), [0.5, 1.5], make_policy())


def test_money_from_a_missing_or_empty_column_is_refused():
    with pytest.raises(PolicyError, match="'margin'"):
        choose(ids(1), [0.5], make_policy(value="margin"))
    with pytest.raises(PolicyError, match="no amounts"):
        choose(ids(1), [0.5], make_policy(value="a"), columns=pl.DataFrame({"a": ["x"]}))


def simulate(seed: int, n: int = 30_000) -> tuple[np.ndarray, np.ndarray]:
    """True propensities, and those a logistic regression learnt from 15,000 others."""
    rng = np.random.default_rng(seed)
    x = np.c_[np.ones(n), rng.normal(size=(n, 6))]
    # one interaction that the learner cannot see
    truth = 1 / (1 + np.exp(-(x @ [-2.4, 0.8, -0.5, 0.4, 0.3, 0, 0] + 0.1 * x[:, 1] * x[:, 2])))
    learn, weights = slice(0, n // 2), np.zeros(7)
    y = rng.random(n) < truth
    for _ in range(12):
        p = 1 / (1 + np.exp(-x[learn] @ weights))
        hessian = (x[learn] * (p * (1 - p))[:, None]).T @ x[learn]
        weights += np.linalg.solve(hessian, x[learn].T @ (y[learn] - p))
    rest = slice(n // 2, n)
    return truth[rest], 1 / (1 + np.exp(-x[rest] @ weights))


@pytest.mark.parametrize("ratio", [0.1, 0.2, 0.3])
def test_the_list_cut_at_break_even_earns_nearly_what_hindsight_would(ratio):
    for seed in range(5):
        truth, learnt = simulate(seed)
        choice = choose(ids(truth.size), learnt, make_policy(cost=100 * ratio, value=100.0))
        profit = 100 * truth - 100 * ratio
        best_cut = np.cumsum(profit[np.argsort(-learnt)]).max()
        oracle = profit[profit > 0].sum()
        assert profit[choice.listed].sum() >= 0.97 * best_cut
        assert profit[choice.listed].sum() >= 0.90 * oracle


def test_pandas_and_arrow_columns_are_taken():
    table = pl.DataFrame({"dear": [1.0, 2.0, 3.0]})
    policy = make_policy(cost="dear", holdout_share=0)
    made = choose(ids(3), [0.5, 0.5, 0.5], policy, columns=table)
    for other in (table.to_pandas(), table.to_arrow()):
        assert np.array_equal(choose(ids(3), [0.5, 0.5, 0.5], policy, columns=other).order, made.order)
        assert ListPreview(ids(3), [0.5, 0.5, 0.5], policy, columns=other).of(policy).customers == made.listed.size


def test_who_may_be_called_is_said_by_a_list_a_series_or_zeros_and_ones():
    policy = make_policy(holdout_share=0)
    for mask in ([True, False, True], pl.Series([True, False, True]), np.array([1, 0, 1]), [1, 0, 1]):
        assert set(choose(ids(3), [0.9, 0.9, 0.9], policy, eligible=mask).listed) == {0, 2}
        assert ListPreview(ids(3), [0.9, 0.9, 0.9], policy, eligible=mask).of(policy).customers == 2


@pytest.mark.parametrize(
    ("mask", "error", "said"),
    [
        ([True, False], ValueError, "each of the 3 'customers'"),
        ([[True, False, True]], ValueError, r"shape \(1, 3\)"),
        ([0, 2, 1], TypeError, "true or false"),
        (["yes", "no", "yes"], TypeError, "true or false"),
        ([True, None, True], TypeError, "true or false"),
        ([0.2, 0.5, 1.0], TypeError, "true or false"),
    ],
)
def test_what_does_not_say_who_may_be_called_is_refused(mask, error, said):
    for door in (choose, ListPreview):
        with pytest.raises(error, match=said):
            door(ids(3), [0.9, 0.9, 0.9], make_policy(), eligible=mask)


def test_whoever_has_few_attempts_left_costs_and_brings_only_those():
    people, chance = ids(400), np.linspace(0.8, 0.4, 400).round(4)
    spent = pl.Series([2, 0] * 200)
    policy = make_policy(calls_per_customer=3.0, attempts=3, contact_rate=0.3, budget_calls=500)
    choice = choose(people, chance, policy, spent=spent)
    assert choice.calls[:2].tolist() == [1.0, 3.0]
    assert choice.cost[:2].tolist() == [5.0, 15.0]
    assert choice.expected_profit[:2].tolist() == pytest.approx([chance[0] * 30 - 5, chance[1] * 90 - 15])
    listed = choice.listed
    assert 497 < choice.calls[listed].sum() <= 500 < 3 * listed.size
    assert "one more call is worth" in choice.prices[0].sentence
    made = build_call_list(people, choice, pl.Series([""] * 400), policy, spent=spent)
    told = summarise_list(made, choice, policy, pl.DataFrame({"customer": people}))
    assert told["limits"][0]["used"] == choice.calls[listed].sum()
    assert told["expected_successes"] == pytest.approx(choice.successes[listed].sum())
    assert told["expected_profit"] == pytest.approx(100 * told["expected_successes"] - told["expected_cost"])
    assert told["holdout"]["base_rate"] == pytest.approx(choice.successes[listed].mean())
    assert told["economics"]["calls_per_customer"] == pytest.approx(choice.calls[listed].mean())
    assert told["economics"]["most_customers"] == listed.size
    preview = ListPreview(people, chance, policy, spent=spent).of(policy)
    assert preview.calls <= 500
    assert preview.expected_profit == pytest.approx(choice.profit, rel=0.01)


@pytest.mark.parametrize("rules", [{"attempts": 4}, {"attempts": 4, "budget_calls": 90}, {"budget_calls": 90}])
def test_attempts_that_are_enough_change_nothing(rules):
    people, chance = ids(100), np.linspace(0.01, 0.6, 100)
    policy = make_policy(calls_per_customer=3.0, contact_rate=0.3, **rules)
    one, other = choose(people, chance, policy), choose(people, chance, policy, spent=pl.Series([1, 0] * 50))
    assert (one.rank == other.rank).all()
    assert one.advice == other.advice
