"""What calling the best x % would have brought: gains, lift, response, profit and return, with bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from segmint.arrays import Floats
from segmint.features.edges import FEWEST_TOGETHER
from segmint.metrics.intervals import interval
from segmint.targeting.stakes import DIGITS
from segmint.wording import percent

CURVES = ("gain", "lift", "response", "profit", "return")
FRACTIONS: Floats = np.linspace(0.01, 1.0, 100)
LEVEL = 0.9
PARTS = 200


@dataclass(frozen=True)
class CampaignCurves:
    """Curves over the share of customers called, best first.

    Attributes
    ----------
    rows : polars.DataFrame
        curve, fraction, customers, value, low, high: one row for each curve and fraction. Gain is a share of
        all successes, lift a ratio, response a rate, profit account currency, return profit per unit of cost.
    best_fraction : float
        Fraction of customers with the highest profit, in hindsight.
    best_profit, low, high : float
        That profit and the band of calling this fraction, in account currency; as the fraction was chosen on the same
        customers, all three lie somewhat too high.
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

    @property
    def sentence(self) -> str:
        """What the profit curve says, for the text under the plot."""
        if self.best_profit <= 0:
            return "No list would have earned its calls: call nobody."
        ten = self.rows.filter((pl.col("curve") == "gain") & (pl.col("fraction").is_between(0.0999, 0.1001)))
        gain = f" Calling the best 10 % reaches {percent(ten['value'][0], 0)} of all successes." if ten.height else ""
        best = f"{100 * self.best_fraction:.0f}"
        text = (
            f"In hindsight, calling {'everybody' if best == '100' else f'the best {best} %'} would have brought the most: "
            f"{self.best_profit:,.0f} {self.currency} ({self.low:,.0f} to {self.high:,.0f} in {percent(self.level, 0)} of resamples). "
            "That is somewhat too high for customers to come, as the cut was chosen on these same customers."
        )
        if self.break_even is not None and self.break_even < 1:
            return f"{text} Beyond {percent(self.break_even, 0)} the whole list loses money.{gain}"
        everybody = "" if best == "100" else " Even calling everybody does not lose money."
        return f"{text}{everybody}{gain}"


def curves_of_bins(
    customers: ArrayLike,
    happened: ArrayLike,
    *,
    value: float,
    cost: float,
    currency: str,
    design_effect: float = 1.0,
    repeats: int = 1000,
) -> CampaignCurves:
    """Measure what calling the best customers brought, from counts by bin of propensity, as a bundle keeps them.

    The order of customers inside a bin is not known, so they share its successes evenly. Drawing the counts of
    all bins together is drawing rows with replacement; where rows of one customer go together, as many fewer are drawn
    as they say less than customers of one row each.

    Parameters
    ----------
    customers, happened : array-like of int, shape (n_bins,)
        How many customers each bin holds and how many of them said yes; the last bin is called first.
    value, cost : float
        Account currency per success and per customer called.
    currency : str
    design_effect : float
        Of rows of one customer, see `segmint.metrics.intervals.design_effect`.
    repeats : int
        How often the counts are drawn for the bands.

    Raises
    ------
    ValueError
        If nobody said yes.
    """
    everyone, yes = np.asarray(customers, dtype=np.int64), np.asarray(happened, dtype=np.int64)
    if not yes.sum():
        raise ValueError("Curves need at least one success.")
    counts = np.concatenate([yes, everyone - yes])
    total = int(counts.sum())
    apart = max(1, round(total / design_effect))
    drawn = np.random.default_rng(0).multinomial(apart, counts / total, size=repeats)
    drawn = drawn[drawn[:, : yes.size].sum(axis=1) > 0] * (total / apart)
    return _with_bands(_curves(counts[None, :], value, cost), _curves(drawn, value, cost), total, currency)


def _curves(counts: NDArray[np.int64] | Floats, value: float, cost: float) -> dict[str, Floats]:
    """Read every curve off each row of counts: who said yes by bin, then who did not; shape (repeats, n_fractions)."""
    yes, no = (part[:, ::-1] for part in np.split(counts, 2, axis=1))
    reached, called = (np.pad(part.cumsum(axis=1), ((0, 0), (1, 0))) for part in (yes, yes + no))
    calls = called[:, -1:] * FRACTIONS
    successes = np.stack([np.interp(at, c, r) for at, c, r in zip(calls, called, reached, strict=True)])
    gain, spent = successes / reached[:, -1:], cost * calls
    profit = value * successes - spent
    return {
        "gain": gain,
        "lift": gain / FRACTIONS,
        "response": successes / calls,
        "profit": profit,
        # calls that cost nothing have no return on their cost
        "return": np.divide(profit, spent, out=np.full_like(profit, np.nan), where=spent > 0),
    }


def _with_bands(seen: dict[str, Floats], drawn: dict[str, Floats], customers: int, currency: str) -> CampaignCurves:
    frames = []
    for curve in CURVES:
        low, high = interval(drawn[curve], LEVEL)
        points = {"fraction": FRACTIONS, "customers": np.round(FRACTIONS * customers).astype(np.int64)}
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
        best_fraction=float(FRACTIONS[best]),
        best_profit=float(profit["value"][best]),
        low=float(profit["low"][best]),
        high=float(profit["high"][best]),
        break_even=float(FRACTIONS[kept[-1]]) if kept.size else None,
        level=LEVEL,
        currency=currency,
    )


def expected_curve(
    propensity: ArrayLike, value: ArrayLike, cost: ArrayLike, *, points: int = 100, listed: int = 0
) -> pl.DataFrame:
    """Sum the expected profit of the best n customers, with what chance alone does to it in 90 % of cases.

    Outcomes are taken as independent, their sum as normal (Lyapunov).

    Parameters
    ----------
    propensity : array-like of shape (n_customers,)
        Calibrated probabilities.
    value, cost : array-like of shape () or (n_customers,)
        Account currency.
    points : int
        Points of the curve, at most, beside the one where it is highest: everybody whose call pays. They are at least ten customers
        apart, and the first is ten or more customers: the step between two is what these bring.
    listed : int
        How many are on the list: a point, as what they bring is told too.

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
    spread = np.sqrt(np.cumsum((chance * (1 - chance) * worth**2)[order])) * ndtri(0.5 + LEVEL / 2)
    ends = ends_of_parts(chance.size, (wanted := (int((profit > 0).sum()), listed)))[1:]
    thinned = np.isin(ends, (*ends[:: -max(math.ceil(PARTS / points), 1)], *wanted))
    at = ends[thinned & (ends > 0)] - 1
    return pl.DataFrame(
        {
            "customers": at + 1,
            "expected_profit": total[at],
            "low": (total - spread)[at],
            "high": (total + spread)[at],
        }
    )


def ends_of_parts(rows: int, wanted: Sequence[int]) -> NDArray[np.int64]:
    """Cut ranked customers in at most `PARTS` equal parts, with cuts moved to the places `wanted`; no part is smaller than 10.

    Parameters
    ----------
    rows : int
    wanted : sequence of int

    Returns
    -------
    ndarray of shape (n_parts + 1,)
        From 0 to `rows`.
    """
    count = max(min(PARTS, rows // FEWEST_TOGETHER), 1)
    ends = np.linspace(0, rows, count + 1).round().astype(np.int64)
    inner = ends[1:-1]
    for place in wanted:
        if FEWEST_TOGETHER <= place <= rows - FEWEST_TOGETHER and place not in inner:
            others = [other for other in wanted if other != place and other in inner]
            if any(abs(place - other) < FEWEST_TOGETHER for other in others):
                continue
            inner = np.append(inner[np.abs(inner - place) >= FEWEST_TOGETHER], place)
    return np.concatenate([[0], np.sort(inner), [rows]])
