"""Whom to call first: by what is sure of each segment, and never where the segments' answers may be chance."""

from __future__ import annotations

from typing import Any

import pytest

from segmint.segments.call_order import call_order, say_call_order


def found(
    *profits: tuple[float, float, float], in_money: bool = True, base: float = 0.0, **more: Any
) -> dict[str, Any]:
    keys = [str(place + 1) for place in range(len(profits))]
    gained = sum(max(each, 0) for each, _, _ in profits) or 1
    return {
        "proof": {"differs": True},
        "segments": [{"key": key, "name": f"Name {key}", "customers": 100, "share": 1 / len(keys), "jaccard": 0.9} for key in keys],
        "brought": {
            "in_money": in_money, "base": base,
            "segments": [
                {"key": key, "each": each, "low": low, "high": high, "part": max(each, 0) / gained}
                for key, (each, low, high) in zip(keys, profits, strict=True)
            ],
        },
        **more,
    }  # fmt: skip


PAYS, BEST, LOSES, MAY = (2.0, 1.0, 3.0), (16.0, 14.0, 18.0), (-2.0, -3.0, -1.0), (0.1, -1.0, 1.2)
OFTEN, SELDOM = (0.3, 0.25, 0.35), (0.1, 0.09, 0.11)


def test_the_best_that_pays_is_called_first_and_whoever_loses_is_written_to():
    several = found(LOSES, MAY, PAYS, LOSES, MAY, BEST)
    assert call_order(several) == {
        "1": "write", "2": "by the list", "3": "call", "4": "write", "5": "by the list", "6": "call first",
    }  # fmt: skip
    assert say_call_order(several) == (
        "Call segment 6 first (Name 6): 17 % of the customers, 88 % of the profit of all segments that show one; segment 3 pays; "
        "segments 2 and 5 may pay or lose; segments 1 and 4 lose, write to them."
    )


def test_who_is_not_surely_behind_the_best_is_called_first_with_it():
    close = found(BEST, (15.0, 13.0, 17.0), LOSES)
    assert say_call_order(close).startswith(
        "Call segments 1 and 2 first (Name 1; Name 2): 67 % of the customers, 100 % of"
    )


def test_without_money_segments_are_held_against_all_customers():
    rates = found(OFTEN, SELDOM, (0.12, 0.11, 0.14), in_money=False, base=0.12)
    assert call_order(rates) == {"1": "call first", "2": "later", "3": "by the list"}
    assert say_call_order(rates).endswith(
        "of all who said yes; segment 3 is about average; segment 2 says yes less often: call them later."
    )
    assert say_call_order(found(OFTEN, SELDOM, SELDOM, in_money=False, base=0.12)).endswith(
        "; segments 2 and 3 say yes less often: call them later."
    )


def test_nobody_is_called_first_where_no_segment_surely_pays():
    assert say_call_order(found(MAY, LOSES)) == (
        "No segment surely pays for its calls; segment 1 may pay or lose; segment 2 loses, write to them."
    )


def test_what_may_be_chance_orders_no_calls():
    assert call_order(found(BEST, LOSES, proof={"differs": False})) == {}
    assert say_call_order(found(BEST, LOSES, brought=None)) == ""


def test_a_segment_that_is_tiny_or_does_not_come_back_decides_nothing():
    content = found(BEST, BEST, PAYS)
    content["segments"][0]["customers"] = 12
    content["segments"][1]["jaccard"] = 0.6
    assert call_order(content) == {"1": "too few to say", "2": "does not come back", "3": "call first"}
    assert "segment 2 does not come back, decide nothing by it" in say_call_order(content)


@pytest.mark.parametrize(
    ("tiny", "fleeting", "which"),
    [
        (False, True, "No segment that comes back"),
        (True, False, "No segment of 30 customers or more"),
        (True, True, "No segment of 30 customers or more that comes back"),
    ],
)
def test_no_segment_is_said_to_pay_only_of_those_of_which_something_is_decided(
    tiny: bool, fleeting: bool, which: str
) -> None:
    for pays, loses, more, does in (
        (BEST, LOSES, {}, "pays for its calls"),
        (OFTEN, SELDOM, {"in_money": False, "base": 0.12}, "says yes more often than all customers"),
    ):
        content = found(pays if tiny else loses, pays if fleeting else loses, loses, **more)
        content["segments"][0]["customers"] = 12
        content["segments"][1]["jaccard"] = 0.6
        assert say_call_order(content).startswith(f"{which} surely {does}; ")


def test_segments_left_out_count_in_the_order_though_nothing_is_said_of_them():
    several = found(LOSES, MAY, PAYS, BEST)
    assert say_call_order(several, without=["4", "1"]) == "Segment 3 pays; segment 2 may pay or lose."
    assert say_call_order(several, without=["3", "4"]).startswith("No segment surely pays for its calls; ")
    assert say_call_order(several, without=["1", "2", "3", "4"]) == ""
