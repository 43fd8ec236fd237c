"""A contact policy in past waves: limits hold, nobody is called whose money is not known, and names say so."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.evaluation.strategies import AtRandom, Everyone
from segmint.evaluation.wave_policy import WavePolicy, who_fit
from segmint.splits.waves import Wave
from segmint.targeting.optimise import Limit
from segmint.targeting.policy import Capacity, ContactPolicy, ContactRules, Economics, Quota


def applied(columns: pl.DataFrame, economics: dict[str, Any], rules: dict[str, Any]) -> WavePolicy:
    rows = np.arange(columns.height)
    policy = ContactPolicy.of(Economics(**economics), ContactRules(**rules))
    return WavePolicy(policy, columns, [Wave(1, rows, rows[:0])])


def test_quotas_capacities_and_money_leave_as_many_as_find_room() -> None:
    columns = pl.DataFrame({"cost": [4.0, 1.0] * 50, "job": ["student", "retired"] * 50, "minutes": [1.0] * 100})
    rules = {
        "budget_money": 90.0,
        "quotas": (Quota(column="job", level="student", minimum=1, maximum=10),),
        "capacities": (Capacity(name="minute", available=40.0, per_customer="minutes"),),
    }
    called = np.arange(100) < 90
    within = applied(columns, {"cost_per_call": "cost", "value_per_success": 10.0}, rules).limit(np.arange(100), called)
    students = (columns["job"] == "student").to_numpy()
    assert not within[~called].any()
    assert (within * columns["cost"].to_numpy()).sum() <= 90
    assert within[students].sum() <= 10
    assert within.sum() == pytest.approx(40)
    assert 0 < within[students & called].min() < within[students & called].max() < 0.5  # by lot, not by place


def test_who_does_not_fit_takes_nothing_from_those_who_do() -> None:
    """Money for 100, calls for 1, 2 and 150: whoever the lot puts behind the dear one is called all the same."""
    cost = np.full(200, 2.0)
    cost[:3] = [150.0, 1.0, 1.0]
    played = applied(
        pl.DataFrame({"cost": cost}), {"cost_per_call": "cost", "value_per_success": 10.0}, {"budget_money": 100.0}
    )
    within = played.limit(np.arange(200), np.ones(200, dtype=bool))
    assert 99 <= (cost * within).sum() <= 100
    assert within[0] == 0
    assert played.binds


def test_where_all_take_as_much_of_a_limit_everyone_named_has_the_same_chance() -> None:
    played = applied(
        pl.DataFrame({"age": [30.0] * 200}), {"cost_per_call": 1.0, "value_per_success": 10.0}, {"budget_calls": 50}
    )
    named = np.arange(200) < 100
    assert played.limit(np.arange(200), named).tolist() == [0.5] * 100 + [0.0] * 100
    assert played.limit(np.arange(200), named, 20.0).tolist() == [0.2] * 100 + [0.0] * 100
    assert played.limit(np.arange(200), np.zeros(200, dtype=bool)).tolist() == [0.0] * 200


def test_room_that_is_left_is_found_customer_by_customer() -> None:
    """The same as a walk through the lot that passes over whoever does not fit."""
    draw = np.random.default_rng(3)
    for _ in range(50):
        use = draw.choice([0.0, 0.1, 1.0, 3.0, 50.0], (3, 60))
        high = draw.choice([0.0, 2.0, 7.3, np.inf], 3)
        limits = [Limit("unit", each, -np.inf, most) for each, most in zip(use, high, strict=True)]
        used, walked = np.zeros(3), []
        for place in range(60):
            if (used + use[:, place] <= high + 1e-9).all():
                used += use[:, place]
                walked.append(place)
        assert who_fit(limits, 60).tolist() == walked


def test_calls_at_random_are_not_said_to_be_as_many_where_money_may_end_them_earlier() -> None:
    columns = pl.DataFrame({"cost": [1.0, 2.0] * 20})
    economics = {"cost_per_call": "cost", "value_per_success": 10.0}
    by_calls, by_money = (applied(columns, economics, rules) for rules in ({"budget_calls": 9}, {"budget_money": 9.0}))
    drawn = AtRandom("dense_network")
    assert by_calls.labelled(drawn).label == "As many calls, at random"
    assert by_money.labelled(drawn).label == "At most as many calls, at random, within the limits"
    assert by_calls.labelled(Everyone()).label == "As many calls as the limits allow, at random"
    assert applied(columns, economics, {"budget_calls": 40}).labelled(Everyone()).label == "Call everyone"


def test_nobody_is_called_whose_cost_or_value_is_not_known() -> None:
    columns = pl.DataFrame({"cost": [1.0, None, 1.0, 1.0], "worth": [10.0, 10.0, 10.0, None]})
    played = applied(columns, {"cost_per_call": "cost", "value_per_success": "worth"}, {})
    rows, everyone, yes = np.arange(4), np.ones(4, dtype=bool), np.array([True, True, False, True])
    assert played.perfect(rows, yes) == 9.0
    assert played.settle(rows, everyone, yes).tolist() == [9.0, 0.0, -1.0, 0.0]
    assert played.decide(rows, np.full(4, 0.9)).tolist() == [True, False, True, False]
    assert played.notes() == ["2 of 4 customers have no cost or value in the history: no strategy calls them."]


def test_who_brings_less_than_nothing_counts_as_such_and_is_not_called() -> None:
    columns = pl.DataFrame({"worth": [10.0, -10.0]})
    played = applied(columns, {"cost_per_call": 1.0, "value_per_success": "worth"}, {})
    rows, both = np.arange(2), np.ones(2, dtype=bool)
    assert played.settle(rows, both, both).tolist() == [9.0, -11.0]
    assert played.perfect(rows, both) == 9.0
    assert played.decide(rows, np.full(2, 0.9)).tolist() == [True, False]


def test_a_customer_counts_the_calls_that_are_paid_and_the_chance_to_be_reached() -> None:
    columns = pl.DataFrame({"job": ["nurse"] * 3})
    economics = {"cost_per_call": 1.0, "value_per_success": 100.0, "calls_per_customer": 2.0}
    played = applied(columns, economics, {"contact_rate": 0.4})
    yes = np.array([True, False, True])
    assert played.settle(np.arange(3), np.array([True, True, False]), yes).tolist() == [78.0, -2.0, 0.0]
    assert played.notes()[0] == (
        "For each customer who is called, 2 calls are paid. 80 % of those called are reached, so that a yes of the history "
        "counts as 0.8 of a success."
    )


def test_a_wave_that_cannot_fill_a_quota_fills_it_as_far_as_it_can() -> None:
    columns = pl.DataFrame({"job": ["nurse"] * 3 + ["clerk"] * 9})
    quota = Quota(column="job", level="nurse", minimum=5)
    played = applied(
        columns, {"cost_per_call": 1.0, "value_per_success": 100.0}, {"budget_calls": 6, "quotas": (quota,)}
    )
    called = played.decide(np.arange(12), np.where(np.arange(12) < 3, 0.1, 0.5))
    assert called.sum() == 6
    assert called[:3].all()
    assert played.notes()[0].startswith("In 1 of 1 waves fewer than 5 customers of job nurse")
