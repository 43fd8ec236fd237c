from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.features.edges import TABLE_BANDS, band_cuts
from segmint.features.levels import NO_VALUE, OTHER, pool_rare
from segmint.targeting.choose import choose
from segmint.targeting.fairness import _Floored, cost_of_floor, cost_of_floor_by_group, groups_of, selection_by_group
from segmint.targeting.summary import fairness_of, groups_on_list
from tests.targeting.conftest import make_policy


def bank(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    age = pl.Series("age", rng.integers(18, 80, n))
    chance = np.clip(rng.beta(1, 6, n) + np.where(age.to_numpy() >= 60, 0.1, 0.0), 0, 1)
    return pl.Series([f"c{i}" for i in range(n)]), chance, age


def test_bands_and_levels_name_every_customer():
    ages = pl.Series("age", [18, 30, 44, 60, None])
    assert groups_of(ages, (30, 45, 60)).to_list() == [
        "below 30",
        "30 to below 45",
        "30 to below 45",
        "60 and above",
        "no value",
    ]
    assert groups_of(pl.Series("job", ["a", None])).to_list() == ["a", "no value"]


def test_ages_have_bands_of_age_and_other_numbers_their_own():
    rng = np.random.default_rng(2)
    ages = pl.Series("alder", [*rng.integers(18, 90, 990), *[None] * 10])
    assert set(groups_of(ages)) == {"below 30", "30 to below 42", "42 to below 54", "54 and above", "no value"}
    for values in (rng.integers(1950, 2005, 1_000), rng.lognormal(6, 1.5, 1_000), rng.normal(0, 0.001, 1_000)):
        sizes = groups_of(pl.Series("x", values)).value_counts()
        assert sizes.height == 4
        assert sizes["count"].min() > 100


def test_no_customer_lies_between_a_group_and_a_band_of_the_table_of_columns():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        ages, customers = rng.integers(18, 90, 400).astype(float), np.arange(400)
        ages[:3] = np.nan  # told with the smallest band
        cuts = band_cuts(np.sort(ages[3:]), TABLE_BANDS)
        bands = pl.Series(np.searchsorted(cuts, ages, "right").astype(str)).set(pl.Series(np.isnan(ages)), NO_VALUE)
        groups = groups_of(pl.Series("age", ages), customers=customers)
        shown = set(groups) - {OTHER}
        told = pl.DataFrame({"band": pool_rare(bands), "group": groups})
        assert shown
        assert OTHER not in told.filter(pl.col("group") != OTHER)["band"]
        assert told.filter(pl.col("group") != OTHER).unique()["band"].is_unique().all()
        assert groups.value_counts()["count"].min() >= 10


def test_numbers_of_few_values_have_a_group_for_each():
    rng = np.random.default_rng(2)
    edges = {word for name in groups_of(pl.Series("x", rng.lognormal(6, 1.5, 1_000))) for word in name.split()}
    assert all(len(word.strip("0")) <= 3 for word in edges if word[0].isdigit())
    assert groups_of(pl.Series("children", [0, 5, 2, None])).to_list() == ["0", "5", "2", "no value"]
    assert groups_of(pl.Series("female", [0.0, 1.0])).to_list() == ["0", "1"]
    mostly_none = pl.Series("loans", [0] * 900 + list(range(1, 101)))
    assert dict(groups_of(mostly_none).value_counts().iter_rows()) == {"below 1": 900, "1 and above": 100}


def test_a_group_written_as_a_number_is_seen():
    """Bands of age held both sexes in one group, and the page found nothing."""
    female = pl.Series("female", np.arange(2_000) % 2)
    chance = np.where(female.to_numpy() == 1, 0.05, 0.30)
    policy = make_policy(budget_calls=500)
    choice = choose(pl.Series([f"c{i}" for i in range(2_000)]), chance, policy)
    (found,) = fairness_of(choice, female.to_frame(), ["female"], policy)
    rates = {row["group"]: row["selection_rate"] for row in found["rows"]}
    assert rates["1"] < 0.8 * rates["everyone"] < rates["0"]


def test_selection_rates_are_shown_beside_everyone_with_intervals():
    people, chance, age = bank()
    choice = choose(people, chance, make_policy(budget_calls=200))
    rows = selection_by_group(choice, groups_of(age), outcome=np.random.default_rng(1).random(1200) < chance)
    assert rows["group"][0] == "everyone"
    assert rows["listed"][0] == 200 == rows["listed"][1:].sum()
    assert ((rows["low"] <= rows["selection_rate"]) & (rows["selection_rate"] <= rows["high"])).all()
    old = rows.filter(pl.col("group") == rows["group"][-1])
    assert old["ratio"][0] > 1.4
    assert (rows["missed_low"] <= rows["missed_high"]).all()


def test_groups_of_fewer_than_ten_are_never_shown():
    people, chance, _ = bank(200)
    groups = pl.Series("job", ["rare"] * 4 + ["odd"] * 6 + ["common"] * 190)
    rows = selection_by_group(choose(people, chance, make_policy()), groups)
    assert rows["group"].to_list() == ["everyone", "common", "other levels"]


def test_the_money_of_fewer_than_ten_listed_is_not_told_nor_can_it_be_reckoned():
    people, chance, _ = bank(200)
    chance[:40], chance[40:] = 0.3, 0.2
    chance[:3] = chance[60:] = 0.9
    groups = pl.Series("job", ["few"] * 40 + ["none"] * 20 + ["some"] * 40 + ["most"] * 100)
    choice = choose(people, chance, make_policy(budget_calls=143, holdout_share=0.0))
    told = {row["group"]: (row["listed"], row["profit"]) for row in groups_on_list(choice, groups.to_frame(), ["job"])}
    assert [told[name] for name in ("few", "some", "none")] == [(3, None), (40, None), (0, 0.0)]
    assert told["most"][1] > 0
    assert selection_by_group(choice, groups)["benefit"].is_nan().to_list() == [False, True, False, False, True]


def test_who_is_left_of_small_groups_is_no_difference_between_everyone_and_those_shown():
    people, chance, _ = bank(200)
    chance[:9] = 0.03
    groups = pl.Series("job", ["rare"] * 4 + ["odd"] * 5 + ["common"] * 100 + ["usual"] * 91)
    policy = make_policy(budget_calls=100)
    choice = choose(people, chance, policy)
    rows = selection_by_group(choice, groups)
    assert dict(rows.select("group", "eligible").iter_rows()) == {"everyone": 200, "common": 100, "other levels": 100}
    assert "usual" not in cost_of_floor_by_group(choice, groups, policy, floor=1.0)["group"].to_list()
    named = pl.Series("job", ["rare"] * 4 + ["other levels"] * 96 + ["common"] * 100)
    assert selection_by_group(choice, named)["eligible"].to_list() == [200, 100, 100]


def test_a_group_of_fewer_than_ten_beside_a_single_other_is_in_no_count():
    people, chance, _ = bank(200)
    married = pl.Series("marital", ["divorced"] * 5 + ["married"] * 195)
    policy = make_policy(budget_calls=100)
    choice = choose(people, chance, policy)
    assert selection_by_group(choice, married)["eligible"].to_list() == [200, 200]
    (found,) = fairness_of(choice, married.to_frame(), ["marital"], policy)
    assert {row["eligible"] for row in found["rows"]} == {200}
    assert found["floors"] == found["each"] == []
    assert [row["eligible"] for row in groups_on_list(choice, married.to_frame(), ["marital"])] == [200]


def test_a_floor_costs_profit_and_the_list_keeps_its_length():
    people, chance, age = bank()
    policy = make_policy(budget_calls=200)
    choice = choose(people, chance, policy)
    rows = cost_of_floor(choice, groups_of(age), policy, floors=(0.0, 0.5, 0.8, 1.0))
    cost = rows["cost_of_floor"].to_numpy()
    slack = 2e-3 * choice.profit
    assert cost[0] == pytest.approx(0, abs=slack)
    assert (np.diff(cost) >= -slack).all()
    assert cost[-1] > slack
    assert rows["changed"][-1] > 0


def test_a_floor_that_the_list_keeps_costs_nothing_where_few_attempts_are_left():
    people, chance, _ = bank()
    groups = pl.Series("group", ["fresh", "called before"] * 600)
    spent = pl.Series([0, 2] * 600, dtype=pl.Int64)
    economics = {"calls_per_customer": 3.0, "cost_per_call": 5.0, "value_per_success": 120.0}
    policy = make_policy().but(economics=economics, contact_rate=0.3, attempts=3, budget_calls=300)
    choice = choose(people, chance, policy, spent=spent)
    wanted = {"fresh": 1.2, "called before": 0.1}
    rates = dict(selection_by_group(choice, groups).select("group", "ratio").iter_rows())
    kept = min(rates.values())
    rows = cost_of_floor(choice, groups, policy, floors=(kept - 0.01, 1.0))
    assert rows.select("cost_of_floor", "changed").row(0) == (0.0, 0)
    floored = _Floored(choice, groups, policy)
    assert choice.calls[sorted(floored.solve(wanted)[1])].sum() <= 300


def test_the_list_itself_is_not_changed_by_looking():
    people, chance, age = bank()
    policy = make_policy(budget_calls=200)
    choice = choose(people, chance, policy)
    before = choice.listed.copy()
    cost_of_floor(choice, groups_of(age), policy)
    selection_by_group(choice, groups_of(age))
    assert (choice.listed == before).all()


def test_a_floor_for_one_group_is_priced_alone_and_only_where_the_group_is_below_it():
    people, chance, age = bank()
    policy = make_policy(budget_calls=200)
    choice = choose(people, chance, policy)
    rows = cost_of_floor_by_group(choice, groups_of(age), policy)
    assert "60 and above" not in rows["group"].to_list()
    together = cost_of_floor(choice, groups_of(age), policy, floors=(0.8,))["cost_of_floor"][0]
    assert 0 < rows["cost_of_floor"].max() <= together + 2e-3 * choice.profit


def test_a_floor_that_the_money_cannot_pay_is_said_and_no_reason_to_stop():
    people, chance, _ = bank(400)
    groups = pl.Series("job", ["cheap", "dear"] * 200)
    table = pl.DataFrame({"cost": [1.0, 40.0] * 200})
    policy = make_policy(cost="cost", budget_money=150.0)
    choice = choose(people, chance, policy, columns=table)
    rows = cost_of_floor(choice, groups, policy, floors=(0.0, 1.0))
    assert rows["cost_of_floor"][0] == pytest.approx(0, abs=2e-3 * choice.profit)
    assert rows.row(1) == (1.0, None, None, None)
    alone = cost_of_floor_by_group(choice, groups, policy)
    assert alone.select("group", "cost_of_floor", "changed").rows() == [("dear", None, None)]
    (found,) = fairness_of(choice, groups.to_frame(), ["job"], policy)
    assert found["floors"][-1]["cost_of_floor"] is None
