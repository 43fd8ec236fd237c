"""What is at stake in calling each customer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting.choose import STATUSES, choose
from segmint.targeting.stakes import Stakes, amounts
from tests.targeting.conftest import make_policy

TABLE = pl.DataFrame({"customer": ["a", "b", "c", "d"], "worth": [100.0, None, -5.0, float("inf")]})


def test_calls_cost_each_time_and_only_who_is_reached_says_yes():
    policy = make_policy(cost=4.0, value=70.0, contact_rate=0.25)
    policy = policy.model_copy(update={"economics": policy.economics.model_copy(update={"calls_per_customer": 2.0})})
    stakes = Stakes.of(policy, TABLE)
    assert stakes.cost.tolist() == [8.0] * 4
    assert stakes.reach.tolist() == [0.5] * 4
    assert stakes.profit(np.array([0.4, 0.0, 1.0, 0.2])) == pytest.approx([6.0, -8.0, 27.0, -1.0])


def test_no_number_infinity_and_a_cost_below_zero_are_not_known():
    assert Stakes.of(make_policy(cost="worth", value=70.0), TABLE).known.tolist() == [True, False, False, False]


def test_a_yes_may_bring_less_than_nothing_and_is_then_worth_no_call():
    stakes = Stakes.of(make_policy(cost=1.0, value="worth"), TABLE)
    assert stakes.known.tolist() == [True, False, True, False]
    assert stakes.profit(np.full(4, 0.5))[[0, 2]].tolist() == [49.0, -3.5]
    choice = choose(TABLE["customer"], np.full(4, 0.5), make_policy(cost=1.0, value="worth"), columns=TABLE)
    assert [STATUSES[status] for status in choice.status] == ["listed", "suppressed", "below_break_even", "suppressed"]


def test_a_column_without_an_amount_is_refused():
    with pytest.raises(PolicyError, match="holds no amounts"):
        amounts("worth", TABLE[1:])
    assert amounts("worth", TABLE[1:], below_zero=True)[1] == -5.0
    with pytest.raises(PolicyError, match="does not have"):
        amounts("cost", TABLE)
