"""Customer ids as every join compares them."""

from __future__ import annotations

import polars as pl

from segmint.contract.cells import as_text
from segmint.tables.formulas import unguarded


def bare_ids(ids: pl.Series) -> pl.Series:
    """Write ids as text without what files put around them: white space, and the ``'`` that keeps formulas away.

    Parameters
    ----------
    ids : polars.Series of shape (n_customers,)
        Text or whole numbers.

    Returns
    -------
    polars.Series of String, shape (n_customers,)
        Null where nothing is left.

    Raises
    ------
    ContractError
        If ids came as floating point numbers too large to keep every digit.
    """
    bare = unguarded(as_text(ids, ids.name).str.strip_chars()).str.strip_chars()
    return bare.set((bare == "").fill_null(False), None).alias(ids.name)
