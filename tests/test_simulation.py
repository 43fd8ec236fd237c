"""Simulated campaigns: the table shows what the truth says, and what was asked for."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from segmint.simulation import GAPS, SEGMENTS, Campaign, Simulated, simulate, simulate_batches


@pytest.fixture(scope="module")
def plain() -> Simulated:
    return simulate(Campaign(rows=60_000, control_share=0.3))


def response(simulated: Simulated) -> np.ndarray:
    return (simulated.frame["subscribed"] == "yes").to_numpy()


def test_the_same_seed_gives_the_same_table() -> None:
    one, two = simulate(Campaign(rows=500)), simulate(Campaign(rows=500))
    assert one.frame.equals(two.frame)
    assert one.truth.equals(two.truth)
    assert not simulate(Campaign(rows=500, seed=8)).frame.equals(one.frame)


def test_a_second_table_has_other_people() -> None:
    campaign, wave = (simulate(Campaign(rows=500, first=first)) for first in (0, 500))
    assert wave.frame["customer_id"].to_list() == [f"C{number:08d}" for number in range(500, 1_000)]
    assert wave.truth["customer_id"].equals(wave.frame["customer_id"])
    assert wave.frame.drop("customer_id").equals(campaign.frame.drop("customer_id"))


def test_blocks_join_to_the_whole_and_ids_are_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmint.simulation.BLOCK", 1_000)
    campaign = Campaign(rows=3_500)
    assert [block.frame.height for block in simulate_batches(campaign)] == [1_000, 1_000, 1_000, 500]
    whole = simulate(campaign)
    assert whole.frame["customer_id"].n_unique() == 3_500
    assert whole.frame["customer_id"].equals(whole.truth["customer_id"])


def test_the_base_rate_is_the_one_asked_for() -> None:
    for rate in (0.02, 0.12, 0.5):
        truth = simulate(Campaign(rows=40_000, base_rate=rate)).truth
        assert truth["propensity"].mean() == pytest.approx(rate, rel=0.05)


def test_outcomes_follow_the_true_probabilities(plain: Simulated) -> None:
    called = (plain.frame["called"] == "yes").to_numpy()
    truth = plain.truth
    chance = np.where(called, truth["propensity"].to_numpy(), truth["propensity_uncalled"].to_numpy())
    for band in np.array_split(np.argsort(chance), 10):
        expected, spread = chance[band].sum(), np.sqrt((chance[band] * (1 - chance[band])).sum())
        assert abs(response(plain)[band].sum() - expected) < 4 * spread


def test_a_randomised_control_group_measures_the_effect_of_calling(plain: Simulated) -> None:
    called = (plain.frame["called"] == "yes").to_numpy()
    assert called.mean() == pytest.approx(0.7, abs=0.01)
    measured = response(plain)[called].mean() - response(plain)[~called].mean()
    uplift = plain.truth["uplift"]
    assert uplift.min() >= 0  # type: ignore[operator]
    assert measured == pytest.approx(uplift.mean(), abs=0.012)
    assert (plain.frame.filter(pl.col("called") == "no")["talk_seconds"] == 0).all()


def test_planted_segments_differ_and_are_not_handed_over(plain: Simulated) -> None:
    both = plain.frame.with_columns(segment=plain.truth["segment"])
    ages = dict(both.group_by("segment").agg(pl.col("age").mean()).iter_rows())
    assert set(ages) == set(SEGMENTS)
    assert ages["calm savers"] - ages["young starters"] > 30
    assert "segment" not in plain.frame.columns
    assert "propensity" not in plain.frame.columns


def test_gaps_are_made_where_asked(plain: Simulated) -> None:
    for name in plain.frame.columns:
        share = plain.frame[name].null_count() / plain.frame.height
        assert share == pytest.approx(0.02 if name in GAPS else 0.0, abs=0.005)
    assert simulate(Campaign(rows=500, missing_share=0.0)).frame.null_count().row(0) == (0,) * 22


def test_waves_are_months_in_order(plain: Simulated) -> None:
    waves = plain.frame["wave"].to_list()
    assert waves == sorted(waves)
    assert sorted(set(waves)) == [f"2025-{month:02d}-01" for month in range(1, 7)]


def first_and_last(*drift: str) -> tuple[Simulated, pl.Series, pl.Series]:
    simulated = simulate(Campaign(rows=40_000, drift=drift))  # type: ignore[arg-type]
    waves = simulated.frame["wave"]
    return simulated, waves == waves.min(), waves == waves.max()


def test_each_kind_of_drift_changes_what_it_names() -> None:
    still, first, last = first_and_last()
    age = still.frame["age"]
    assert abs(age.filter(last).mean() - age.filter(first).mean()) < 1.5  # type: ignore[operator]
    moved, first, last = first_and_last("inputs")
    age = moved.frame["age"]
    assert age.filter(last).mean() - age.filter(first).mean() > 5  # type: ignore[operator]
    higher, first, last = first_and_last("base_rate")
    rate = higher.truth["propensity"]
    assert rate.filter(last).mean() > 1.5 * rate.filter(first).mean()  # type: ignore[operator]
    other, first, last = first_and_last("effects")
    for where, sign in [(first, 1), (last, -1)]:
        part = other.frame.select("balance").with_columns(p=other.truth["propensity"]).filter(where & ~_rich(other))
        assert sign * part.drop_nulls().select(pl.corr("balance", "p", method="spearman")).item() > 0.05


def _rich(simulated: Simulated) -> pl.Series:
    return (simulated.frame["interest"] == "investing").fill_null(True) | (simulated.truth["segment"] == SEGMENTS[3])


@pytest.mark.parametrize("wrong", [
        {"rows": 0}, {"rows": 10**14}, {"waves": 0}, {"waves": 10**6}, {"seed": -1}, {"base_rate": 1.0},
        {"base_rate": float("nan")}, {"control_share": 1.0}, {"missing_share": -0.5}, {"drift": ("weather",)},
        {"rows": "10"}, {"rows": 1.5}, {"base_rate": "0.1"}, {"seed": True}, {"drift": "inputs"},
        {"call_effect": float("nan")}, {"call_effect": float("inf")}, {"call_effect": 1e308}, {"cost": -1.0},
    ],
)  # fmt: skip
def test_a_campaign_that_makes_no_sense_is_a_value_error(wrong: dict[str, object]) -> None:
    ((name, value),) = wrong.items()
    came = value[0] if isinstance(value, tuple) else value
    with pytest.raises(ValueError, match=rf"^{name} must .*\. Got '?{re.escape(str(came))}'? instead\.$"):
        Campaign(**wrong)  # type: ignore[arg-type]
