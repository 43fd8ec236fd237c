"""What lists truly bring where the truth is known: python benchmarks/lists_in_simulation.py [rankings|bands|network].

*rankings*: 100 simulated campaigns and three prices of a call; a logistic regression learns from 15,000 customers and ranks 15,000
others. The list cut at break-even is held against the best cut of its own ranking and against the ranking of an oracle, all by
true propensities. Bars: 0.97 and 0.90. *network*: the same of the product's network, trained as `segmint run` does (minutes a
campaign). *bands*: 500 campaigns of 2,000 calls; in how many the nominal 90 % band of the profit curve holds the
profit that a ranking of two million customers truly has, and how wide it is. Bars: 86 to 94 %, 4 standard errors.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import load_config
from segmint.flows.predict import predict
from segmint.flows.run import run
from segmint.simulation import Campaign, simulate
from segmint.targeting.choose import choose
from segmint.targeting.curves import curves_of_bins
from segmint.targeting.policy import ContactPolicy

Floats = NDArray[np.float64]
VALUE = 100.0
RATIOS = (0.3, 0.6, 1.0, 2.0, 3.0)
FRACTIONS = np.array([0.1, 0.3, 0.5])
SETTINGS = ['compare.models=["dense_network"]', "split.folds=3", "segments.enabled=false", "compare.repeats=100"]


def rankings(seeds: int = 100) -> None:
    """Print a line for each price of a call."""
    for ratio in (0.1, 0.2, 0.3):
        shares = np.array([_shares(*_logistic(seed), VALUE * ratio)[2:] for seed in range(seeds)])
        words = [f"{mean:.4f} of {name} (least {least:.4f})" for mean, least, name in
                 zip(shares.mean(axis=0), shares.min(axis=0), ("the best cut", "the oracle"), strict=True)]  # fmt: skip
        print(f"cost/value {ratio}: {seeds} lists bring on average {' and '.join(words)}")


def _logistic(seed: int, n: int = 30_000) -> tuple[Floats, Floats]:
    """Return true propensities, and those a regression that cannot see one interaction learnt from others."""
    rng = np.random.default_rng(seed)
    x = np.c_[np.ones(n), rng.normal(size=(n, 6))]
    truth = 1 / (1 + np.exp(-(x @ [-2.4, 0.8, -0.5, 0.4, 0.3, 0, 0] + 0.1 * x[:, 1] * x[:, 2])))
    learn, rest, weights = slice(0, n // 2), slice(n // 2, n), np.zeros(7)
    yes = rng.random(n) < truth
    for _ in range(12):
        p = 1 / (1 + np.exp(-x[learn] @ weights))
        weights += np.linalg.solve((x[learn].T * (p * (1 - p))) @ x[learn], x[learn].T @ (yes[learn] - p))
    return truth[rest], 1 / (1 + np.exp(-x[rest] @ weights))


def network(seeds: int = 2, rows: int = 20_000) -> None:
    """Print a line for each campaign and price of a call."""
    print(f"{'seed':>4} {'cost/base rate':>14} {'listed':>7} {'brings':>9} {'of best cut':>12} {'of oracle':>10}")
    for seed in range(seeds):
        truth, learnt = _campaign(seed, rows)
        base = float(truth.mean())
        for ratio in RATIOS:
            cost = ratio * base * VALUE
            listed, brings, of_best, of_oracle = _shares(truth, learnt, cost)
            print(
                f"{seed:>4} {ratio:>14.1f} {listed:>7,} {brings:>9,.0f} {of_best:>12.4f} {of_oracle:>10.4f}", flush=True
            )


def _campaign(seed: int, rows: int) -> tuple[Floats, Floats]:
    """Return true and predicted propensities of customers the network has not seen."""
    made = simulate(Campaign(rows=rows, seed=seed))
    half = pl.Series(np.random.default_rng(seed).permutation(rows) < rows // 2)
    with tempfile.TemporaryDirectory() as place:
        runs = Path(place)
        made.frame.filter(half).write_csv(runs / "past.csv")
        made.frame.filter(~half).write_csv(runs / "next.csv")
        trained = run(runs / "past.csv", "simulated-campaign", load_config(None, SETTINGS), runs=runs)
        predict(runs / "next.csv", trained.folder, load_config(), runs=runs, out=runs / "said.parquet")
        said = pl.read_parquet(runs / "said.parquet")
    both = said.join(made.truth, on="customer_id", how="left", suffix="_true", maintain_order="left")
    return both["propensity_true" if "propensity_true" in both.columns else "propensity"].to_numpy(), said[
        "probability_yes" if "probability_yes" in said.columns else "propensity"
    ].to_numpy()


def _shares(truth: Floats, learnt: Floats, cost: float) -> tuple[int, float, float, float]:
    """Return how many are listed, what they bring, and its shares of the best cut and of the oracle's list."""
    policy = ContactPolicy(economics={"cost_per_call": cost, "value_per_success": VALUE}, holdout_share=0.0)
    ids = pl.select(pl.int_range(truth.size).cast(pl.String)).to_series()
    listed = choose(ids, learnt, policy).listed
    profit = VALUE * truth - cost
    brings = float(profit[listed].sum())
    best = max(float(np.cumsum(profit[np.argsort(-learnt, kind="stable")]).max()), 0.0)
    oracle = float(profit[profit > 0].sum())
    return listed.size, brings, brings / best, brings / oracle


def bands(seeds: int = 500, calls: int = 2_000) -> None:
    """Print a line for each share of customers called."""
    _, score, p = _calls(np.random.default_rng(99), 2_000_000)
    order = np.argsort(-score, kind="stable")
    truth = np.array([(VALUE * p[order[: int(f * p.size)]] - 10).sum() / p.size for f in FRACTIONS])
    found = np.empty((seeds, 3, FRACTIONS.size))
    for seed in range(seeds):
        yes, score, _ = _calls(np.random.default_rng(seed), calls)
        bins = np.unique(score, return_inverse=True)[1]
        said = np.bincount(bins, weights=yes)
        made = curves_of_bins(np.bincount(bins), said, value=VALUE, cost=10, repeats=300, currency="EUR")
        profit = made.rows.filter(pl.col("curve") == "profit")[[9, 29, 49]]  # at FRACTIONS
        found[seed] = np.stack([profit[name].to_numpy() for name in ("low", "value", "high")]) / calls
    low, value, high = found.transpose(1, 0, 2)
    held = ((low <= truth) & (truth <= high)).mean(axis=0)
    width = (high - low).mean(axis=0) / value.std(axis=0)
    print(f"{seeds} campaigns of {calls:,} calls")
    for share, inside, wide in zip(FRACTIONS, held, width, strict=True):
        print(
            f"best {share:.0%} called: the band holds the truth in {inside:.1%}, its mean width is {wide:.2f} standard errors"
        )


def _calls(rng: np.random.Generator, n: int) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Draw answers, a noisy score with ties, and the true propensities."""
    p = rng.beta(1, 8, n)
    score = np.round(np.clip(p + rng.normal(0, 0.04, n), 0, 1), 3)
    return rng.random(n) < p, score, p


if __name__ == "__main__":
    parts = {"rankings": rankings, "bands": bands, "network": network}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=" or ".join(parts))
    for part in parser.parse_args().parts or ["rankings", "bands"]:
        if part not in parts:
            parser.error(f"expected {' or '.join(parts)}, got {part}")
        parts[part]()
