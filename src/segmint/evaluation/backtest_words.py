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
from segmint.evaluation.backtest_scores import KNOWN_RATE
from segmint.wording import between, capital, decimal, listed, money, money_between, percent

Row = dict[str, Any]
LEVEL = 0.05
RANKED_BY_CHANCE = 0.5
WORTH = "successes' worth"  # the unit of amounts where no money is named
ONE_WAVE = "One wave cannot tell whether it holds from wave to wave: the intervals are of calls within it."
NOTHING_RULED_OUT = (
    "Neither outcome could be ruled out for any customer: that is learned from calls whose propensity was said before their outcome was "
    "known, and of those too few were known before the others. More waves would tell."
)
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
        Of amounts of money; "" where a success brings 1.
    """
    profit = _by_strategy(rows, "profit")
    mine = waves.filter(pl.col("strategy") == ours)
    customers, calls = (int(mine[name].sum()) for name in ("customers", "called"))
    first = (
        f"{labels[ours]} would have brought {_amount(profit[ours]['value'], currency)}{_span(profit[ours], currency)} with "
        f"{calls:,} of {customers:,} customers called{_without_model(profit, labels, currency)}."
    )
    sentences = [
        first, *_within_waves(rows, ours), *_worse_than_the_rate(rows, ours), *_nobody_called(waves, labels, ours, currency),
    ]  # fmt: skip
    if math.isnan(profit[ours]["low"]):
        sentences.append("There are too few calls to tell chance apart: replay a longer history.")
    else:
        others = [name for name in labels if name != ours]
        same = [name for name in others if _is_same(profit[name])]
        level = [name for name in others if name not in same and _by_chance(profit[name])]
        sentences += [
            _ahead(profit[name], labels[name], labels[ours], currency) for name in others if name not in (*same, *level)
        ]
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


def will_it_hold(rows: pl.DataFrame, labels: Mapping[str, str], *, ours: str, waves: int) -> tuple[str, str]:
    """Say whether ours held in the past waves, as far as the intervals support it, and whether to rely on it.

    Parameters
    ----------
    rows : polars.DataFrame
        As in `Backtest`.
    labels : mapping of str to str
    ours : str
    waves : int
        How many were replayed: one says nothing of the next, as the intervals are of calls within it.
    """
    profit = _by_strategy(rows, "profit")
    if math.isnan(profit[ours]["low"]):
        return (
            "That cannot be told from so few calls: replay a longer history.",
            "Do not rely on it yet: replay a longer history first.",
        )
    others = [name for name in labels if name != ours]
    plain = [name for name in others if name in WITHOUT_MODEL]
    better = [name for name in others if profit[name]["difference_low"] > 0]
    no = "Do not rely on it here:"
    these, do_not = (
        ("In this one wave", "This one wave does not") if waves == 1 else ("In these waves", "These waves do not")
    )
    if profit[ours]["high"] < 0:
        told = f"{these} it did not: the network's calls cost more than they brought, by more than chance explains."
        do = f"{no} its calls lost money."
    elif worse_than_none := [name for name in better if name in plain]:
        told = f"{these} it did not: {_named(worse_than_none, labels)} would have brought more, by more than chance explains."
        do = f"{no} {_named(worse_than_none, labels)} would have earned more."
    elif same := [name for name in plain if _is_same(profit[name])]:
        told = f"{do_not} show it: the network brought what {_named(same, labels)} would have brought."
        do = f"{no} nothing is gained over {_named(same, labels)}."
    elif level := [name for name in plain if _by_chance(profit[name])]:
        told = f"{do_not} show it: chance alone can explain how the network differs from {_named(level, labels)}."
        do = f"{no} no gain over {_named(level, labels)} is shown. Replay a longer history, or test it on part of the next wave."
    elif not plain:
        told = f"{do_not} show it: no way of calling without a model stands beside the network."
        do = f"{no} it was held against no way of calling without a model."
    elif profit[ours]["low"] <= 0:
        told = "It chose better than calling without a model, by more than chance explains; that calling paid at all is not shown."
        do = "Use it to choose whom to call if you call; first test on a few whether calling pays."
    else:
        told = (
            f"{these} it did: the network's calls brought more than they cost, and more than calling without a model, both by more "
            "than chance explains. A next wave may differ."
        )
        do = "Use it: hold some customers out of each wave, and measure whether it goes on."
    if waves == 1:
        told = f"{ONE_WAVE} {told}"
        do = (
            do
            if do.startswith(no)
            else "Do not rely on it yet: replay a history of more waves, or test it on part of the next one."
        )
    rivals = [name for name in better if name not in plain]
    if rivals:
        do += f" Better here: {_named(rivals, labels)}." if do.startswith("Use it") else ""
        told += f" {_named(rivals, labels)} would have brought more than the network, by more than chance explains."
    return told, do


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


def _without_model(profit: Mapping[str, Row], labels: Mapping[str, str], currency: str) -> str:
    """Put beside our money what each way of calling without a model would have brought."""
    told = [
        f"“{labels[name]}” {money(profit[name]['value'], currency, None)}" for name in labels if name in WITHOUT_MODEL
    ]
    return f"; {listed(told)}" if told else ""


def _within_waves(rows: pl.DataFrame, ours: str) -> list[str]:
    """Say where ours ranked the customers of a wave no better than chance, as far as the interval tells."""
    found = rows.filter((pl.col("strategy") == ours) & (pl.col("metric") == "auc_within")).to_dicts()
    if not found or not found[0]["low"] <= RANKED_BY_CHANCE:
        return []
    (row,) = found
    how = "worse than chance" if row["high"] < RANKED_BY_CHANCE else "no better than chance, as far as these waves tell"
    return [
        f"Within a wave it ranked {how}: AUC {decimal(row['value'])} ({between(row['low'], row['high'])}), where 0.5 is chance."
    ]


def _worse_than_the_rate(rows: pl.DataFrame, ours: str) -> list[str]:
    """Say where the probabilities of ours are no closer than the rate known before each wave, as far as the interval tells."""
    found = _by_strategy(rows, "log_loss")
    if KNOWN_RATE not in found or ours not in found or found[KNOWN_RATE]["difference"] >= 0:
        return []
    rate = found[KNOWN_RATE]
    surely = rate["difference_high"] < 0
    return [
        f"Its propensities were {'worse' if surely else 'no better'} than giving everyone of a wave the response rate known before it"
        f"{'' if surely else ', as far as these waves tell'}: log loss {decimal(found[ours]['value'])} against {decimal(rate['value'])}. "
        "Do not take them at their word: whom it calls rests on them."
    ]


def _nobody_called(waves: pl.DataFrame, labels: Mapping[str, str], ours: str, currency: str) -> list[str]:
    """Say in which waves ours called nobody, who would have said yes there, and what calling everyone would have brought."""
    idle = waves.filter((pl.col("strategy") == ours) & (pl.col("called") == 0))
    if idle.is_empty():
        return []
    numbers = idle["wave"].to_list()
    yes = round(float((idle["response_rate"] * idle["customers"]).sum()))
    missed = waves.filter((pl.col("strategy") == "everyone") & pl.col("wave").is_in(numbers))["profit"]
    brought = (
        f", and “{labels['everyone']}” would have brought {_amount(float(missed.sum()), currency)}"
        if len(missed)
        else ""
    )
    return [
        f"In wave{'' if len(numbers) == 1 else 's'} {listed([f'{number:,}' for number in numbers])} it called nobody: "
        f"{yes:,} of {idle['customers'].sum():,} customers said yes there{brought}."
    ]


def _ahead(other: Row, label: str, own: str, currency: str) -> str:
    behind, low, high = other["difference"], other["difference_low"], other["difference_high"]
    if high < 0:
        return f"{own} would have brought {_amount(-behind, currency)} more than “{label}” ({money_between(-high, -low, currency)})."
    return f"“{label}” would have brought {_amount(behind, currency)} more ({money_between(low, high, currency)})."


def _explained_by_chance(level: Sequence[tuple[Row, str]], currency: str) -> list[str]:
    """Say in one sentence to which strategies the difference may be chance."""
    if not level:
        return []
    told = [
        f"“{label}” ({_amount(-row['difference'], currency)}; "
        f"{money_between(-row['difference_high'], -row['difference_low'], currency)})"
        for row, label in level
    ]
    return [f"Chance alone can explain the difference{'' if len(told) == 1 else 's'} to {listed(told)}."]


def _by_strategy(rows: pl.DataFrame, metric: str) -> dict[str, Row]:
    return {row["strategy"]: row for row in rows.filter(pl.col("metric") == metric).iter_rows(named=True)}


def _amount(value: float, currency: str) -> str:
    return money(value, currency or WORTH, None)


def _span(row: Row, currency: str) -> str:
    if math.isnan(row["low"]):
        return ""
    return f" (95 % interval {money_between(row['low'], row['high'], currency)})"


def say_proxies(labels: Sequence[str]) -> str:
    """Name the columns that are nearly the same for everyone in a wave."""
    one = len(labels) == 1
    return (
        f"{capital(listed(labels))} {'tells' if one else 'tell'} the time rather than the customer: nearly the same for everyone in a wave. "
        f"A model that is never updated takes {'it for a cause' if one else 'them for causes'}; judge by the AUC within waves."
    )
