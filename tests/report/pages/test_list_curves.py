"""The curves of a ranking: what was measured, of those who are reached."""

from segmint.report.pages.list_curves import _beside_the_list, _caption


def test_rates_and_returns_are_of_those_reached_where_not_all_are():
    ten = {"value": 0.43}
    assert _caption("response", ten, 0.11, "EUR", reach=1.0).startswith("Of the best 10 %, 43.0")
    assert _caption("response", ten, 0.11, "EUR", reach=0.4).startswith("Of the best 10 % that are reached, 43.0")
    assert "spent on calls earns 0.43" in _caption("return", ten, 0.11, "EUR", reach=1.0)
    assert "spent on calls would earn 0.43" in _caption("return", ten, 0.11, "EUR", reach=0.4)


def test_the_money_of_the_past_says_that_the_list_decides_and_why_it_differs():
    counts = {"listed": 300, "held_out": 28, "suppressed": 10, "below_break_even": 700}
    found = {"counts": counts, "expected_profit": 10_671.0, "past": {"customers": 4_521}}
    said = _beside_the_list(found, "EUR")
    assert "its 10,671 EUR are expected of the 1,028 customers of this table who may be called" in said.replace(
        "\u00a0", " "
    )
    assert "what 4,521 past customers really brought" in said
