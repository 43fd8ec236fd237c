"""Answers of a later wave are held against those before, however many of them one customer gave."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from segmint.segments.later_answers import compare_answers, say_answers
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
    first, second, third = say_answers(told, ["one", "two", "three"], None)
    assert "not shown" in first
    assert "not shown" in third
    assert "of 60 said yes" in second
    of_one = compare_answers(np.full(12, True), np.zeros(12, np.int64), np.zeros(12, np.int64), segments[:1])
    assert of_one[0]["now"] is None
