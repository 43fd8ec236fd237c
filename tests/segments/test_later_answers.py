"""Answers of a later wave are held against those before, however many of them one customer gave."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from segmint.segments.call_order import call_order, say_call_order
from segmint.segments.kept import WeighedSegments
from segmint.segments.later_answers import compare_answers, say_answer, weigh_wave
from segmint.segments.profile import responses_of


@pytest.mark.parametrize("calls", [1, 20])
def test_waves_that_are_alike_are_seldom_said_to_differ(calls: int) -> None:
    draw = np.random.default_rng(3)
    customers = np.repeat(np.arange(400), calls)
    labels = (customers >= 200).astype(np.int64)

    def answers() -> np.ndarray:
        return np.repeat(draw.random(400) < 0.3, calls)  # all calls of a customer are answered alike

    waves, sure = 100, 0
    for _ in range(waves):
        before = responses_of(answers(), labels, customers, 2)
        segments = [{"key": str(place + 1), "response": asdict(one)} for place, one in enumerate(before) if one]
        told = compare_answers(answers(), labels, customers, segments)
        sure += any(row["low"] > 0 or row["high"] < 0 for row in told)
    assert sure <= 12  # 5 % are promised


def test_no_answer_of_fewer_than_ten_customers_is_told_and_none_can_be_reckoned() -> None:
    labels = np.repeat([0, 1, 2], [1, 60, 40])
    segments = [{"key": key, "response": None} for key in "ABC"]
    told = compare_answers(np.arange(101) % 3 == 0, labels, np.arange(101), segments)
    assert [row["now"] is None for row in told] == [True, False, True]  # all but A and C would tell of A
    first, second, third = (
        say_answer(row, name, None) for row, name in zip(told, ["one", "two", "three"], strict=True)
    )
    assert "not shown" in first
    assert "not shown" in third
    assert "of 60 said yes" in second
    of_one = compare_answers(np.full(12, True), np.zeros(12, np.int64), np.zeros(12, np.int64), segments[:1])
    assert of_one[0]["now"] is None


def weighed(*profits: tuple[float, float, float] | None, answers: int = 200) -> WeighedSegments:
    money = ("profit_per_call", "profit_low", "profit_high", "profit_per_customer")
    told = [
        {
            "key": str(place),
            "answers": answers,
            "now": dict(zip(money, (*profit, None), strict=True)) if profit else None,
        }
        for place, profit in enumerate(profits, 1)
    ]
    segments = [{"key": row["key"], "customers": 900, "rows": 900, "share": 0.5, "jaccard": 0.9} for row in told]
    return weigh_wave(told, segments, ["one", "two", "three"][: len(told)], np.array([600, 250, 150])[: len(told)])


def test_a_later_wave_is_ordered_as_the_first_one_by_its_own_answers() -> None:
    wave = weighed((-2.0, -3.0, -1.0), (17.0, 12.6, 22.1), (1.8, 0.1, 4.1))
    assert call_order(wave) == {"1": "write", "2": "call first", "3": "call"}
    assert say_call_order(wave).startswith(
        "Call segment 2 first (two): 25 % of the customers, 90 % of the profit of all seg"
    )
    assert set(call_order(weighed((17.0, 12.6, 22.1), (-2.0, -3.0, -1.0), answers=12)).values()) == {"too few to say"}


def test_shares_are_of_the_wave_and_profits_of_the_called_where_not_all_segments_were_called() -> None:
    assert say_call_order(weighed(None, (17.0, 12.6, 22.1), (16.0, 12.0, 20.0))) == (
        "Call segments 2 and 3 first (two; three): 40 % of the customers, 100 % of the profit of all called segments that show one."
    )


def test_one_called_segment_is_weighed_where_its_profit_is_known() -> None:
    loses = weighed(None, (-5.0, -5.0, -3.0))
    assert call_order(loses) == {"2": "write"}
    assert say_call_order(loses) == "No called segment surely pays for its calls; segment 2 loses, write to them."
