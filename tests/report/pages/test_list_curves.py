"""The curves of a ranking: what was measured, of those who are reached."""

from segmint.report.pages.list_curves import _caption


def test_rates_and_returns_are_of_those_reached_where_not_all_are():
    ten = {"value": 0.43}
    assert _caption("response", ten, 0.11, "EUR", reach=1.0).startswith("Of the best 10 %, 43.0")
    assert _caption("response", ten, 0.11, "EUR", reach=0.4).startswith("Of the best 10 % that are reached, 43.0")
    assert "spent on calls earns 0.43" in _caption("return", ten, 0.11, "EUR", reach=1.0)
    assert "spent on calls would earn 0.43" in _caption("return", ten, 0.11, "EUR", reach=0.4)
