"""A backtest in words: what it would have brought, and what of that chance can explain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import chdtrc

from segmint.arrays import Floats
from segmint.wording import counted, listed, money, percent

Row = dict[str, Any]
LEVEL = 0.05
WITHOUT_MODEL = ("rule", "random", "everyone")


def conclude_backtest(
    rows: pl.DataFrame, waves: pl.DataFrame, labels: Mapping[str, str], *, ours: str, currency: str
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
        others = [name for name in labels if name != ours]
        same = [name for name in others if _is_same(profit[name])]
        level = [name for name in others if name not in same and _by_chance(profit[name])]
        sentences += [_ahead(profit[name], labels[name], currency) for name in others if name not in (*same, *level)]
        sentences += _explained_by_chance([(profit[name], labels[name]) for name in level], currency)
        if same:
            why = ": in a single wave nothing has been updated yet" if mine.height == 1 else ""
            sentences.append(f"{_named(same, labels)} would have brought exactly the same{why}.")
    # the last wave may be of a handful, whose rate is chance
    large = mine.filter(pl.col("customers") >= pl.col("customers").max() / 2)
    rates = large["response_rate"].to_numpy()
    if rates.max() > 2 * rates.min() and _equal_rates(rates, large["customers"].to_numpy()) < LEVEL:
        sentences.append(
            f"The response rate moved between {percent(rates.min(), 0)} and {percent(rates.max(), 0)} from wave to wave: "
            "judge a model by such a replay, not by random parts of the table."
        )
    return tuple(sentences)


def will_it_hold(rows: pl.DataFrame, labels: Mapping[str, str], *, ours: str) -> str:
    """Answer in a sentence whether ours held in the past waves, as far as the intervals support it.

    Parameters
    ----------
    rows : polars.DataFrame
        As in `Backtest`.
    labels : mapping of str to str
    ours : str
    """
    profit = {row["strategy"]: row for row in rows.filter(pl.col("metric") == "profit").iter_rows(named=True)}
    if math.isnan(profit[ours]["low"]):
        return "Will it hold? That cannot be told from so few calls: replay a longer history."
    others = [name for name in labels if name != ours]
    plain = [name for name in others if name in WITHOUT_MODEL]
    better = [name for name in others if profit[name]["difference_low"] > 0]
    if profit[ours]["high"] < 0:
        told = (
            "In these waves it did not: the network's calls cost more than they brought, by more than chance explains."
        )
    elif worse_than_none := [name for name in better if name in plain]:
        told = f"In these waves it did not: {_named(worse_than_none, labels)} would have brought more, by more than chance explains."
    elif same := [name for name in plain if _is_same(profit[name])]:
        told = f"These waves do not show it: the network brought what {_named(same, labels)} would have brought."
    elif level := [name for name in plain if _by_chance(profit[name])]:
        told = f"These waves do not show it: chance alone can explain how the network differs from {_named(level, labels)}."
    elif not plain:
        told = "These waves do not show it: no way of calling without a model stands beside the network."
    elif profit[ours]["low"] <= 0:
        told = "It chose better than calling without a model, by more than chance explains; that calling paid at all is not shown."
    else:
        told = (
            "In these waves it did: the network's calls brought more than they cost, and more than calling without a model, both by more "
            "than chance explains. A next wave may differ."
        )
    rivals = [name for name in better if name not in plain]
    more = (
        f" {_named(rivals, labels)} would have brought more than the network, by more than chance explains."
        if rivals
        else ""
    )
    return f"Will it hold? {told}{more}"


def _named(names: Sequence[str], labels: Mapping[str, str]) -> str:
    return listed([f"“{labels[name]}”" for name in names])


def _is_same(other: Row) -> bool:
    return bool(other["difference"] == other["difference_low"] == other["difference_high"] == 0)


def _by_chance(other: Row) -> bool:
    return bool(other["difference_low"] <= 0 <= other["difference_high"])


def _equal_rates(rates: Floats, customers: NDArray[np.int64]) -> float:
    """Chance of rates as far apart as these in waves that share one rate: a chi-square test."""
    shared = float(np.average(rates, weights=customers))
    if not 0 < shared < 1:
        return 1.0
    statistic = float((customers * (rates - shared) ** 2).sum() / (shared * (1 - shared)))
    return float(chdtrc(rates.size - 1, statistic))


def _ahead(other: Row, label: str, currency: str) -> str:
    behind, low, high = other["difference"], other["difference_low"], other["difference_high"]
    if high < 0:
        span = f"{money(-high, currency, None)} to {money(-low, currency, None)}"
        return f"That is {money(-behind, currency, None)} more than “{label}” ({span})."
    span = f"{money(low, currency, None)} to {money(high, currency, None)}"
    return f"“{label}” would have brought {money(behind, currency, None)} more ({span})."


def _explained_by_chance(level: Sequence[tuple[Row, str]], currency: str) -> list[str]:
    """Say in one sentence to which strategies the difference may be chance."""
    if not level:
        return []
    told = [
        f"“{label}” ({money(-row['difference'], currency, None)}; {money(-row['difference_high'], currency, None)} to "
        f"{money(-row['difference_low'], currency, None)})"
        for row, label in level
    ]
    return [f"Chance alone can explain the difference{'' if len(told) == 1 else 's'} to {listed(told)}."]


def _span(row: Row, currency: str) -> str:
    if math.isnan(row["low"]):
        return ""
    return f" (95 % interval {money(row['low'], currency, None)} to {money(row['high'], currency, None)})"
