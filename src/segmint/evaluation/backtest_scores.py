"""The figures of a backtest: wave by wave, and in all with intervals from blocks of successive calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from segmint.arrays import Floats, Mask, distinct
from segmint.metrics.calibration import brier_by_row, log_loss_by_row
from segmint.metrics.intervals import interval, weight_blocks
from segmint.metrics.ranking import Ranking

_ROUNDING = 1e-9
KNOWN_RATE = "known_rate"
"""Stands among the strategies' figures for giving everyone of a wave the response rate known before it."""


@dataclass(frozen=True)
class Replayed:
    """What a strategy said and did over all waves; every array of shape (n,), rows in the order of the waves.

    Attributes
    ----------
    raw, propensity : ndarray or None
        Before and after recalibration; None from a strategy that only names customers.
    called : ndarray
        1, 0, or the chance of a call.
    money : ndarray
        What each customer brought; what is to be expected where a call is a chance.
    """

    raw: Floats | None
    propensity: Floats | None
    called: Floats
    money: Floats


def wave_figures(
    replayed: Mapping[str, Replayed],
    wave: NDArray[np.int64],
    said_yes: Mask,
    if_called: Floats,
    *,
    records: NDArray[np.int64],
    keys: NDArray[np.uint64],
    hindsight: bool = True,
) -> pl.DataFrame:
    """Sum up each wave for each strategy; columns as in `Backtest.waves`.

    Parameters
    ----------
    replayed : mapping of str to Replayed
    wave : ndarray of shape (n,)
        Number of the wave of each row.
    said_yes : ndarray of shape (n,)
    if_called : ndarray of shape (n,)
        What each customer would bring if called.
    records, keys : ndarray of shape (n,)
        Record numbers; fingerprints, which order customers of equal propensity.
    hindsight : bool
        Whether to look for the best cut; if not, it and the regret are null, as for strategies without an order.
    """
    found = []
    for name, mine in replayed.items():
        so_far = 0.0
        for number in distinct(wave):
            here = wave == number
            profit = float(mine.money[here].sum())
            so_far += profit
            best = None
            if hindsight and mine.propensity is not None:
                best = _best_cut(mine.propensity[here], if_called[here], keys[here])
            found.append(
                {
                    "wave": int(number),
                    "strategy": name,
                    "first_record": int(records[here].min()),
                    "last_record": int(records[here].max()),
                    "customers": int(here.sum()),
                    "response_rate": float(said_yes[here].mean()),
                    "called": _whole(float(mine.called[here].sum())),
                    "successes": _whole(float((mine.called * said_yes)[here].sum())),
                    "profit": profit,
                    "profit_so_far": so_far,
                    "best_cut": best,
                    "regret": None if best is None else _beyond_rounding(best - profit, best),
                    "auc": np.nan if mine.raw is None else Ranking(said_yes[here], mine.raw[here]).weigh().roc_auc()[0],
                    "mean_propensity": np.nan if mine.propensity is None else float(mine.propensity[here].mean()),
                }
            )
    return pl.DataFrame(found, schema_overrides={"best_cut": pl.Float64, "regret": pl.Float64})


def _whole(count: float) -> float:
    """Take for a whole number what sums of shares miss it by."""
    return float(round(count)) if abs(count - round(count)) <= _ROUNDING * max(1.0, count) else count


def _beyond_rounding(difference: float, of: float) -> float:
    """Take for 0 what sums of the same money in another order differ by."""
    return 0.0 if abs(difference) <= _ROUNDING * max(1.0, abs(of)) else difference


MANY_BLOCKS, FEWEST_BLOCKS, SMALLEST_BLOCK = 20, 10, 25


def block_of(rows: int, block: int) -> int:
    """Shorten a block so that about 20 of them can be drawn from; below 25 rows only what was asked for.

    Few blocks are drawn over and over in nearly the same mix: with one, every interval is a point.
    """
    return min(block, max(SMALLEST_BLOCK, rows // MANY_BLOCKS))


MOST_DRAWS, FEWEST_DRAWS, _BLOCKS_DRAWN = 100_000, 10_000, 20_000_000


def draws_of(blocks: int) -> int:
    """How often blocks are drawn for money and losses: their sums cost next to nothing, and sentences turn on their ends.

    Hundreds of samples lie beyond each end, of 10 blocks about 850. With more than 200 blocks they are fewer, at least 250, to bound the time.
    """
    return min(MOST_DRAWS, max(FEWEST_DRAWS, _BLOCKS_DRAWN // blocks))


def totals(
    replayed: Mapping[str, Replayed],
    wave: NDArray[np.int64],
    said_yes: Mask,
    per_wave: pl.DataFrame,
    *,
    known_rate: Floats,
    ours: str,
    block: int,
    repeats: int,
    seed: int,
) -> pl.DataFrame:
    """Sum up all waves for each strategy, and for `KNOWN_RATE` what can be said of probabilities; columns and metrics as in `Backtest.frame`.

    Parameters
    ----------
    replayed, wave, said_yes
        As in `wave_figures`.
    per_wave : polars.DataFrame
        From `wave_figures`; gives the regret, and how far promise and reality lie apart.
    known_rate : ndarray of shape (n,)
        The response rate known before each row's wave.
    ours : str
        The strategy the others are measured against.
    block : int
        Successive rows that the bootstrap keeps together (block bootstrap, Künsch 1989, with blocks that do not
        overlap), from `block_of`. With fewer than 10 blocks there are no intervals: they are NaN; with few they are
        widened, see `_percentiles`.
    repeats : int
        Repeats of what ranks customers; sums over blocks are drawn far more often, see `draws_of`.
    seed : int
    """
    blocks = np.arange(said_yes.size) // block
    drawn = int(blocks.max(initial=-1)) + 1
    draws, repeats, level = (draws_of(drawn), repeats, _percentiles(drawn)) if drawn >= FEWEST_BLOCKS else (0, 0, 0.95)
    sums: list[tuple[str, _Scorer]] = [(name, _Money(mine, said_yes, blocks)) for name, mine in replayed.items()]
    ranks: list[tuple[str, _Scorer]] = []
    for name, mine in replayed.items():
        if mine.raw is not None and mine.propensity is not None:
            ranks.append((name, _Ranks(mine.raw, wave, said_yes)))
            sums.append((name, _Losses(mine.propensity, said_yes, blocks)))
    if ranks:
        sums.append((KNOWN_RATE, _Losses(known_rate, said_yes, blocks)))
    values: dict[str, dict[str, Floats]] = {}
    for name, metrics in (
        *_weighed(sums, drawn, (each.astype(np.float64) for each in weight_blocks(drawn, draws, seed))),
        *_weighed(ranks, said_yes.size, weight_blocks(said_yes.size, repeats, seed, blocks)),
    ):
        values.setdefault(name, {}).update(metrics)
    regret = dict(per_wave.drop_nulls("regret").group_by("strategy").agg(pl.col("regret").sum()).iter_rows())
    found: list[dict[str, Any]] = []
    for name, metrics in values.items():
        for metric, samples in metrics.items():
            reference = values[ours].get(metric)
            found.append({"strategy": name, "metric": metric} | _row(samples, reference, level))
        if name in replayed and replayed[name].propensity is not None:
            found.append({"strategy": name, "metric": "regret", "value": regret.get(name)})
            found.append({"strategy": name, "metric": "absolute_calibration_gap", "value": _off_by(per_wave, name)})
    return pl.DataFrame(found, schema=_SCHEMA)


def _off_by(per_wave: pl.DataFrame, name: str) -> float | None:
    """How far what was promised lies from what happened in a wave, whichever way, on average of all customers."""
    mine = per_wave.filter(pl.col("strategy") == name)
    if mine.is_empty():
        return None
    return float(np.average(np.abs(mine["mean_propensity"] - mine["response_rate"]), weights=mine["customers"]))


_SCHEMA = {"strategy": pl.String, "metric": pl.String} | dict.fromkeys(
    ("value", "low", "high", "difference", "difference_low", "difference_high"), pl.Float64
)


def _percentiles(blocks: int) -> float:
    """Share of the samples between the ends of a 95 % interval: more of few blocks, whose samples vary too little.

    References
    ----------
    Hesterberg 2015, "What teachers should know about the bootstrap", The American Statistician 69(4): expanded percentiles.
    """
    reach = stdtrit(blocks - 1, 0.975) * np.sqrt(blocks / (blocks - 1))
    return float(1 - 2 * ndtr(-reach))


def _row(samples: Floats, reference: Floats | None, level: float) -> dict[str, float]:
    low, high = _interval(samples[1:], level)
    row = {"value": float(samples[0]), "low": float(low), "high": float(high)}
    if reference is not None:
        gap = samples - reference
        gap_low, gap_high = _interval(gap[1:], level)
        row |= {"difference": float(gap[0]), "difference_low": float(gap_low), "difference_high": float(gap_high)}
    return row


def _interval(samples: Floats, level: float) -> tuple[Floats, Floats]:
    return interval(samples, level) if samples.size else (np.array(np.nan), np.array(np.nan))


class _Scorer(Protocol):
    """Something to be weighed many times."""

    def scores(self, weights: NDArray[Any]) -> dict[str, Floats]:
        """Every metric under weights of shape (repeats, units)."""
        ...


def _weighed(
    scorers: Sequence[tuple[str, _Scorer]], units: int, weights: Iterable[NDArray[Any]]
) -> list[tuple[str, dict[str, Floats]]]:
    """Score what happened, then what was drawn from it; every metric of shape (1 + repeats,)."""
    as_it_was = np.ones((1, units), dtype=np.int32)
    parts = [[scorer.scores(each) for _, scorer in scorers] for each in itertools.chain([as_it_was], weights)]
    return [
        (name, {metric: np.concatenate([part[place][metric] for part in parts]) for metric in parts[0][place]})
        for place, (name, _) in enumerate(scorers)
    ]


class _Money:
    """What a strategy's calls brought, summed up by block."""

    def __init__(self, mine: Replayed, said_yes: Mask, blocks: NDArray[np.int64]) -> None:
        self._sums = _by_block(blocks, mine.money, mine.called, mine.called * said_yes)

    def scores(self, weights: NDArray[Any]) -> dict[str, Floats]:
        rows, money, called, successes = (weights @ self._sums).T
        # A sample that drew the shorter last block has fewer rows; amounts are brought back to all rows.
        per_row = self._sums[:, 0].sum() / rows
        return {
            "profit": money * per_row,
            "profit_per_1000": 1_000 * money / rows,
            "called": called * per_row,
            "successes_per_call": _ratio(successes, called),
        }


class _Losses:
    """How close probabilities are to what happened, summed up by block."""

    def __init__(self, said: Floats, said_yes: Mask, blocks: NDArray[np.int64]) -> None:
        self._sums = _by_block(blocks, log_loss_by_row(said_yes, said), brier_by_row(said_yes, said), said - said_yes)

    def scores(self, weights: NDArray[Any]) -> dict[str, Floats]:
        rows, *losses = (weights @ self._sums).T
        return {name: loss / rows for name, loss in zip(("log_loss", "brier", "calibration_gap"), losses, strict=True)}


def _by_block(blocks: NDArray[np.int64], *amounts: Floats) -> Floats:
    """Sum up rows and amounts by block; shape (blocks, 1 + amounts)."""
    return np.column_stack([np.bincount(blocks, weights=each) for each in (np.ones(blocks.size), *amounts)])


class _Ranks:
    """How well a strategy ranked, its rows sorted once."""

    def __init__(self, raw: Floats, wave: NDArray[np.int64], said_yes: Mask) -> None:
        self._all = Ranking(said_yes, raw)
        places = [wave == number for number in distinct(wave)]
        self._waves = [(here, Ranking(said_yes[here], raw[here])) for here in places]

    def scores(self, weights: NDArray[Any]) -> dict[str, Floats]:
        weighed = self._all.weigh(weights)
        return {
            "auc_pooled": weighed.roc_auc(),
            "auc_within": self._within(weights),
            "gain_10": weighed.cumulative_gain(0.1),
            "gain_20": weighed.cumulative_gain(0.2),
            "gain_50": weighed.cumulative_gain(0.5),
        }

    def _within(self, weights: NDArray[np.int32]) -> Floats:
        """Mean ROC AUC of the waves by customers; a wave where it is undefined stays out."""
        total, count = np.zeros(weights.shape[0]), np.zeros(weights.shape[0])
        for here, ranking in self._waves:
            mine = weights[:, here]
            area = ranking.weigh(mine).roc_auc()
            size = np.where(np.isfinite(area), mine.sum(axis=1), 0)
            total += np.nan_to_num(area) * size
            count += size
        return _ratio(total, count)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _best_cut(propensity: Floats, if_called: Floats, keys: NDArray[np.uint64]) -> float:
    """Profit of the best number of calls from the top, equal propensities in the order of their fingerprints."""
    order = np.lexsort((keys, -propensity))
    return max(0.0, float(np.cumsum(if_called[order]).max(initial=0.0)))
