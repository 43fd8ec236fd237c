"""Customer ids as a caller hands them over: a list, an array or a series."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

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


def given_mask(eligible: ArrayLike | None, customers: int) -> NDArray[np.bool_]:
    """Read who may be called, whatever it came in; None means everyone.

    Parameters
    ----------
    eligible : array-like of bool, or of 0 and 1, shape (n_customers,), optional
    customers : int

    Returns
    -------
    ndarray of bool, shape (n_customers,)
        A copy.

    Raises
    ------
    TypeError
        If it holds anything else than yes and no.
    ValueError
        If it is not of as many customers.
    """
    if eligible is None:
        return np.ones(customers, dtype=bool)
    mask = np.asarray(eligible)
    if mask.shape != (customers,):
        raise ValueError(
            f"'eligible' must say of each of the {customers:,} 'customers' whether they may be called. "
            f"Got an array of shape {mask.shape} instead."
        )
    if mask.dtype == object and all(isinstance(each, bool | np.bool_) for each in mask):
        mask = mask.astype(bool)
    if mask.dtype != bool and not (np.issubdtype(mask.dtype, np.integer) and np.isin(mask, (0, 1)).all()):
        raise TypeError(
            f"'eligible' must be true or false, or 1 or 0, for each customer. Got {mask.dtype} values instead."
        )
    return mask.astype(bool)


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
