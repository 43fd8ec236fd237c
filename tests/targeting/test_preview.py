from __future__ import annotations

import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting import preview
from segmint.targeting.choose import choose, shared_by
from segmint.targeting.preview import ListPreview
from tests.targeting.conftest import make_policy
from tests.targeting.test_optimise import bank


def test_without_quotas_the_preview_is_the_list():
    people, chance, table = bank(2000)
    table = table.with_columns(household=pl.Series(range(2000)) // 3)
    preview = ListPreview(people, chance, make_policy(holdout_share=0.1), columns=table)
    for rules in (
        {}, {"budget_calls": 150}, {"budget_money": 400.0}, {"conversations": 60, "contact_rate": 0.5},
        {"budget_calls": 150, "one_per": "household"},
    ):  # fmt: skip
        policy = make_policy(cost=4.0, value=70.0, holdout_share=0.1, **rules)
        seen, made = preview.of(policy), choose(people, chance, policy, columns=table)
        assert seen.exact
        assert seen.customers == made.listed.size
        assert seen.expected_profit == pytest.approx(made.profit)
        assert seen.expected_successes == pytest.approx(made.successes[made.listed].sum())


@pytest.mark.parametrize("minutes", [600.0, 1500.0, 4000.0])
def test_under_quotas_and_capacities_the_preview_is_within_the_gap_of_the_list(minutes):
    people, chance, table = bank(3000, seed=3)
    preview = ListPreview(people, chance, make_policy(), columns=table)
    policy = make_policy(
        budget_calls=400,
        quotas=[{"column": "branch", "level": "west", "minimum": 60}],
        capacities=[{"name": "agent minute", "available": minutes, "per_customer": "minutes"}],
    )
    seen, made = preview.of(policy), choose(people, chance, policy, columns=table)
    assert made.profit <= seen.expected_profit + 1e-6
    assert made.profit >= (1 - 1e-3) * seen.expected_profit
    told = {
        price.name: price for price in made.prices
    }  # of ten customers, where the preview says what the next one brings
    assert seen.prices.keys() == told.keys()
    for name, price in seen.prices.items():
        assert told[name].price - 1e-3 <= price <= told[name].tightened + 1e-3


def test_a_preview_of_the_impossible_is_refused():
    people, chance, table = bank(50)
    preview = ListPreview(people, chance, make_policy(), columns=table)
    tight = make_policy(
        quotas=[{"column": "branch", "level": "north", "minimum": 5}],
        capacities=[{"name": "agent minute", "available": 1.0, "per_customer": "minutes"}],
    )
    with pytest.raises(PolicyError, match="cannot all be met"):
        preview.of(tight)


def test_a_slider_that_moves_gets_the_answers_of_questions_asked_alone():
    people, chance, table = bank(5_000, seed=4)
    moved = ListPreview(people, chance, make_policy(), columns=table)
    for calls, cost in ((100, 4.0), (105, 4.0), (1_500, 4.0), (40, 9.0), (4_500, 0.1)):
        policy = make_policy(
            cost=cost, budget_calls=calls, quotas=[{"column": "branch", "level": "west", "minimum": 15, "maximum": 225}]
        )
        alone = ListPreview(people, chance, make_policy(), columns=table).of(policy)
        seen = moved.of(policy)
        assert seen.expected_profit == pytest.approx(alone.expected_profit, rel=1e-6)
        assert seen.customers == alone.customers


def test_who_has_no_amount_today_is_asked_about_again_tomorrow():
    """A preview is prepared under one policy: whoever has no value in its column has one where a number is typed."""
    people = pl.Series(["a", "a", "b", "c"])
    table = pl.DataFrame({"customer": people, "worth": [80.0, None, None, 0.0]})
    preview = ListPreview(people, [0.5, 0.6, 0.4, 0.3], make_policy(cost=5.0, value="worth"), columns=table)
    for value in ("worth", 100.0, 4.0):
        policy = make_policy(cost=5.0, value=value)
        made = choose(people, [0.5, 0.6, 0.4, 0.3], policy, columns=table)
        seen = preview.of(policy)
        assert (seen.customers, seen.expected_profit) == (made.listed.size, pytest.approx(made.profit))
        assert seen.rows.tolist() == made.listed.tolist()


def test_the_curve_is_highest_where_everybody_is_called_whose_call_pays():
    people, chance, table = bank(2000)
    policy = make_policy(cost=4.0, value=70.0, holdout_share=0.1)
    preview = ListPreview(people, chance, policy, columns=table)
    curve, most = preview.curve(policy.model_copy(update={"budget_calls": 10})), preview.of(policy)
    assert curve["peak"]["customers"] == most.customers
    assert curve["peak"]["expected_profit"] == pytest.approx(most.expected_profit, abs=0.01)
    assert max(curve["expected_profit"]) == pytest.approx(most.expected_profit)
    assert curve["customers"][curve["expected_profit"].index(max(curve["expected_profit"]))] == most.customers
    assert curve["customers"][-1] == int((~preview.holdout).sum())
    assert len(curve["customers"]) <= 81


def test_a_slider_that_moves_reads_households_once(monkeypatch):
    people, chance, table = bank(300)
    table = table.with_columns(household=pl.Series(range(300)) // 3)
    read = []
    monkeypatch.setattr(preview, "shared_by", lambda *given: read.append(given) or shared_by(*given))
    prepared = ListPreview(people, chance, make_policy(), columns=table)
    for cost in (4.0, 5.0, 6.0):
        policy = make_policy(cost=cost, one_per="household")
        assert prepared.of(policy).customers == choose(people, chance, policy, columns=table).listed.size
    assert len(read) == 1
