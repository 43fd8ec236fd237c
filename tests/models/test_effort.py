from __future__ import annotations

from segmint.models.effort import expected_minutes


def test_more_customers_columns_and_fits_take_longer() -> None:
    small = expected_minutes("best", 30_000, 10, 1)
    assert expected_minutes("best", 60_000, 10, 1) > small
    assert expected_minutes("best", 30_000, 20, 1) > small
    assert expected_minutes("best", 30_000, 10, 4) > 3 * small
    assert expected_minutes("best", 30_000, 10, 1, classes=4) > small


def test_a_fit_of_thirty_thousand_customers_keeps_the_promised_five_minutes() -> None:
    assert expected_minutes("best", 30_000, 16, 1) <= 5


def test_nothing_is_promised_in_less_than_a_minute() -> None:
    assert expected_minutes("plain", 100, 2, 1) == 1
