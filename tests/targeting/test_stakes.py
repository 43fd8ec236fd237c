"""What is at stake in calling each customer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting.stakes import Stakes, amounts
from tests.targeting.conftest import make_policy

TABLE = pl.DataFrame({"customer": ["a", "b", "c", "d"], "worth": [100.0, None, -5.0, float("inf")]})


def test_calls_cost_each_time_and_only_who_is_reached_says_yes():
    policy = make_policy(cost=4.0, value=70.0, contact_rate=0.25)
    policy = policy.model_copy(update={"economics": policy.economics.model_copy(update={"calls_per_customer": 2.0})})
    stakes = Stakes.of(policy, TABLE)
    assert stakes.cost.tolist() == [8.0] * 4
    assert stakes.reach == 0.5
    assert stakes.profit(np.array([0.4, 0.0, 1.0, 0.2])) == pytest.approx([6.0, -8.0, 27.0, -1.0])


def test_no_number_infinity_and_less_than_nothing_are_not_known():
    stakes = Stakes.of(make_policy(cost=1.0, value="worth"), TABLE)
    assert stakes.known.tolist() == [True, False, False, False]


def test_a_column_without_an_amount_is_refused():
    with pytest.raises(PolicyError, match="holds no amounts"):
        amounts("worth", TABLE[1:])
    with pytest.raises(PolicyError, match="does not have"):
        amounts("cost", TABLE)
