"""What to do after a measurement follows from its intervals."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from segmint.flows.steps.next_step import next_step
from segmint.monitoring.measure import Measurement

NAN = float("nan")


def measured(response: tuple[float, float], profit: tuple[float, float], unlike: str | None = None, **arms: Any) -> str:
    one = {
        "segment": "everyone",
        "method": "cuped",
        "called": 0.18,
        "held_out": 0.1,
        "difference": 0.08,
        "smallest_visible": 0.1,
    }
    one |= {"customers_called": 1_500, "customers_held_out": 490} | arms
    rows = [
        one | {"quantity": "response", "low": response[0], "high": response[1], "total_low": 0.0, "total_high": 0.0},
        one | {"quantity": "profit", "low": 0.0, "high": 0.0, "total_low": profit[0], "total_high": profit[1]},
    ]
    return next_step(Measurement(pl.DataFrame(rows), 0.9, (), unlike=unlike))


@pytest.mark.parametrize(
    ("response", "profit", "said"),
    [
        ((0.05, 0.1), (10.0, 20.0), "Go on calling"),
        ((0.05, 0.1), (-9.0, -1.0), "Stop calling such customers at this cost"),
        ((-0.1, -0.05), (-9.0, 1.0), "Stop calling such customers: fewer"),
        ((0.05, 0.1), (-1.0, 20.0), "2,344 listed and 766 held out show it in 80 % of cases"),
        ((-0.01, 0.1), (-1.0, 20.0), "Neither go on nor stop because of this. With 1,500 called and 490 held out"),
    ],
)
def test_the_step_follows_from_the_intervals(
    response: tuple[float, float], profit: tuple[float, float], said: str
) -> None:
    assert said in measured(response, profit)


def test_a_holdout_in_vain_says_how_many_to_hold_out() -> None:
    said = measured((NAN, NAN), (NAN, NAN), called=0.4, customers_called=300, customers_held_out=10)
    assert "policy.holdout_share of 16 % holds out enough, at least 43 with as many called" in said


def test_a_large_campaign_that_changed_little_is_not_asked_for_more() -> None:
    large = {"customers_called": 90_000, "customers_held_out": 90_000, "smallest_visible": 0.002}
    assert "call others, or offer something else" in measured((-0.001, 0.001), (-9.0, 1.0), **large)
    without = measured((NAN, NAN), (NAN, NAN), **large)  # too few bought in an arm: that shows no lack of effect
    assert without.startswith("Neither go on nor stop because of this. Wait for more results")


def test_a_loss_is_called_one_and_the_planned_cost_is_named() -> None:
    assert "If the loss after the planned cost is as large as it seems" in measured(
        (0.01, 0.1), (-9.0, 1.0), difference=-0.08
    )


@pytest.mark.parametrize(
    ("planned", "by_results", "said"),
    [
        (3.0, -9.0, "Find out what the calls cost"),
        (3.0, -2.0, "Find out what the calls cost"),
        (-9.0, 3.0, "Find out what the calls cost"),
        (-9.0, -2.0, "Stop calling such customers at the planned cost."),
        (-9.0, -8.0, "Stop calling such customers at this cost."),
        (-2.0, 3.0, "1,500 listed and 490 held out show it"),
        (3.0, 4.0, "Go on calling"),
    ],
)
def test_the_planned_cost_decides_and_what_a_call_costs_is_asked_for_where_that_does(
    planned: float, by_results: float, said: str
) -> None:
    one = {
        "segment": "everyone",
        "method": "cuped",
        "low": 0.01,
        "high": 0.1,
        "customers_called": 600,
        "customers_held_out": 196,
    }
    profit = one | {"quantity": "profit", "difference": 0.1, "smallest_visible": 0.1 * 2.5**0.5}
    other = one | {"quantity": "profit_by_results", "difference": 0.1, "smallest_visible": 0.5}
    rows = [
        row | {"total_low": low, "total_high": low + 5}
        for row, low in (
            (one | {"quantity": "response", "difference": 0.1, "smallest_visible": 0.1}, 1.0),
            (profit, planned),
            (other, by_results),
        )
    ]
    assert said in next_step(Measurement(pl.DataFrame(rows), 0.9, ()))


def test_arms_that_differ_decide_nothing() -> None:
    assert measured((0.05, 0.1), (10.0, 20.0), unlike="differ").startswith("Decide nothing on this comparison")
