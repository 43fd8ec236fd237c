"""What calling the best x % would have brought: gains, lift, response, profit and return, with bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from segmint.metrics.intervals import interval, weight_blocks
from segmint.targeting.stakes import DIGITS
from segmint.wording import percent

Floats = NDArray[np.float64]
CURVES = ("gain", "lift", "response", "profit", "return")
FRACTIONS: Floats = np.linspace(0.01, 1.0, 100)


@dataclass(frozen=True)
class CampaignCurves:
    """Curves over the share of customers called, best first.

    Attributes
    ----------
    rows : polars.DataFrame
        curve, fraction, customers, value, low, high: one row for each curve and fraction. Gain is a share of
        all successes, lift a ratio, response a rate, profit account currency, return profit per unit of cost.
    best_fraction : float
        Fraction of customers with the highest profit.
    best_profit, low, high : float
        That profit and its band, in account currency.
    break_even : float or None
        Largest fraction at which the list does not lose money; None if none.
    level : float
        Nominal coverage of the bands.
    currency : str
    """

    rows: pl.DataFrame
    best_fraction: float
    best_profit: float
    low: float
    high: float
    break_even: float | None
    level: float
    currency: str

    def frame(self) -> pl.DataFrame:
        """Return the points of all curves."""
        return self.rows

    @property
    def sentence(self) -> str:
        """What the profit curve says, for the text under the plot."""
        if self.best_profit <= 0:
            return "No list would have earned its calls: call nobody."
        ten = self.rows.filter((pl.col("curve") == "gain") & (pl.col("fraction").is_between(0.0999, 0.1001)))
        gain = f" Calling the best 10 % reaches {percent(ten['value'][0], 0)} of all successes." if ten.height else ""
        best = f"{100 * self.best_fraction:.0f}"
        text = (
            f"Calling {'everybody' if best == '100' else f'the best {best} %'} brings the most: {self.best_profit:,.0f} "
            f"{self.currency} ({self.low:,.0f} to {self.high:,.0f} in {percent(self.level, 0)} of resamples)."
        )
        if self.break_even is not None and self.break_even < 1:
            return f"{text} Beyond {percent(self.break_even, 0)} the whole list loses money.{gain}"
        everybody = "" if best == "100" else " Even calling everybody does not lose money."
        return f"{text}{everybody}{gain}"


def campaign_curves(
    outcome: ArrayLike,
    rank_by: ArrayLike,
    *,
    value: ArrayLike,
    cost: ArrayLike,
    currency: str = "EUR",
    fractions: ArrayLike = FRACTIONS,
    repeats: int = 1000,
    level: float = 0.9,
    seed: int = 0,
) -> CampaignCurves:
    """Measure what calling the best customers brought, on rows whose outcome is known.

    Customers are drawn anew with replacement and ranked again in each repeat. Equal scores share their
    outcome evenly, so the order of the rows never matters.

    Parameters
    ----------
    outcome : array-like of bool, shape (n_customers,)
    rank_by : array-like of shape (n_customers,)
        Expected profit or propensity; highest is called first.
    value, cost : array-like of shape () or (n_customers,)
        Account currency per success and per customer called.
    currency : str
    fractions : array-like
        Shares of customers called, in (0, 1], rising.
    repeats : int
        Bootstrap repeats.
    level : float
        Nominal coverage of the pointwise percentile bands.
    seed : int

    Raises
    ------
    ValueError
        If shapes differ or nobody said yes.
    """
    groups = _Groups(outcome, rank_by, value, cost)
    shares = np.asarray(fractions, dtype=np.float64)
    ones = np.ones((1, groups.customers), dtype=np.int32)
    seen = groups.curves(ones, shares)
    drawn = [groups.curves(block, shares) for block in weight_blocks(groups.customers, repeats, seed)]
    bands = {name: np.concatenate([block[name] for block in drawn]) for name in CURVES}
    return _drawn_curves(seen, bands, shares, groups.customers, level, currency)


def curves_of_bins(
    customers: ArrayLike,
    happened: ArrayLike,
    *,
    value: float,
    cost: float,
    currency: str = "EUR",
    fractions: ArrayLike = FRACTIONS,
    repeats: int = 1000,
    level: float = 0.9,
    seed: int = 0,
) -> CampaignCurves:
    """Measure the same from counts alone: customers and successes by bin of propensity, as a bundle keeps them.

    The order of customers inside a bin is not known, so they share its successes evenly. Drawing the counts of
    all bins together is drawing customers with replacement.

    Parameters
    ----------
    customers, happened : array-like of int, shape (n_bins,)
        How many customers each bin holds and how many of them said yes; the last bin is called first.
    value, cost : float
        Account currency per success and per customer called.
    currency : str
    fractions : array-like
        Shares of customers called, in (0, 1], rising.
    repeats : int
        How often the counts are drawn.
    level : float
        Nominal coverage of the pointwise percentile bands.
    seed : int

    Raises
    ------
    ValueError
        If nobody said yes.
    """
    everyone, yes = np.asarray(customers, dtype=np.int64), np.asarray(happened, dtype=np.int64)
    shares = np.asarray(fractions, dtype=np.float64)
    score = np.tile(np.arange(everyone.size, dtype=np.float64), 2)
    said = np.repeat([True, False], everyone.size)
    counts = np.concatenate([yes, everyone - yes])
    if not yes.sum():
        raise ValueError("Curves need at least one success.")
    groups = _Groups(said, score, value, cost)
    total = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, size=repeats)
    drawn = drawn[drawn[:, : everyone.size].sum(axis=1) > 0]
    seen, bands = groups.curves(counts[None, :], shares), groups.curves(drawn, shares)
    return _drawn_curves(seen, bands, shares, total, level, currency)


def _drawn_curves(
    seen: dict[str, Floats], bands: dict[str, Floats], shares: Floats, customers: int, level: float, currency: str
) -> CampaignCurves:
    frames = []
    for curve in CURVES:
        low, high = interval(bands[curve], level)
        points = {"fraction": shares, "customers": np.round(shares * customers).astype(np.int64)}
        frames.append(
            pl.DataFrame({**points, "value": seen[curve][0], "low": low, "high": high}).select(
                pl.lit(curve).alias("curve"), pl.all()
            )
        )
    rows = pl.concat(frames)
    profit = rows.filter(pl.col("curve") == "profit")
    best = int(profit["value"].arg_max() or 0)
    kept = np.flatnonzero(profit["value"].to_numpy() >= 0)
    return CampaignCurves(
        rows,
        best_fraction=float(shares[best]),
        best_profit=float(profit["value"][best]),
        low=float(profit["low"][best]),
        high=float(profit["high"][best]),
        break_even=float(shares[kept[-1]]) if kept.size else None,
        level=level,
        currency=currency,
    )


class _Groups:
    """Customers sorted once into groups of equal score, to be weighed many times."""

    def __init__(self, outcome: ArrayLike, rank_by: ArrayLike, value: ArrayLike, cost: ArrayLike) -> None:
        yes = np.asarray(outcome).astype(bool)
        score = np.asarray(rank_by, dtype=np.float64)
        if yes.ndim != 1 or yes.shape != score.shape or not yes.any():
            raise ValueError("Curves need one score for each outcome, and at least one success.")
        self.order = np.lexsort((~yes, -score))
        self.customers = yes.size
        ordered = -score[self.order]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.yes = yes[self.order].astype(np.float64)
        self.value = np.broadcast_to(np.asarray(value, dtype=np.float64), yes.shape)[self.order] * self.yes
        self.cost = np.broadcast_to(np.asarray(cost, dtype=np.float64), yes.shape)[self.order]

    def curves(self, weights: NDArray[np.integer[Any]], fractions: Floats) -> dict[str, Floats]:
        """Return every curve under each set of weights; arrays of shape (repeats, n_fractions)."""
        weights = weights[:, self.order]
        called, reached, brought, spent = (
            self._totals(weights if column is None else weights * column)
            for column in (None, self.yes, self.value, self.cost)
        )
        at = [_read_off(called, total, fractions) for total in (reached, brought, spent)]
        calls = called[:, -1:] * fractions
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = at[0] / reached[:, -1:]
            profit = at[1] - at[2]
            return {
                "gain": gain,
                "lift": gain / fractions,
                "response": at[0] / calls,
                "profit": profit,
                # calls that cost nothing have no return on their cost
                "return": np.where(at[2] > 0, profit / at[2], np.nan),
            }

    def _totals(self, weighed: NDArray[np.generic]) -> Floats:
        per_group = np.add.reduceat(weighed.astype(np.float64), self.starts, axis=1)
        totals = np.zeros((per_group.shape[0], per_group.shape[1] + 1))
        np.cumsum(per_group, axis=1, out=totals[:, 1:])
        return totals


def _read_off(called: Floats, total: Floats, fractions: Floats) -> Floats:
    """Read running totals at shares of the customers; inside a group of equals, in proportion."""
    return np.stack([np.interp(fractions * c[-1], c, t) for c, t in zip(called, total, strict=True)])


def expected_curve(
    propensity: ArrayLike, value: ArrayLike, cost: ArrayLike, *, points: int = 100, level: float = 0.9
) -> pl.DataFrame:
    """Sum the expected profit of the best n customers, with what chance alone does to it.

    Parameters
    ----------
    propensity : array-like of shape (n_customers,)
        Calibrated probabilities.
    value, cost : array-like of shape () or (n_customers,)
        Account currency.
    points : int
        Points of the curve, at most, beside the one where it is highest: everybody whose call pays.
    level : float
        Coverage of the band: outcomes independent, their sum normal (Lyapunov).

    Returns
    -------
    polars.DataFrame
        customers, expected_profit, low, high.
    """
    chance = np.asarray(propensity, dtype=np.float64)
    worth = np.broadcast_to(np.asarray(value, dtype=np.float64), chance.shape)
    profit = np.round(chance * worth - np.asarray(cost, dtype=np.float64), DIGITS)
    order = np.argsort(-profit, kind="stable")
    total = np.cumsum(profit[order])
    spread = np.sqrt(np.cumsum((chance * (1 - chance) * worth**2)[order])) * ndtri(0.5 + level / 2)
    places = np.unique(np.linspace(1, max(chance.size, 1), min(points, max(chance.size, 1))).astype(np.int64))
    paying = int((profit > 0).sum())
    at = np.union1d(places[: chance.size], [paying] if paying else []).astype(np.int64) - 1
    return pl.DataFrame(
        {
            "customers": at + 1,
            "expected_profit": total[at],
            "low": (total - spread)[at],
            "high": (total + spread)[at],
        }
    )
