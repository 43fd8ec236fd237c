"""How often each value stands in a column."""

from __future__ import annotations

from typing import Any

import polars as pl


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
