from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting.choose import HELD_OUT, LISTED, choose
from segmint.targeting.optimise import _sifted, _solved, limits_of
from tests.targeting.conftest import make_policy


def bank(n=400, seed=0):
    rng = np.random.default_rng(seed)
    table = pl.DataFrame(
        {
            "branch": rng.choice(["north", "south", "west"], n, p=[0.6, 0.3, 0.1]),
            "minutes": rng.uniform(2, 12, n).round(1),
            "dear": rng.uniform(1, 9, n).round(2),
        }
    )
    return pl.Series([f"c{i}" for i in range(n)]), rng.beta(1, 5, n).round(4), table


def test_the_list_is_the_best_of_every_list_there_is():
    people, chance, table = bank(12)
    policy = make_policy(
        budget_calls=5,
        quotas=[{"column": "branch", "level": "north", "maximum": 2}],
        capacities=[{"name": "agent minute", "available": 30.0, "per_customer": "minutes"}],
    )
    found = choose(people, chance, policy, columns=table)
    north, minutes = (table["branch"] == "north").to_numpy(), table["minutes"].to_numpy()
    best = max(
        float(found.expected_profit[list(rows)].sum())
        for size in range(6)
        for rows in combinations(range(12), size)
        if north[list(rows)].sum() <= 2 and minutes[list(rows)].sum() <= 30
    )
    assert found.profit == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_quotas_and_capacities_are_never_exceeded(seed):
    people, chance, table = bank(seed=seed)
    policy = make_policy(
        budget_calls=80,
        holdout_share=0.1,
        quotas=[
            {"column": "branch", "level": "north", "maximum": 30},
            {"column": "branch", "level": "west", "minimum": 15},
        ],
        capacities=[{"name": "agent minute", "available": 400.0, "per_customer": "minutes"}],
    )
    found = choose(people, chance, policy, columns=table)
    listed = table[found.listed]
    counts = dict(listed["branch"].value_counts().iter_rows())
    assert listed.height <= 80
    assert counts["north"] <= 30
    assert counts["west"] >= 15
    assert listed["minutes"].sum() <= 400 + 1e-6
    assert not found.holdout[found.status == LISTED].any()


def test_one_budget_alone_gives_the_same_list_as_ranking():
    people, chance, table = bank()
    ranked = choose(people, chance, make_policy(budget_calls=50), columns=table)
    loose = [{"column": "branch", "level": "north", "maximum": 400}]
    solved = choose(people, chance, make_policy(budget_calls=50, quotas=loose), columns=table)
    assert solved.profit == pytest.approx(ranked.profit, rel=1e-3)


def test_two_budgets_with_unequal_costs_are_both_kept():
    people, chance, table = bank()
    policy = make_policy(cost="dear", budget_calls=60, budget_money=150.0)
    found = choose(people, chance, policy, columns=table)
    assert found.listed.size <= 60
    assert found.cost[found.listed].sum() <= 150 + 1e-6


def test_shadow_prices_are_said_in_words_and_confirmed_by_solving_again():
    people, chance, table = bank(2000)
    policy = make_policy(
        budget_calls=300,
        quotas=[{"column": "branch", "level": "west", "minimum": 120}],
        capacities=[{"name": "agent minute", "available": 1500.0, "per_customer": "minutes"}],
    )
    prices = choose(people, chance, policy, columns=table).prices
    assert prices
    assert all(price.confirmed for price in prices)
    words = " ".join(price.sentence for price in prices)
    assert "one more agent minute is worth about" in words
    assert "Each further customer demanded for 'branch west' costs about" in words


def test_no_price_under_a_quota_is_what_one_customer_brings():
    people, chance, table = bank(400)
    quota = [{"column": "branch", "level": "north", "maximum": 50}]
    policy = make_policy(budget_calls=100, quotas=quota)
    found = choose(people, chance, policy, columns=table)
    call = next(price for price in found.prices if price.name == "call")
    ten = choose(people, chance, policy.but(budget_calls=110), columns=table)
    assert call.price == pytest.approx((ten.profit - found.profit) / 10, rel=0.02)
    assert np.abs(found.expected_profit - call.price).min() > 1e-6
    few = choose(people[:8], [0.5] * 8, make_policy(budget_calls=3, quotas=quota), columns=table[:8])
    assert [price.sentence for price in few.prices] == [
        "The budget of calls (3): what one more call is worth is not said of fewer than 10 customers, as it would tell of single ones."
    ]


def test_sifting_finds_the_same_optimum_as_solving_everything_at_once():
    people, chance, table = bank(30_000)
    quotas = [
        {"column": "branch", "level": "west", "minimum": 2000},
        {"column": "branch", "level": "north", "maximum": 1000},
    ]
    capacity = [{"name": "agent minute", "available": 20_000.0, "per_customer": "minutes"}]
    policy = make_policy(budget_calls=4000, quotas=quotas, capacities=capacity)
    profit = 100 * chance - 5
    rows = np.argsort(-profit)
    limits = limits_of(rows, np.full(30_000, 5.0), policy, table)
    whole, *_ = _solved(profit[rows], limits)
    sifted, prices, _ = _sifted(profit[rows], limits)
    assert sifted == pytest.approx(whole, rel=1e-9)
    # several prices can be right: those are whose bound on the profit is the profit itself
    charged = sum(price * limit.use for price, limit in zip(prices, limits, strict=True))
    bound = np.maximum(profit[rows] - charged, 0).sum()
    bound += sum(p * (limit.high if p > 0 else limit.low) for p, limit in zip(prices, limits, strict=True) if p)
    assert bound == pytest.approx(whole, rel=1e-6)
    listed = choose(people, chance, policy, columns=table)
    assert (1 - 1e-3) * whole <= listed.profit <= whole + 1e-6


def test_the_order_of_rows_does_not_change_an_optimised_list():
    people, chance, table = bank()
    policy = make_policy(
        budget_calls=40, quotas=[{"column": "branch", "level": "north", "maximum": 15}], holdout_share=0.1
    )
    places = np.random.default_rng(1).permutation(len(people))
    one = choose(people, chance, policy, columns=table)
    other = choose(people.gather(places), chance[places], policy, columns=table[places])
    assert set(people.gather(one.listed)) == set(people.gather(places).gather(other.listed))


def test_a_list_that_minimums_alone_fill_is_not_told_to_call_nobody():
    people, _, table = bank(20)
    quota = [{"column": "branch", "level": "north", "minimum": 2}]
    found = choose(people, [0.1] * 20, make_policy(cost=5.0, value=10.0, quotas=quota), columns=table)
    assert found.advice == ("No call pays; the minimums of the quotas put 2 customers on the list.",)
    people, _, table = bank(60)
    quota = [{"column": "branch", "level": "north", "minimum": 12}]
    found = choose(people, [0.1] * 60, make_policy(cost=5.0, value=10.0, quotas=quota), columns=table)
    assert found.advice == (
        "No call pays; the minimums of the quotas put 12 customers on the list, expected to lose 48.00 EUR.",
    )


def test_a_minimum_nobody_can_fill_is_refused():
    people, chance, table = bank(20)
    quotas = [{"column": "branch", "level": "east", "minimum": 3}]
    with pytest.raises(PolicyError, match="only 0 can be called"):
        choose(people, chance, make_policy(quotas=quotas), columns=table)
    tight = make_policy(
        quotas=[{"column": "branch", "level": "north", "minimum": 5}],
        capacities=[{"name": "agent minute", "available": 1.0, "per_customer": "minutes"}],
    )
    with pytest.raises(PolicyError, match="cannot all be met"):
        choose(people, chance, tight, columns=table)


def test_a_quota_on_a_missing_column_is_refused():
    people, chance, table = bank(20)
    with pytest.raises(PolicyError, match="'brunch'"):
        choose(people, chance, make_policy(quotas=[{"column": "brunch", "level": "a", "maximum": 1}]), columns=table)
    capacity = [{"name": "hour", "available": 1.0, "per_customer": "branch"}]
    with pytest.raises(PolicyError, match="no complete column of numbers"):
        choose(people, chance, make_policy(capacities=capacity), columns=table)


def test_a_quota_finds_its_level_among_numbers_and_with_blanks_around_it():
    people, chance, _ = bank(60)
    codes = pl.Series("branch", [101.0, 102.0] * 30)
    quota = [{"column": "branch", "level": "101", "maximum": 4}]
    for column in (codes, codes.cast(pl.Int64), " " + codes.cast(pl.Int64).cast(pl.String)):
        table = column.alias("branch").to_frame()
        listed = choose(people, chance, make_policy(quotas=quota), columns=table).listed
        assert (codes.gather(listed) == 101).sum() == 4
    minimum = [{"column": "branch", "level": "101", "minimum": 30}]
    listed = choose(people, chance, make_policy(cost=99.0, quotas=minimum), columns=codes.to_frame()).listed
    assert (codes.gather(listed) == 101).sum() == 30


def test_equal_customers_at_the_edge_are_held_out_in_the_share_of_the_policy():
    people, _, table = bank(10_000)
    chance = np.where(np.arange(10_000) < 500, 0.3, 0.2)
    quota = [{"column": "branch", "level": "west", "maximum": 5_000}]
    rules = {"budget_calls": 1_000, "holdout_share": 0.1}
    ranked = choose(people, chance, make_policy(**rules), columns=table)
    solved = choose(people, chance, make_policy(**rules, quotas=quota), columns=table)
    held = [int((found.status == HELD_OUT).sum()) for found in (ranked, solved)]
    assert solved.listed.size == 1_000
    assert abs(held[1] - held[0]) <= 25
    tight = [{"column": "branch", "level": "north", "maximum": 300}]
    found = choose(people, chance, make_policy(**rules, quotas=tight), columns=table)
    share = (found.status == HELD_OUT).sum() / ((found.status == HELD_OUT).sum() + found.listed.size)
    assert 0.07 < share < 0.13


def test_held_out_customers_of_a_group_that_is_called_at_a_loss_stay_comparable():
    people, chance, table = bank(2000)
    quota = [{"column": "branch", "level": "west", "minimum": 120}]
    found = choose(people, 0.1 * chance, make_policy(cost=12.0, quotas=quota, holdout_share=0.3), columns=table)
    west = (table["branch"] == "west").to_numpy()
    listed, held = found.status == LISTED, found.status == HELD_OUT
    assert listed.sum() == 120
    assert (found.expected_profit[listed] < 0).all()
    worst = found.expected_profit[listed].min()
    beside = west & found.holdout & (found.expected_profit >= worst)
    assert beside.sum() > 20
    assert abs(int(held.sum()) - int(beside.sum())) <= 2
    assert west[held].all()


def test_the_solver_says_nothing_where_a_program_waits_for_json(capfd):
    """HiGHS writes a line of its own to standard output for this one, whatever its options say."""
    draw = np.random.default_rng(0)
    customers = pl.Series([f"c{number}" for number in range(3_000)])
    draw.choice(["L", "P", "O"], 3_000)
    draw.uniform(3, 8, 3_000)
    columns = pl.DataFrame({"customer": customers, "use": draw.uniform(0.1, 3, 3_000)})
    capacity = {"name": "u", "available": 10, "per_customer": "use"}
    policy = make_policy(cost=5.0, value=100.0, holdout_share=0.2, hash_key="k1", capacities=(capacity,))
    choose(customers, draw.beta(1, 9, 3_000), policy, columns=columns)
    assert capfd.readouterr().out == ""
