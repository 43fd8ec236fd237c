"""What calls to each segment brought: of whom, in which unit, and as a share of what was gained."""

from __future__ import annotations

from typing import Any

import pytest

from segmint.segments.brought import brought_by


def segment(key: str, rows: int, yes: int, profit: float | None = None, *, calls: float = 1.0) -> dict[str, Any]:
    return {
        "key": key, "customers": rows, "rows": rows,
        "response": {
            "yes": yes, "rate": yes / rows, "low": 0.0, "high": 1.0,
            "profit_per_call": profit, "profit_low": -9.0, "profit_high": 9.0,
            "profit_per_customer": None if profit is None else profit * calls,
        },
    }  # fmt: skip


def test_without_money_segments_are_weighed_by_those_who_said_yes():
    told = brought_by([segment("1", 100, 30), segment("2", 300, 10)])
    assert told is not None
    assert not told["in_money"]
    assert told["base"] == pytest.approx(40 / 400)
    assert [part["amount"] for part in told["segments"]] == [30, 10]
    assert [part["part"] for part in told["segments"]] == [0.75, 0.25]
    assert (told["segments"][0]["each"], told["segments"][0]["high"]) == (0.3, 1.0)


def test_in_money_all_calls_to_a_customer_count_and_a_loss_is_no_part_of_what_is_gained():
    told = brought_by([segment("1", 100, 30, 2.0, calls=3.0), segment("2", 50, 1, 4.0), segment("3", 50, 0, -5.0)])
    assert told is not None
    assert told["in_money"]
    assert [part["amount"] for part in told["segments"]] == [600.0, 200.0, -250.0]
    assert [part["part"] for part in told["segments"]] == [0.75, 0.25, 0.0]
    assert told["base"] == pytest.approx((100 * 2 + 50 * 4 - 50 * 5) / 200)
    assert told["segments"][2]["low"] == -9.0


def test_one_segment_without_money_leaves_all_of_them_without():
    told = brought_by([segment("1", 100, 30, 2.0), segment("2", 50, 10)])
    assert told is not None
    assert not told["in_money"]


def test_where_every_call_loses_nobody_has_a_part():
    told = brought_by([segment("1", 100, 1, -2.0), segment("2", 50, 1, -1.0)])
    assert told is not None
    assert [part["part"] for part in told["segments"]] == [0.0, 0.0]


def test_nothing_is_weighed_where_fewer_than_two_were_called():
    uncalled = segment("2", 50, 10) | {"response": None}
    assert brought_by([segment("1", 100, 30), uncalled]) is None
    assert brought_by([segment("1", 100, 30), uncalled], even_one=True) is None
    one = brought_by([segment("1", 100, 30, 2.0), uncalled], even_one=True)
    assert one is not None
    assert [part["key"] for part in one["segments"]] == ["1"]
    assert brought_by([]) is None
