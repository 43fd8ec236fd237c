from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from segmint.config import load_config
from segmint.errors import ConfigError, PolicyError
from segmint.flows.steps.settings import load_policy
from segmint.targeting.policy import Capacity, ContactPolicy, Economics, policy_template, whole_up
from tests.targeting.conftest import make_policy

MONEY = {"cost_per_call": 5, "value_per_success": 100}


def read(tmp_path: Path, text: str) -> ContactPolicy:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return load_policy(path)


def test_the_template_is_a_policy_without_contradictions(tmp_path):
    policy = read(tmp_path, policy_template())
    assert isinstance(policy, ContactPolicy)
    assert policy.budget_calls == 3000
    assert policy.economics.currency == "EUR"


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("economics", "cost_per_call", 1e308),
        ("economics", "value_per_success", 2e15),
        ("economics", "calls_per_customer", 1e300),
        ("policy", "budget_calls", 2**64),
        ("policy", "budget_money", 1e308),
        ("policy", "conversations", 10**400),
        ("policy", "contact_rate", 1e-300),
        ("policy", "rest_days", 10**9),
        ("policy", "quotas", [{"column": "job", "level": "a", "maximum": 10**20}]),
    ],
)
def test_an_amount_that_nobody_can_mean_is_refused(section, name, value):
    money = {f"economics.{key}": amount for key, amount in MONEY.items()}
    with pytest.raises(ConfigError, match=name):
        load_config(flags=money | {f"{section}.{name}": value})


def test_every_commented_key_of_the_template_is_a_real_key(tmp_path):
    history = tmp_path / "calls.csv"
    text = policy_template()
    for line in text.splitlines():
        if line.startswith("# ") and ("=" in line or line.startswith("# [[")):
            text = text.replace(line, line.removeprefix("# "))
    policy = read(tmp_path, text.replace("calls.csv", str(history)))
    assert policy.quotas[0].level == "Lisbon"
    assert policy.capacities[0].available == 160
    assert policy.exclude[0].levels == ("yes",)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("[economics]\ncost_per_call = 1\nvalue_per_succes = 9", "economics.value_per_success"),
        ("[economics]\ncost_per_call = 1\nvalue_per_success = 9\n[policy]\nbudget_cals = 3", "policy.budget_calls"),
        ("[economics]\ncost_per_call = 1\nvalue_per_success = 9\n[polcy]\nrest_days = 3", "policy"),
        (
            "[economics]\ncost_per_call = 1\nvalue_per_success = 9\n[[policy.quotas]]\ncolumn = 'a'\n"
            "level = 'b'\nminimun = 3",
            "policy.quotas.minimum",
        ),
    ],
)
def test_an_unknown_key_is_answered_with_the_closest_one(tmp_path, text, suggestion):
    with pytest.raises(ConfigError, match="There is no setting") as caught:
        read(tmp_path, text)
    assert caught.value.fix == f"did you mean '{suggestion}'?"


@pytest.mark.parametrize(
    "amount", ["nan", "inf", "-1", "true", "''", "'NaN'", "'Infinity'", "' -inf '", "1e400", "'1e400'"]
)
def test_an_amount_of_money_is_finite_and_not_negative(tmp_path, amount):
    """ "NaN" was the name of a column, as TOML writes its own nan in small letters."""
    with pytest.raises(ConfigError, match=r"economics\.cost_per_call") as caught:
        read(tmp_path, f"[economics]\ncost_per_call = {amount}\nvalue_per_success = 9")
    assert "an amount of money" in str(caught.value)
    assert "the name of a column (NaN, Infinity and numbers too large to be one are no names of columns here" in str(
        caught.value
    )


@pytest.mark.parametrize("amount", ["'NaN'", "'Infinity'", "' -inf '", "'1e400'"])
def test_what_a_customer_takes_of_a_capacity_is_no_column_called_nan(tmp_path, amount):
    money = "[economics]\ncost_per_call = 1\nvalue_per_success = 9\n"
    with pytest.raises(ConfigError, match="per_customer") as caught:
        read(
            tmp_path,
            f'{money}[policy]\ncapacities = [{{name = "hour", available = 9, per_customer = {amount}}}]',
        )
    assert "NaN, Infinity and numbers too large to be one are no names of columns here" in str(caught.value)
    assert Capacity(name="hour", available=9, per_customer="information").per_customer == "information"


@pytest.mark.parametrize("amount", ["NaN", "nan", "+Inf", "Infinity"])
def test_no_number_is_no_column_wherever_it_is_set(amount):
    with pytest.raises(ConfigError, match=r"economics\.cost_per_call") as caught:
        load_config(None, [f"economics.cost_per_call={amount}", "economics.value_per_success=9"])
    assert "the name of a column" in caught.value.expected
    named = load_config(None, ["economics.cost_per_call=Nancy", "economics.value_per_success=information"])
    assert named.economics.columns == ("Nancy", "information")


def test_money_must_be_said(tmp_path):
    with pytest.raises(PolicyError, match="Nothing says what a call costs"):
        read(tmp_path, "[policy]\nbudget_calls = 5")
    with pytest.raises(ConfigError, match=r"'economics\.value_per_success' is missing"):
        read(tmp_path, "[economics]\ncost_per_call = 1")


def test_a_missing_column_is_answered_with_the_closest_one():
    policy = ContactPolicy(economics={**MONEY, "value_per_success": "margn"})
    with pytest.raises(PolicyError, match="'margn'") as caught:
        policy.require_columns(("age", "margin"))
    assert caught.value.fix == "did you mean 'margin'?"
    ContactPolicy(economics={**MONEY, "value_per_success": "margin"}).require_columns(("age", "margin"))


def test_a_team_is_a_capacity_in_hours():
    team = {"name": "agent hour", "agents": 4, "hours": 15, "handling_minutes": 6, "ringing_minutes": 0.5}
    policy = ContactPolicy(economics={**MONEY, "calls_per_customer": 2}, contact_rate=0.4, capacities=[team])
    # two calls reach 0.8 of a customer: 0.8 conversations of 6 minutes and 1.2 calls nobody answers
    assert policy.capacities[0].total == 60
    assert policy.capacities[0].use(policy, np.array([2.0])) == pytest.approx((0.8 * 6 + 1.2 * 0.5) / 60)


@pytest.mark.parametrize(
    "half", [{"available": 5}, {"agents": 3, "hours": 2}, {"available": 5, "per_customer": 1, "agents": 3}]
)
def test_a_capacity_said_by_halves_is_refused(half):
    with pytest.raises(ConfigError, match="makes no sense") as caught:
        load_config(flags={"policy.capacities": [{"name": "hour", **half}]})
    assert "handling_minutes" in caught.value.expected


def test_conversations_say_how_many_names():
    policy = ContactPolicy(economics=MONEY, conversations=100, contact_rate=0.3)
    assert policy.most_customers == 334


def test_texts_that_look_like_numbers_need_no_quotes():
    policy = make_policy(country_code=351, campaign=2026, quotas=[{"column": "region", "level": 7, "maximum": 3}])
    assert (policy.country_code, policy.campaign, policy.quotas[0].level) == ("351", "2026", "7")


@pytest.mark.parametrize("code", ["+49", "0049", "49", 49])
def test_a_country_code_is_taken_however_it_is_dialled(code):
    assert make_policy(country_code=code).country_code == "49"


@pytest.mark.parametrize("setting", ["consent_words", "no_exclusion_words"])
def test_an_empty_word_is_refused_and_what_to_write_is_said(setting):
    with pytest.raises(ConfigError) as caught:
        load_config(flags={f"policy.{setting}": ["nein", " "]})
    assert caught.value.expected.startswith('words, and "" is none')
    assert 'missing_means = "no"' in caught.value.expected


@pytest.mark.parametrize("code", ["049", "+0", "Germany", "12345", "+", "٤٩", "49\n1"])
def test_what_is_no_country_code_is_told_without_a_pattern(code):
    with pytest.raises(ConfigError) as caught:
        load_config(flags={"policy.country_code": code})
    assert caught.value.expected == 'the one to three digits of a country: "49", "+49" or "0049"'


@pytest.mark.parametrize(("each", "customers", "calls"), [(1.1, 100, 110), (1.1, 101, 112), (2.5, 3, 8), (1.0, 4, 4)])
def test_customers_take_whole_calls_and_the_noise_of_computing_is_no_call(each, customers, calls):
    policy = ContactPolicy(economics=MONEY | {"calls_per_customer": each}, budget_calls=calls)
    assert whole_up(customers * each) == calls
    assert policy.most_customers == customers


@pytest.mark.parametrize(("reached", "wanted", "customers"), [(0.1, 3, 30), (0.07, 7, 100), (0.3, 1, 4), (1.0, 5, 5)])
def test_conversations_take_whole_customers(reached, wanted, customers):
    policy = ContactPolicy(economics=MONEY, conversations=wanted, contact_rate=reached)
    assert policy.customers_for_conversations == customers == policy.most_customers


def test_without_conversations_wanted_they_limit_nobody():
    assert ContactPolicy(economics=MONEY).customers_for_conversations == float("inf")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget_call": 5}, r"unknown key 'policy\.budget_call'(.|\n)*did you mean 'budget_calls'"),
        ({"budget_calls": -3}, r"'policy\.budget_calls' makes no sense"),
        ({"budget_calls": 2.5}, r"'policy\.budget_calls' makes no sense"),
        ({"holdout_share": 1.5}, r"'policy\.holdout_share' makes no sense"),
        ({"economics": {"cost_per_cal": 5}}, r"unknown key 'economics\.cost_per_cal'"),
        (
            {"quotas": [{"column": "job", "level": "clerk", "minium": 5}]},
            r"unknown key 'policy\.quotas\.0\.minium'(.|\n)*one of column, (.|\n)*did you mean 'minimum'",
        ),
        (
            {"exclude": [{"name": "a", "colum": "job"}]},
            r"unknown key 'policy\.exclude\.0\.colum'(.|\n)*did you mean 'column'",
        ),
        (
            {"cost_per_call": 4},
            r'one of currency, (.|\n)*Next: it is one of economics: economics=\{"cost_per_call": \.\.\.\}',
        ),
        ({"economics": 5}, "economics is no section"),
        ({"economics": {"value_per_success": 0}}, "no call can pay"),
        ({"rest_days": 5}, "no history of calls is named"),
    ],
)
def test_what_if_is_checked_like_any_policy(changes, said):
    with pytest.raises(PolicyError, match=said):
        make_policy().but(**changes)


def test_what_if_changes_what_it_names_and_keeps_the_rest():
    policy = ContactPolicy(economics={**MONEY, "currency": "CHF"}, budget_calls=10, campaign="May")
    other = policy.but(budget_calls=20, economics={"cost_per_call": 4})
    assert (other.budget_calls, other.campaign) == (20, "May")
    assert (other.economics.cost_per_call, other.economics.currency) == (4, "CHF")
    assert policy.but() == policy
    assert policy.but(economics=policy.economics).economics == policy.economics


@pytest.mark.parametrize("name", ["suppress", "other_lists", "sensitive", "carry"])
@pytest.mark.parametrize("given", [pl.DataFrame({"id": ["a"]}), pl.DataFrame({"id": ["a"]}).to_pandas(), "x.csv"])
def test_a_table_or_a_text_in_the_place_of_a_list_is_not_gone_through(name, given):
    economics = Economics(cost_per_call=5, value_per_success=80)
    with pytest.raises(ValidationError, match=r"a list, not a table|valid tuple"):
        ContactPolicy(economics=economics, **{name: given})


def test_a_truth_value_is_no_budget():
    with pytest.raises(ValidationError, match="a number, not true or false"):
        ContactPolicy(economics=Economics(cost_per_call=5, value_per_success=80), budget_calls=True)
