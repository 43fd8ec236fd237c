"""Lagged response rates: how calls went lately, as columns. Only where the table says when each call was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.splits.waves import make_waves


def with_lagged_rates(
    table: ValidTable, times: NDArray[np.float64], *, start: int, step: int, delay: float, last: Sequence[int]
) -> ValidTable:
    """Add, for each number of calls, the response rate of so many latest calls known when a row's wave is decided.

    Rows before the first wave are cut into waves of about the same size, so that a model learns from rates as old as
    those it is shown later. Where fewer calls are known there is no value.

    Parameters
    ----------
    table : ValidTable
    times : ndarray of shape (n_customers,)
        See `times_of`.
    start, step : int
    delay : float
        As in `make_waves`.
    last : sequence of int
        Numbers of calls.
    """
    yes = table.outcome == table.contract.outcome.positive
    rates = {name_of(count): np.full(len(table), np.nan) for count in last}
    before = make_waves(times, start=start % step or min(step, start), step=step, delay=delay)
    # where moments are large those may end elsewhere: the waves that are replayed have the last word
    for wave in (*before, *make_waves(times, start=start, step=step, delay=delay)):
        for count in last:
            known = wave.known[-count:]
            rates[name_of(count)][wave.rows] = yes[known].mean() if known.size == count else np.nan
    added = [pl.Series(name, rate, nan_to_null=True) for name, rate in rates.items()]
    columns = tuple(Column(name=name, kind="number", role="context", label=name) for name in rates)
    fields = {name: getattr(table.contract, name) for name in Contract.model_fields}
    contract = Contract(**{**fields, "columns": (*table.contract.columns, *columns)})
    return replace(table, frame=table.frame.with_columns(added), contract=contract)


def name_of(count: int) -> str:
    """Return the name of the column: also what people read."""
    return f"response rate of the last {count:,} known calls"
