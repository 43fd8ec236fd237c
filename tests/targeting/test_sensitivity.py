from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.targeting.choose import choose
from segmint.targeting.sensitivity import sensitivity
from tests.targeting.conftest import make_customers, make_policy


def table(**rules):
    frame = make_customers(500)
    policy = make_policy(**rules)
    choice = choose(frame["client"], frame["propensity"], policy)
    return choice, policy, sensitivity(choice, policy)


def column(rows, what, name):
    return rows.filter(pl.col("what") == what).sort("factor")[name].to_numpy()


def test_with_nothing_changed_the_table_says_what_the_list_says():
    choice, _, rows = table(budget_calls=80, holdout_share=0.1)
    same = rows.filter(pl.col("factor") == 1.0)
    assert same["customers"].to_list() == [choice.listed.size] * 3
    assert same["expected_profit"].to_numpy() == pytest.approx(choice.profit)


def test_profit_falls_with_cost_and_rises_with_value_and_budget():
    _, _, rows = table(budget_calls=80)
    assert (np.diff(column(rows, "cost", "expected_profit")) <= 0).all()
    assert (np.diff(column(rows, "value", "expected_profit")) >= 0).all()
    assert (np.diff(column(rows, "budget", "expected_profit")) >= 0).all()


def test_a_changed_cost_gives_the_list_that_this_cost_would_have_given():
    _, _, rows = table(budget_calls=80)
    frame = make_customers(500)
    again = choose(frame["client"], frame["propensity"], make_policy(cost=10.0, budget_calls=80))
    doubled = rows.filter((pl.col("what") == "cost") & (pl.col("factor") == 2.0))
    assert doubled["expected_profit"][0] == pytest.approx(again.profit)
    assert doubled["customers"][0] == again.listed.size


def test_without_a_budget_no_budget_is_varied():
    assert set(table()[2]["what"]) == {"cost", "value"}


def test_where_calls_cost_unequally_the_table_ranks_as_the_list_does():
    frame = make_customers(500).with_columns(dear=pl.Series(np.random.default_rng(2).uniform(1, 30, 500).round(2)))
    policy = make_policy(cost="dear", budget_money=300.0)
    choice = choose(frame["client"], frame["propensity"], policy, columns=frame)
    rows = sensitivity(choice, policy).filter(pl.col("factor") == 1.0)
    assert rows["customers"].to_list() == [choice.listed.size] * 3
    assert rows["expected_profit"].to_numpy() == pytest.approx(choice.profit)


def test_under_two_budgets_and_unequal_costs_the_table_says_what_the_list_says():
    draw = np.random.default_rng(2)
    customers, propensity = pl.Series([f"c{number}" for number in range(20_000)]), draw.beta(1, 9, 20_000)
    costs = pl.DataFrame({"customer": customers, "callcost": draw.choice([1.0, 20.0], 20_000)})
    policy = make_policy(cost="callcost", value=100.0, budget_calls=3_000, budget_money=200_000.0)
    choice = choose(customers, propensity, policy, columns=costs)
    same = sensitivity(choice, policy, factors=(1.0,))["expected_profit"]
    assert same.to_numpy() == pytest.approx(choice.profit, rel=2e-3)
