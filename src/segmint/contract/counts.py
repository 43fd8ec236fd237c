"""How often each value stands in a column, and how many customers have it."""

from __future__ import annotations

from typing import Any

import polars as pl
from numpy.typing import NDArray


def count_values(values: pl.Series, *, sort: bool = False) -> dict[Any, int]:
    """Count the rows of each value, whatever the column is called.

    Parameters
    ----------
    values : polars.Series of shape (n_rows,)
    sort : bool
        The most frequent first.

    Returns
    -------
    dict of value to int
        Null, if there is any, under None.
    """
    # polars cannot count a column that is itself called "count"
    return dict(values.alias("value").value_counts(sort=sort).iter_rows())


def customers_by_level(levels: pl.Series, customers: pl.Series | NDArray[Any] | None = None) -> dict[Any, int]:
    """Count the customers who have each level.

    Parameters
    ----------
    levels : polars.Series of shape (n_rows,)
    customers : polars.Series or ndarray of shape (n_rows,), optional
        The customer of each row; left out, each row is another.

    Returns
    -------
    dict of level to int
        No value, if there is any, under None.
    """
    if customers is None:
        return count_values(levels)
    return count_values(pl.DataFrame({"level": levels, "customer": customers}).unique()["level"])
