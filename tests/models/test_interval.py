from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from segmint.metrics.calibration import reliability_table, venn_abers
from segmint.models.interval import STEPS, PropensityInterval, fit_interval


def campaign(count: int, seed: int, bend: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Propensities as a network might give them, bent away from the truth, and what happened."""
    draw = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(2.4 - 1.3 * draw.normal(size=count)))
    return truth**bend, draw.random(count) < truth


@pytest.mark.parametrize("bend", [1.0, 1.3], ids=["right", "too low"])
def test_in_nine_bins_of_ten_the_observed_rate_lies_in_the_mean_interval(bend: float) -> None:
    found = fit_interval(*campaign(20_000, 1, bend))
    assert found is not None
    propensity, yes = campaign(12_000, 2, bend)
    low, high = found.of(propensity)
    bins = np.array_split(np.argsort(propensity, kind="stable"), 10)
    inside = 0
    for rows in bins:
        assert len(rows) >= 1_000
        rate = yes[rows].mean()
        reach = 1.96 * np.sqrt(rate * (1 - rate) / len(rows))
        inside += low[rows].mean() - reach <= rate <= high[rows].mean() + reach
    assert inside >= 9
    if bend != 1.0:  # without an interval the propensities would not have passed
        table = reliability_table(yes, propensity)
        assert np.mean((table.low <= table.mean_propensity) & (table.mean_propensity <= table.high)) < 0.8


def test_rows_of_one_customer_count_for_no_more_than_they_tell() -> None:
    propensity, yes = campaign(1_000, 3)
    once = fit_interval(propensity, yes)
    assert once is not None
    alone = fit_interval(propensity, yes, np.arange(1_000)[::-1])
    assert alone is not None
    assert alone.to_json() == once.to_json()
    same = np.repeat(np.arange(1_000), 10)
    often = fit_interval(propensity[same], yes[same], same)
    assert often is not None
    assert often.customers == 1_000
    low, high = often.of(propensity)
    assert np.mean(high - low) == pytest.approx(np.mean(np.subtract(*once.of(propensity)[::-1])), rel=0.2)
    few = np.repeat(np.arange(99), 10)
    assert fit_interval(propensity[few], yes[few], few) is None


def test_the_steps_cover_what_exact_venn_abers_says() -> None:
    propensity, yes = campaign(3_000, 3)
    found = fit_interval(propensity, yes)
    assert found is not None
    points = np.concatenate([campaign(400, 4)[0], propensity[:50], [0.0, 1.0]])
    exact, (low, high) = venn_abers(propensity, yes, points), found.of(points)
    assert (low <= exact.low + 1e-9).all()
    assert (high >= exact.high - 1e-9).all()
    assert (low <= points).all()
    assert (points <= high).all()


def test_more_customers_know_better() -> None:
    few, many = fit_interval(*campaign(400, 5)), fit_interval(*campaign(20_000, 5))
    assert few is not None
    assert many is not None
    points = np.linspace(0.02, 0.4, 50)
    width = [np.mean(found.of(points)[1] - found.of(points)[0]) for found in (few, many)]
    assert width[1] < 0.5 * width[0]


def test_it_survives_json_and_stays_small() -> None:
    found = fit_interval(*campaign(30_000, 6))
    assert found is not None
    text = json.dumps(found.to_json())
    assert len(text) < 32_000
    assert len(found.edges) <= STEPS
    again = PropensityInterval.from_json(json.loads(text))
    points = np.linspace(0, 1, 200)
    assert_allclose(again.of(points), found.of(points))


def test_nothing_is_said_of_a_handful_or_of_one_answer_only() -> None:
    assert fit_interval(*campaign(99, 7)) is None
    assert fit_interval(np.full(500, 0.2), np.zeros(500)) is None


def test_one_propensity_for_all_gives_one_interval_around_the_rate() -> None:
    yes = np.arange(1_000) < 130
    found = fit_interval(np.full(1_000, 0.2), yes)
    assert found is not None
    low, high = found.of([0.2])
    assert low[0] < 0.13
    assert high[0] >= 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"edges": []},
        {"low": [0.1]},
        {"low": [0.3, 0.2, 0.2]},
        {"high": [0.1, 0.5, 2.0]},
        {"high": [0.0, 0.5, 0.6]},
        {"edges": [0.5, 0.4]},
        {"low": "text"},
        {"customers": None},
        {"low": [0.1, None, 0.3]},
    ],
)
def test_what_is_no_interval_is_refused(wrong: dict[str, object]) -> None:
    right = {"customers": 500, "edges": [0.1, 0.2], "low": [0.05, 0.1, 0.2], "high": [0.15, 0.3, 0.6]}
    PropensityInterval.from_json(right)
    with pytest.raises(ValueError, match=r"interval|could not"):
        PropensityInterval.from_json(right | wrong)


@pytest.mark.parametrize(("customers", "near"), [(120, 50), (400, 50), (1_000, 50), (4_000, 200)])
def test_by_how_many_customers_a_rate_is_judged_is_known(customers: int, near: int) -> None:
    found = fit_interval(*campaign(customers, 5))
    assert found is not None
    assert found.neighbours == near
