from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.targeting.choose import BEYOND_BUDGET, Choice, choose
from segmint.targeting.optimise import limits_used
from segmint.targeting.policy import ContactPolicy
from tests.targeting.conftest import make_policy

CHANCE = np.random.default_rng(4).beta(2, 8, 600)
IDS = pl.Series([f"c{i}" for i in range(600)], dtype=pl.String)


def chosen(policy: ContactPolicy) -> Choice:
    return choose(IDS, CHANCE, policy, columns=pl.DataFrame({"dear": np.linspace(1, 9, 600)}))


@pytest.mark.parametrize(
    ("rules", "unit", "more"),
    [
        ({"budget_calls": 100}, "call", {"budget_calls": 110}),
        ({"budget_calls": 100, "holdout_share": 0.3}, "call", {"budget_calls": 110}),
        ({"budget_money": 500.0}, "EUR", {"budget_money": 550.0}),
        ({"conversations": 30, "contact_rate": 0.5}, "conversation", {"conversations": 35}),
    ],
)
def test_a_price_says_what_each_unit_of_the_next_ten_customers_brings(rules, unit, more):
    choice = chosen(make_policy(**rules))
    (price,) = choice.prices
    assert price.name == unit
    assert price.confirmed
    larger = chosen(make_policy(**{**rules, **more}))
    assert larger.listed.size == choice.listed.size + 10
    step = next(more[name] - rules[name] for name in more)
    assert larger.profit - choice.profit == pytest.approx(price.price * step)
    assert price.sentence.startswith("The budget of ")
    assert price.sentence.endswith(
        f"): one more {unit} is worth about {price.price:,.2f} EUR, as a mean of 10 customers or more."
    )


def test_where_fewer_than_ten_would_come_nothing_is_told():
    paying = chosen(make_policy()).listed
    (price,) = chosen(make_policy(budget_calls=paying.size - 3)).prices
    assert np.isnan([price.price, price.loosened]).all()
    assert "not said of fewer than 10 customers" in price.sentence


def test_where_calls_cost_unequally_money_is_worth_the_best_return_left():
    choice = chosen(make_policy(cost="dear", budget_money=300.0))
    (price,) = choice.prices
    beyond = choice.status == BEYOND_BUDGET
    assert price.confirmed
    gains, costs = choice.expected_profit[beyond], choice.cost[beyond]
    best = np.argsort(-gains / costs)[:10]
    assert price.price == pytest.approx(gains[best].sum() / costs[best].sum(), rel=0.03)


def test_a_budget_that_is_not_used_up_is_worth_nothing():
    policy = make_policy(budget_calls=10_000)
    choice = chosen(policy)
    assert choice.prices == ()
    assert limits_used(choice.listed, choice.cost, policy, pl.DataFrame({"id": IDS}))["price"].to_list() == [0.0]
