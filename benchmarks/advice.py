"""What the advice would have been at three prices of a call, beside what really happened.

Takes the out-of-fold propensities of a run on bank-additional (first 80 %, 5 folds, --at dialling) and asks, at a cost of
0.3, 3 and 8.7 times the base rate (cost/value 1.1 is beyond every propensity), whom to call. Nothing is tuned on these rows:
each customer was predicted by a network that had not seen the customer.

    segmint run bank-additional-first-80.csv --contract bank-additional --at dialling --set segments.enabled=false
    python benchmarks/advice.py runs/<id>
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from segmint.metrics.profit import campaign_profit
from segmint.metrics.ranking import Ranking
from segmint.targeting.choose import choose
from segmint.targeting.policy import ContactPolicy

VALUE = 100.0


def main(folder: Path) -> None:
    """Print a row for each price and model."""
    every = pl.read_parquet(folder / "predictions.parquet")
    for model in every["model"].unique(maintain_order=True):
        frame = every.filter(pl.col("model") == model).sort("record")
        yes = (frame["outcome"].cast(pl.String) == "yes").to_numpy()
        chance = frame["probability_yes"].to_numpy().astype(np.float64)
        if np.ptp(chance) < 1e-3 and model != "dense_network":
            continue
        base = float(yes.mean())
        print(f"\n{model}: {len(yes):,} customers, base rate {base:.4f}")
        print(
            f"{'cost/value':>10} {'listed':>8} {'share':>7} {'expected':>10} {'happened':>10} {'call all':>10} {'hindsight':>10}  advice"
        )
        people = frame["record"].cast(pl.String).alias("customer")
        for ratio in (0.3 * base, base, 3 * base, 1.1):
            cost = ratio * VALUE
            policy = ContactPolicy(economics={"cost_per_call": cost, "value_per_success": VALUE}, holdout_share=0.0)
            choice = choose(people, chance, policy)
            called = np.zeros(len(yes), dtype=bool)
            called[choice.listed] = True
            happened = campaign_profit(yes, called, value=VALUE, cost=cost)
            everyone = campaign_profit(yes, np.ones(len(yes), dtype=bool), value=VALUE, cost=cost)
            ranking = Ranking(yes, chance)
            best = max(0.0, *(VALUE * ranking.responders_before - cost * np.arange(len(yes) + 1))[ranking.ends])
            print(
                f"{ratio:>10.4f} {choice.listed.size:>8,} {choice.listed.size / len(yes):>7.1%} {choice.profit:>10,.0f} "
                f"{happened:>10,.0f} {everyone:>10,.0f} {best:>10,.0f}  {choice.advice[0]}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a run's folder")
    main(parser.parse_args().folder)
