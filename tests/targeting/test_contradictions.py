from __future__ import annotations

import pytest

from segmint.errors import PolicyError
from segmint.targeting.policy import ContactPolicy

MONEY = {"cost_per_call": 5, "value_per_success": 100}


@pytest.mark.parametrize(
    ("calls", "expected"),
    [(1, "at least the one call that a customer takes"), (2.5, "at least the 2.5 calls that one customer takes")],
)
def test_a_budget_for_nobody_says_how_many_calls_one_customer_takes(calls, expected):
    with pytest.raises(PolicyError) as caught:
        ContactPolicy(economics=MONEY | {"calls_per_customer": calls}, budget_calls=0)
    assert caught.value.expected == expected


@pytest.mark.parametrize(
    ("economics", "rules", "said"),
    [
        (MONEY, {"budget_calls": 0}, "budget_calls is 0, so no list can be built"),
        (MONEY, {"budget_money": 4}, "less than one customer costs"),
        ({"cost_per_call": 500, "value_per_success": 5}, {}, "look swapped"),
        ({"cost_per_call": 5, "value_per_success": 0}, {}, "no call can pay"),
        (MONEY, {"rest_days": 30}, "no history of calls is named"),
        (MONEY | {"calls_per_customer": 3}, {"attempts": 2}, "calls would be counted"),
        (MONEY, {"call_windows": ["Mon-Fri 19:00-09:00"]}, "makes no sense"),
        (MONEY, {"call_windows": ["Mo-Fri 09:00-19:00"]}, "makes no sense"),
        (MONEY, {"exclude": [{"name": "arrears", "column": "default"}]}, "would exclude nobody"),
        (MONEY, {"quotas": [{"column": "job", "level": "a", "minimum": 9, "maximum": 3}]}, "at least 9"),
        (
            MONEY,
            {"budget_calls": 10, "quotas": [{"column": "job", "level": "a", "minimum": 99}]},
            "the budget allows 10",
        ),
        (MONEY, {"quotas": [{"column": "job", "level": "a"}, {"column": "job", "level": "a"}]}, "2 times"),
        (
            MONEY,
            {
                "quotas": [{"column": "branch", "level": "001", "minimum": 80}],
                "exclude": [{"name": "closing", "column": "branch", "levels": ["001"]}],
            },
            "'branch 001' asks for at least 80, and the exclusion 'closing' keeps all of them off",
        ),
    ],
)
def test_contradictions_are_found_before_work_starts(economics, rules, said):
    with pytest.raises(PolicyError, match=said) as caught:
        ContactPolicy(economics=economics, **rules)
    assert caught.value.expected
    assert caught.value.fix


def test_a_quota_that_fits_the_budget_where_few_attempts_are_left_is_left_to_the_list():
    economics = MONEY | {"calls_per_customer": 3}
    rules = {"budget_calls": 150, "quotas": [{"column": "job", "level": "a", "minimum": 100}]}
    counted = {"attempts": 3, "history": "calls.csv"}
    assert ContactPolicy(economics=economics, **rules, **counted)
    with pytest.raises(PolicyError, match="'job' ask for 300 calls, the budget allows 150"):
        ContactPolicy(economics=economics, **rules, attempts=3)
    with pytest.raises(PolicyError, match="'job' ask for at least 100 calls, the budget allows 99"):
        ContactPolicy(economics=economics, **rules | {"budget_calls": 99}, **counted)


def test_a_quota_beside_an_exclusion_of_other_customers_is_none():
    branch = {"column": "branch", "level": "001"}
    closing = {"name": "closing", "column": "branch"}
    assert ContactPolicy(economics=MONEY, quotas=[branch | {"maximum": 9}], exclude=[closing | {"levels": ["001"]}])
    assert ContactPolicy(economics=MONEY, quotas=[branch | {"minimum": 9}], exclude=[closing | {"levels": ["002"]}])


def test_several_contradictions_are_told_at_once():
    with pytest.raises(PolicyError, match="budget_calls is 0") as caught:
        ContactPolicy(economics=MONEY, budget_calls=0, rest_days=3)
    assert "no history" in caught.value.came
