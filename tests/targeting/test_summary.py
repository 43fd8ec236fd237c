from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from segmint.metrics.profit import empa
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.sensitivity import sensitivity
from segmint.targeting.summary import fairness_of, groups_on_list, past_of, still_listed, summarise_list
from tests.targeting.conftest import make_customers, make_policy


def made(n=600, **rules):
    frame = make_customers(n)
    policy = make_policy(**rules)
    choice = choose(frame["client"], frame["propensity"], policy, columns=frame)
    because = pl.Series("suppressed_because", [""] * n, dtype=pl.String)
    return build_call_list(frame["client"], choice, because, policy), choice, policy, frame


def test_the_summary_is_plain_json_and_names_no_customer():
    call_list, choice, policy, frame = made(
        budget_calls=100, holdout_share=0.1, quotas=[{"column": "job", "level": "clerk", "maximum": 20}]
    )
    found = summarise_list(call_list, choice, policy, frame)
    found |= {"groups": groups_on_list(choice, frame, ["job"]), "fairness": fairness_of(choice, frame, ["job"], policy)}
    text = json.dumps(found, allow_nan=False)
    assert not [client for client in frame["client"] if f'"{client}"' in text]
    assert found["expected_profit"] == pytest.approx(choice.profit)
    assert {limit["limit"] for limit in found["limits"]} == {"call", "place for job clerk"}
    for limit in found["limits"]:
        assert limit["used"] <= limit["maximum"] + 1e-6


def test_parts_add_up_to_everyone_who_may_be_called():
    call_list, choice, policy, frame = made(holdout_share=0.2)
    parts = summarise_list(call_list, choice, policy, frame)["parts"]
    able = ~choice.holdout
    assert sum(parts["customers"]) == able.sum()
    assert sum(parts["successes"]) == pytest.approx(choice.propensity[able].sum())
    assert min(parts["customers"]) >= 10
    pays = np.array(parts["ratio"]) >= 1
    money = np.array(parts["value"]) - np.array(parts["cost"])
    assert money[pays].sum() <= choice.profit + 1e-6
    assert money[pays].sum() >= 0.97 * choice.profit


@pytest.mark.parametrize("share", [0.1, 0.07])
def test_the_plan_of_the_share_of_the_list_counts_who_was_drawn(share):
    call_list, choice, policy, frame = made(budget_calls=180, holdout_share=share)
    found = summarise_list(call_list, choice, policy, frame)["holdout"]
    drawn = call_list.counts["held_out"]
    assert drawn not in (0, round(180 * share / (1 - share)))  # else this shows nothing
    (own,) = (plan for plan in found["plans"] if plan["share"] == share)
    assert 0 < own.pop("forgone") < share * choice.profit  # the next best take the place of those held out
    assert own == {"share": share, "held_out": drawn, "effect": found["effect"], "needed": found["needed"]}
    others = {plan["share"]: plan["held_out"] for plan in found["plans"] if plan["share"] != share}
    assert all(held_out == round(180 * other / (1 - other)) for other, held_out in others.items())


def test_the_past_is_measured_at_the_costs_of_this_list():
    _, choice, policy, _ = made(cost=4.0, value=80.0)
    customers, happened = [500, 300, 100, 50], [10, 20, 25, 30]
    past = past_of({"customers": customers, "happened": happened}, choice, policy)
    said = np.concatenate([np.arange(n) < yes for n, yes in zip(customers, happened, strict=True)])
    score = np.repeat(np.arange(4), customers)
    assert past["empa"]["profit"] == pytest.approx(empa(said, score, contact_cost=4.0, mean_value=80.0).profit)
    assert (past["customers"], past["successes"], past["cost"]) == (950, 85, 4.0)
    together = past_of({"customers": customers, "happened": happened, "design_effect": 4.0}, choice, policy)
    widths = [np.subtract(found["curves"]["high"], found["curves"]["low"])[219] for found in (past, together)]
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.15)
    assert past_of(None, choice, policy) is None


def test_whoever_left_the_list_is_not_counted_on_it():
    _, choice, _, _ = made(budget_calls=50)
    stays = np.ones(600, dtype=bool)
    stays[choice.listed[:5]] = False
    left = still_listed(choice, stays)
    assert left.listed.size == 45
    assert left.order.size == choice.order.size - 5  # nor among those who could be called


def test_the_last_propensity_and_the_last_profit_are_of_the_same_ten_customers_and_of_the_sentence():
    worth = make_customers(600).with_columns(worth=np.random.default_rng(2).uniform(20, 200, 600))
    policy = make_policy(value="worth", cost=20.0)
    choice = choose(worth["client"], worth["propensity"], policy, columns=worth)
    call_list = build_call_list(worth["client"], choice, pl.Series([""] * 600), policy)
    found = summarise_list(call_list, choice, policy, worth)
    last = choice.listed[-10:]
    means = (choice.propensity[last].mean(), choice.expected_profit[last].mean())
    assert (found["propensity_of_last"], found["profit_of_last"]) == pytest.approx(means)
    assert (
        f"its last ten customers have a propensity of {100 * found['propensity_of_last']:.1f} % on average"
        in found["sentences"][1] + found["sentences"][2]
    )


def test_nothing_is_summed_up_that_fewer_than_ten_customers_bring():
    people = make_customers(60)
    for rows, calls in ((60, 3), (4, 10)):
        here, policy = people.head(rows), make_policy(budget_calls=calls)
        choice = choose(here["client"], [0.5 - 0.001 * row for row in range(rows)], policy, columns=here)
        call_list = build_call_list(here["client"], choice, pl.Series([""] * rows), policy)
        found = summarise_list(call_list, choice, policy, here)
        assert found["counts"]["listed"] == min(calls, rows)
        assert all(found[f"expected_{name}"] is None for name in ("profit", "cost", "successes"))
        assert (found["holdout"]["base_rate"], found["holdout"]["plans"]) == (None, [])
        assert min([10, *found["curve"]["customers"], *found["parts"]["customers"]]) == 10
        told = json.dumps(found, allow_nan=False)
        assert all(figure not in told for figure in ("0.499", "0.498", "148.", "149.", "45.0", "44.9"))


def test_lists_of_other_budgets_are_ten_customers_apart():
    people = make_customers(200)
    policy = make_policy(budget_calls=40)
    choice = choose(people["client"], people["propensity"], policy, columns=people)
    sizes = sorted({row["customers"] for row in sensitivity(choice, policy).to_dicts()})
    assert 40 in sizes
    assert min(np.diff(sizes)) >= 10
    assert sizes[0] == 0 or sizes[0] >= 10
