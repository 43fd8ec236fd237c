"""Levels of a column that stand for at least ten customers: what rarer ones tell is told together.

Customers are counted, not rows: a level that one customer has in twelve rows is that customer's. And where the levels told
together are still of fewer than ten, the next smallest joins them: left out, they would be everyone but those who are shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import distinct
from segmint.contract.counts import count_values, customers_by_level
from segmint.features.edges import FEWEST_TOGETHER

OTHER, NO_VALUE = "other levels", "no value"
KEPT_OTHER, KEPT_MISSING = "(other)", "(missing)"  # the same in a network's bundle


def count_customers(rows: pl.Series, customers: NDArray[Any] | None = None) -> int:
    """Count the customers of some rows.

    Parameters
    ----------
    rows : polars.Series of Boolean, shape (n_rows,)
    customers : ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.
    """
    return int(rows.sum()) if customers is None else len(distinct(customers[rows.fill_null(False).to_numpy()]))


def pool_rare(levels: pl.Series, customers: NDArray[Any] | None = None) -> pl.Series:
    """Put `OTHER` in the place of levels of fewer than ten customers, and of the next smallest where these are fewer than ten together.

    Parameters
    ----------
    levels : polars.Series of String, shape (n_rows,)
        Without null.
    customers : ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.
    """
    sizes = customers_by_level(levels, customers)
    rare = [level for level, size in sizes.items() if size < FEWEST_TOGETHER]
    if rare and count_customers(levels.is_in([*rare, OTHER]), customers) < FEWEST_TOGETHER:
        rare += sorted(sizes.keys() - set(rare), key=lambda level: (sizes[level], level))[:1]
    return levels.set(levels.is_in(rare), OTHER)


def pool_repeated(levels: pl.Series, customers: NDArray[Any]) -> pl.Series:
    """Put `KEPT_OTHER` in the place of levels that ten rows have, or more, and fewer than ten customers: an encoder counts rows.

    Parameters
    ----------
    levels : polars.Series of String, shape (n_rows,)
    customers : ndarray of shape (n_rows,)
    """
    rows, sizes = count_values(levels), customers_by_level(levels, customers)
    few = [level for level in rows if level is not None and sizes[level] < FEWEST_TOGETHER <= rows[level]]
    return levels.set(levels.is_in(few), KEPT_OTHER)


MUCH = 1 / 3


def much_of_one(amounts: NDArray[np.float64], customers: NDArray[Any]) -> bool:
    """Whether one customer makes more than a third of some amounts, or they are of fewer than ten customers: a sum or a mean would tell of one.

    The dominance rule of disclosure control (Hundepool et al. 2012, Statistical Disclosure Control), which there often begins
    at half.

    Parameters
    ----------
    amounts : ndarray of shape (n_rows,)
    customers : ndarray of shape (n_rows,)
        The customer of each row.
    """
    whose = np.unique(customers, return_inverse=True)[1]
    each = np.bincount(whose, weights=np.abs(amounts))
    return len(each) < FEWEST_TOGETHER or bool(each.max() > MUCH * each.sum())


def four_digits(number: float) -> float:
    """Round a mean, a sum or an end of an interval of amounts: the same of one customer fewer must not give the amount to the cent."""
    return float(f"{number:.4g}")
