"""A backtest in words: what it would have brought, and what of that chance can explain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import chdtrc

from segmint.wording import counted, money, percent

Row = dict[str, Any]
Floats = NDArray[np.float64]
LEVEL = 0.05


def conclude_backtest(
    rows: pl.DataFrame, waves: pl.DataFrame, labels: Mapping[str, str], *, ours: str, currency: str = ""
) -> tuple[str, ...]:
    """Say what ours would have brought, and how that compares with each other strategy.

    Parameters
    ----------
    rows, waves : polars.DataFrame
        As in `Backtest`.
    labels : mapping of str to str
    ours : str
    currency : str
        Put before amounts of money.
    """
    profit = {row["strategy"]: row for row in rows.filter(pl.col("metric") == "profit").iter_rows(named=True)}
    mine = waves.filter(pl.col("strategy") == ours)
    customers, calls = (int(mine[name].sum()) for name in ("customers", "called"))
    first = (
        f"Replayed over {counted(mine.height, 'wave')} and {customers:,} customers, {labels[ours]} would have "
        f"brought {money(profit[ours]['value'], currency, None)}{_span(profit[ours], currency)} with {calls:,} customers called."
    )
    sentences = [first]
    if math.isnan(profit[ours]["low"]):
        sentences.append("There are too few calls to tell chance apart: replay a longer history.")
    else:
        sentences += [_against(profit[name], labels[name], currency) for name in labels if name != ours]
    # the last wave may be of a handful, whose rate is chance
    large = mine.filter(pl.col("customers") >= pl.col("customers").max() / 2)
    rates = large["response_rate"].to_numpy()
    if rates.max() > 2 * rates.min() and _equal_rates(rates, large["customers"].to_numpy()) < LEVEL:
        sentences.append(
            f"The response rate moved between {percent(rates.min(), 0)} and {percent(rates.max(), 0)} from wave to wave: "
            "judge a model by such a replay, not by random parts of the table."
        )
    return tuple(sentences)


def _equal_rates(rates: Floats, customers: NDArray[np.int64]) -> float:
    """Chance of rates as far apart as these in waves that share one rate: a chi-square test."""
    shared = float(np.average(rates, weights=customers))
    if not 0 < shared < 1:
        return 1.0
    statistic = float((customers * (rates - shared) ** 2).sum() / (shared * (1 - shared)))
    return float(chdtrc(rates.size - 1, statistic))


def _against(other: Row, label: str, currency: str) -> str:
    ahead = -other["difference"]
    low, high = -other["difference_high"], -other["difference_low"]
    span = f"{money(low, currency, None)} to {money(high, currency, None)}"
    if low > 0:
        return f"That is {money(ahead, currency, None)} more than “{label}” ({span})."
    if high < 0:
        return f"“{label}” would have brought {money(-ahead, currency, None)} more ({money(-high, currency, None)} to {money(-low, currency, None)})."
    return f"Chance alone can explain the difference to “{label}” ({money(ahead, currency, None)}; {span})."


def _span(row: Row, currency: str) -> str:
    if math.isnan(row["low"]):
        return ""
    return f" (95 % interval {money(row['low'], currency, None)} to {money(row['high'], currency, None)})"
