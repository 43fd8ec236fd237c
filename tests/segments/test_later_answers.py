"""Answers of a later wave are held against those before, however many of them one customer gave."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from segmint.segments.later_answers import compare_answers, say_answer, say_first
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


def first(*profits: tuple[float, float, float], answers: int = 200) -> str:
    told = [
        {
            "key": str(place),
            "answers": answers,
            "now": {"profit_per_call": each, "profit_low": low, "profit_high": high},
        }
        for place, (each, low, high) in enumerate(profits, 1)
    ]
    segments = [{"key": row["key"], "customers": 900, "jaccard": 0.9} for row in told]
    return say_first(told, segments, ["one", "two", "three"][: len(told)])


def test_whom_to_call_first_is_said_no_more_surely_than_the_intervals_allow() -> None:
    assert first((1.8, 0.1, 4.1), (17.0, 12.6, 22.1)).startswith("Call first, by how this wave answered: 2 two. ")
    assert "1 one and 2 two. As far as the intervals tell" in first(
        (14.0, 9.0, 20.0), (17.0, 12.6, 22.1), (1.0, -1.0, 3.0)
    )
    assert first((1.0, -1.0, 3.0)) == "No segment of this wave surely pays for its calls."
    assert first((17.0, 12.6, 22.1), answers=12) == ""
