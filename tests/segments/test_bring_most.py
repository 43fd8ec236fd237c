"""Whose customers bring most is said where it is sure."""

from __future__ import annotations

from typing import Any

from segmint.segments.bring_most import say_who_brings_most


def valued(key: str, mean: float, *, customers: int = 100, jaccard: float | None = None) -> dict[str, Any]:
    worth = {"label": "profit", "role": "value", "mean": mean, "low": mean - 10, "high": mean + 10}
    return {"key": key, "customers": customers, "jaccard": jaccard, "worth": [worth]}


def test_whose_customers_bring_most_is_said_where_they_are_surely_ahead_of_the_next():
    clear = {"brought": None, "segments": [valued("A", 100), valued("B", 97), valued("C", 296.83)]}
    assert say_who_brings_most(clear) == (
        "Customers of segment C bring most: profit 296.83 (286.83 to 306.83) each, in account currency; "
        "next are those of A with 100.00 (90.00 to 110.00)."
    )
    assert say_who_brings_most(clear | {"brought": {}}) == ""
    for other in (
        valued("D", 290),
        valued("D", 400, customers=12) | {"key": "C"},
        valued("D", 400, jaccard=0.5) | {"key": "C"},
    ):
        close = [segment for segment in clear["segments"] if segment["key"] != other["key"]]
        assert say_who_brings_most({"brought": None, "segments": [*close, other]}) == ""
    assert say_who_brings_most({"brought": None, "segments": [{"key": "A", "customers": 100}]}) == ""


def test_it_names_the_segments_of_which_it_is_true_where_a_small_or_unstable_one_brings_more():
    sure = [valued("A", 100), valued("B", 97), valued("C", 300)]
    small, unstable = valued("E", 3000, customers=25), valued("F", 200, jaccard=0.5)
    for others, of_which in (
        ([valued("E", 20, customers=25)], "Customers of segment C"),
        ([small], "Of the segments of 30 customers or more, customers of segment C"),
        ([unstable], "Of the segments that come back, customers of segment C"),
        ([small, unstable], "Of the segments of 30 customers or more that come back, customers of segment C"),
    ):
        said = say_who_brings_most({"brought": None, "segments": [*sure, *others]})
        assert said.startswith(f"{of_which} bring most: profit 300.00")
