"""Customer ids as a caller hands them over: a list, an array or a series."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ids = pl.Series | Sequence[str] | Sequence[int] | NDArray[Any]


def given_ids(customers: Ids) -> pl.Series:
    """Write ids as text, whatever they came in.

    Parameters
    ----------
    customers : polars.Series, list, ndarray or pandas.Series of shape (n_customers,)
        Text or whole numbers; 1001 is the customer "1001".

    Returns
    -------
    polars.Series of String, shape (n_customers,)

    Raises
    ------
    TypeError
        If they are anything else.
    ValueError
        If a customer has no id.

    Examples
    --------
    >>> given_ids([1001, 1002]).to_list()
    ['1001', '1002']
    """
    ids = _as_series(customers)
    if ids.null_count():
        raise ValueError(f"Each of the 'customers' needs an id; {ids.null_count():,} of {len(ids):,} have none.")
    if ids.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null) or ids.dtype.is_integer():
        return ids.cast(pl.String)
    raise _no_ids(f"{ids.dtype} values")


def _as_series(customers: Any) -> pl.Series:
    if isinstance(customers, pl.Series):
        return customers
    if isinstance(customers, str | bytes | pl.DataFrame) or not isinstance(customers, Sized):
        raise _no_ids(type(customers).__name__)
    # an array of objects is read by what it holds
    values: Any = customers.tolist() if isinstance(customers, np.ndarray) and customers.dtype == object else customers
    try:
        return pl.Series("customer", values)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        mixed = " of several kinds of values" if isinstance(customers, Sequence | np.ndarray) else ""
        raise _no_ids(f"{type(customers).__name__}{mixed}") from error


def _no_ids(came: str) -> TypeError:
    return TypeError(
        f"The 'customers' must be ids, a list, array or series of texts or of whole numbers; came: {came}."
    )
