"""No edge is one customer's own number, and what ten customers share stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmint.features.edges import (
    band_cuts,
    once_each,
    outer_edges,
    quantile_edges,
    round_among,
    round_down,
    round_up,
)


def balances(count: int) -> np.ndarray:
    return np.sort(np.random.default_rng(count).lognormal(7, 1, count).round(2))


@pytest.mark.parametrize("count", [0, 9, 17, 21, 45, 400, 30_000])
def test_bands_hold_ten_customers_and_edges_are_nobodys_own(count: int) -> None:
    ordered = balances(count)
    edges = quantile_edges(ordered, 20)
    inside = np.bincount(np.searchsorted(edges, ordered, "right"), minlength=len(edges) + 1)
    assert len(edges) <= min(19, count // 10)
    assert not len(edges) or inside.min() >= 10
    assert not set(edges) & set(ordered[ordered % 10 != 0])


def test_each_customer_has_one_number_of_theirs() -> None:
    numbers, customers = np.random.default_rng(0).normal(size=500), np.random.default_rng(1).integers(0, 90, 500)
    theirs = [np.sort(numbers[customers == one]) for one in np.unique(customers)]
    for middle in (True, False):
        once = once_each(numbers, customers, middle=middle)
        assert (np.diff(once) > 0).all()
        assert all(np.isin(own, once).sum() == 1 for own in theirs)
    assert set(once_each(numbers, customers, middle=True)) == {own[len(own) // 2] for own in theirs}


def test_where_every_row_is_another_customer_all_numbers_stay_and_in_months_that_all_have_too() -> None:
    numbers = np.random.default_rng(0).normal(size=500)
    assert once_each(numbers, np.random.default_rng(1).permutation(500)).tobytes() == np.sort(numbers).tobytes()
    months = once_each(np.tile(np.arange(12.0), 240), np.repeat(np.arange(240), 12))
    assert np.unique(months, return_counts=True)[1] == pytest.approx(20, abs=2)


def test_what_ten_customers_have_is_an_edge_as_it_is() -> None:
    ages = np.repeat(np.arange(18.0, 88.0), 10)
    for method in ("linear", "higher"):
        wanted = np.unique(np.quantile(ages, np.linspace(0, 1, 21)[1:-1], method=method))
        assert quantile_edges(ages, 20, method=method).tolist() == wanted.tolist()
    assert outer_edges(ages) == (18.0, 87.0)
    assert quantile_edges(np.array([0.0] * 500 + [7.0] * 9), 20).tolist() == [0.0]


def test_no_band_is_of_a_few_and_the_first_may_be_of_nobody() -> None:
    assert quantile_edges(np.array([-431.17] + [0.0] * 500), 20).tolist() == []
    assert band_cuts(np.array([-431.17] + [0.0] * 500), 8) == []
    assert band_cuts(np.array([0.0] * 500 + [7.0] * 12), 8) == [7.0]
    assert band_cuts(1e12 + 0.01 * np.arange(400), 8) == []


def test_the_roundest_number_among_ten_customers_stands_for_them() -> None:
    ordered = np.array([1_234.56 + 7.11 * place for place in range(30)])
    assert round_among(ordered, [ordered[15]]).tolist() == [1_300.0 if ordered[10] <= 1_300 <= ordered[19] else 1_340.0]
    assert round_among(-ordered[::-1], [-ordered[15]]).tolist() == [-1_340.0]
    assert round_among(np.arange(-15.0, 15.0), [2.0]).tolist() == [0.0]


def test_a_median_is_rounded_so_that_half_of_them_have_it_or_more() -> None:
    rng = np.random.default_rng(0)
    for count in rng.integers(20, 400, 200):
        ordered = np.sort(np.round(rng.lognormal(7, 1, count) - rng.choice([0, 1_000]), 2))
        median = float(np.median(ordered))
        low, high = round_down(ordered, median), round_up(ordered, median)
        assert (ordered >= low).mean() >= 0.5
        assert (ordered <= high).mean() >= 0.5
        assert ((ordered >= low) & (ordered <= median)).sum() <= 10
        assert not {low, high} & set(ordered)


def test_a_median_is_nothing_only_where_it_is_next_to_nothing() -> None:
    around = np.linspace(-2_000.5, 5_300.7, 31)
    assert round_down(np.sort([*around, 650.37]), 650.37) == 600
    assert round_up(np.sort([*around, 650.37]), 650.37) == 700
    assert round_down(np.sort([*around, 12.37]), 12.37) == 0
    assert round_up(np.sort([*around, -12.37]), -12.37) == 0
    assert round_up(np.sort([*around, *[12.37] * 10]), 12.37) == 12.37


def test_one_customers_slip_does_not_move_the_end() -> None:
    assert outer_edges(np.r_[np.linspace(19.5, 87.5, 500), 103.0])[1] < 88
    assert outer_edges(np.r_[balances(500), 987_654_321.37])[1] < 20_000


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda number: round(number, 2)), min_size=1, max_size=80),
    st.integers(1, 12),
)
def test_edges_ascend_and_lie_within_the_column(numbers: list[float], fewest: int) -> None:
    ordered = np.sort(numbers)
    rounded = round_among(ordered, np.quantile(ordered, np.linspace(0, 1, 9)), fewest)
    assert (np.diff(rounded) >= 0).all()
    assert (ordered[0] <= rounded).all()
    assert (rounded <= ordered[-1]).all()
    assert (np.diff(quantile_edges(ordered, 20, fewest=fewest)) > 0).all()
