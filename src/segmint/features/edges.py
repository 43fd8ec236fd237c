"""Numbers that stand for at least ten customers: what is kept of a column of numbers.

A quantile of balances is the balance of one customer, to the cent. So a number that fewer than ten customers have gives way
to the roundest one among the ten around it, or on one side of it. What ten share, such as ages and counts, stays as it is.
Customers are counted, not rows: `once_each` takes one number of each first.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_UP, Context, Decimal
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Floats

FEWEST_TOGETHER = 10
"""Customers: what fewer of them share could point at a person, and is neither kept nor shown."""

OF_FEW = f"not said of fewer than {FEWEST_TOGETHER} customers, as it would tell of single ones"

TABLE_BANDS = 6
"""At most so many bands has a number in the table of columns; sensitive groups are some of these together."""

_NEXT_TO_NOTHING = 0.1
_GOLDEN = (5**0.5 - 1) / 2  # whose multiples lie evenly between whole numbers
_SURE_DIGITS = 12  # what follows in a float differs between units


def are_too_few(customers: int) -> bool:
    """Whether what so many customers have or bring together is not told, as it would tell of single ones."""
    return 0 < customers < FEWEST_TOGETHER


def once_each(numbers: Floats, customers: NDArray[Any] | None, *, middle: bool = False) -> Floats:
    """Take one number of each customer, so that any ten in order are of ten customers.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows,)
    customers : ndarray of shape (n_rows,) or None
        The customer of each row; None where each row is another.
    middle : bool
        Take the middle one of a customer's; else a low one of some and a high one of others, as evenly as can be: where all
        customers have the same twelve months, the middle one would be one month.

    Returns
    -------
    ndarray of shape (n_customers,)
        Ascending.
    """
    if customers is None or len(rows := np.unique(customers, return_counts=True)[1]) == len(numbers):
        return np.sort(numbers)
    share = 0.5 if middle else np.arange(len(rows)) * _GOLDEN % 1.0
    first, within = np.cumsum(rows) - rows, np.floor(share * rows).astype(np.int64)
    return np.sort(numbers[np.lexsort((numbers, customers))][first + within])


def round_among(ordered: Floats, numbers: ArrayLike, fewest: int = FEWEST_TOGETHER) -> Floats:
    """Replace each number that fewer than `fewest` customers have by the roundest among those around it.

    A number that lies between two which enough customers have tells of none of them, and stays as well.

    Parameters
    ----------
    ordered : ndarray of shape (n_customers,), n_customers > 0
        All numbers of a column, ascending.
    numbers : array_like of shape (n,)
        Quantiles of them, each between the smallest and the largest.
    fewest : int

    Returns
    -------
    ndarray of shape (n,)
        With the fewest significant digits that lie in the range of the `fewest` customers around each number, and of
        those the nearest. Ascending, if `numbers` ascend.
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    left, right = np.searchsorted(ordered, numbers, "left"), np.searchsorted(ordered, numbers, "right")
    last = len(ordered) - 1
    beside = ordered[np.maximum(right - 1, 0)], ordered[np.minimum(left, last)]
    shared = np.minimum(*(_having(ordered, number) for number in beside)) >= fewest
    start = np.clip((left + right) // 2 - fewest // 2, 0, max(last + 1 - fewest, 0))
    low, high = ordered[start], ordered[np.minimum(start + fewest - 1, last)]
    rounded = [
        number if stays else 0.0 if least <= 0 <= most else _roundest(least, number, most)
        for number, stays, least, most in zip(numbers, shared, low, high, strict=True)
    ]
    return np.array(rounded, dtype=np.float64)


def round_down(ordered: Floats, number: float) -> float:
    """Replace a number that fewer than ten customers have by the roundest at or below it: who has it or more has that or more.

    Parameters
    ----------
    ordered : ndarray of shape (n_customers,), n_customers > 0
        All numbers of a column, ascending.
    number : float
        A quantile of them.

    Returns
    -------
    float
        In the range of the ten customers at and below the number; 0 only where the number is next to nothing in that range.
    """
    right = int(np.searchsorted(ordered, number, "right"))
    if right - np.searchsorted(ordered, number, "left") >= FEWEST_TOGETHER:
        return float(number)
    least = float(ordered[max(right - FEWEST_TOGETHER, 0)])
    if least <= 0 <= number <= _NEXT_TO_NOTHING * (number - least):
        return 0.0
    return _roundest(least, number, number)


def round_up(ordered: Floats, number: float) -> float:
    """Replace a number as `round_down` does, by one at or above it: who has it or less has that or less."""
    return 0.0 - round_down(-ordered[::-1], -number)


def quantile_edges(
    ordered: Floats, bands: int, *, method: Literal["linear", "higher"] = "linear", fewest: int = FEWEST_TOGETHER
) -> Floats:
    """Find the edges between bands of about equally many customers, none of them one customer's own number.

    Parameters
    ----------
    ordered : ndarray of shape (n_customers,)
        All numbers of a column, ascending.
    bands : int
        At most so many; fewer where a band would have fewer than `fewest` customers.
    method : {"linear", "higher"}
        Of `numpy.quantile`.
    fewest : int

    Returns
    -------
    ndarray of shape (n_edges,)
        Ascending. A band holds its lower edge; the first may hold nobody.
    """
    bands = min(bands, len(ordered) // fewest)
    if bands < 2:
        return np.empty(0)
    shares = np.linspace(0.0, 1.0, bands + 1)[1:-1]
    edges = np.unique(round_among(ordered, np.quantile(ordered, shares, method=method), fewest))
    kept: list[float] = []
    below_next = len(ordered)
    for edge, below in reversed([*zip(edges, np.searchsorted(ordered, edges), strict=True)]):
        if below_next - below >= fewest and (below >= fewest or not below):
            kept.append(float(edge))
            below_next = below
    return np.array(kept[::-1])


def band_cuts(ordered: Floats, bands: int) -> list[float]:
    """Cut a column into bands for people, none of them empty: the smallest number is no cut.

    Parameters
    ----------
    ordered : ndarray of shape (n_customers,), n_customers > 0
        All numbers of a column, ascending.
    bands : int
        At most so many.

    Returns
    -------
    list of float
        Ascending; empty where one band is all there can be. A band holds its lower cut.
    """
    cuts = [float(cut) for cut in quantile_edges(ordered, bands, method="higher") if cut > ordered[0]]
    above = ordered[ordered > ordered[0]]
    if cuts or min(len(above), len(ordered) - len(above)) < FEWEST_TOGETHER:
        return cuts
    # Nearly everybody has none, and a few have some: that tells them apart, though no band of equal size ends there.
    first = float(round_among(above, above[:1])[0])
    return [first] if first > ordered[0] and (above >= first).sum() >= FEWEST_TOGETHER else []


def outer_edges(ordered: Floats, fewest: int = FEWEST_TOGETHER) -> tuple[float, float]:
    """Find the ends of a column without its outermost customers: one number among the `fewest` lowest and one among the highest.

    Parameters
    ----------
    ordered : ndarray of shape (n_customers,), n_customers > 0
        All numbers of a column, ascending.
    fewest : int
    """
    within = min(fewest // 2, len(ordered) // 2)
    low, high = round_among(ordered, ordered[[within, len(ordered) - 1 - within]], fewest)
    return float(low), float(high)


def _having(ordered: Floats, numbers: Floats) -> NDArray[np.int64]:
    """Count the customers who have each number exactly."""
    return np.searchsorted(ordered, numbers, "right") - np.searchsorted(ordered, numbers, "left")


def _roundest(low: float, number: float, high: float) -> float:
    """Find the number with the fewest significant digits in a range, and of several the nearest to `number`."""
    least, near, most = (Decimal(f"{each:.{_SURE_DIGITS - 1}e}") for each in (low, number, high))
    for digits in range(1, _SURE_DIGITS):
        for rounding in (ROUND_HALF_DOWN, ROUND_DOWN, ROUND_UP):
            rounded = Context(digits, rounding).plus(near)
            if least <= rounded <= most:
                return float(rounded)
    return float(number)
