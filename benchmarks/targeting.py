"""How long choosing takes, and how much memory: ranking ten million, optimising a hundred thousand.

Each part runs in a process of its own, so that its peak memory is its own. Run: python benchmarks/targeting.py
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

from segmint.targeting.choose import choose
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.preview import ListPreview


def bank(n: int) -> tuple[pl.Series, np.ndarray]:
    """Draw ids and propensities."""
    ids = pl.select(pl.int_range(n).cast(pl.String).str.zfill(8)).to_series()
    return ids, np.random.default_rng(7).beta(1, 8, n)


def policy(**rules: object) -> ContactPolicy:
    """Make a policy at 5 a call and 100 a success."""
    return ContactPolicy(
        economics={"cost_per_call": 5.0, "value_per_success": 100.0}, **{"holdout_share": 0.05, **rules}
    )


def ranking(n: int = 10_000_000) -> str:
    """Rank ten million customers under one budget."""
    ids, chance = bank(n)
    start = time.perf_counter()
    choice = choose(ids, chance, policy(budget_calls=n // 20))
    return f"{n:,} ranked, {choice.listed.size:,} listed: {time.perf_counter() - start:.1f} s"


def optimising(n: int = 100_000) -> str:
    """Choose among a hundred thousand under a budget, six quotas and two capacities."""
    ids, chance = bank(n)
    rng = np.random.default_rng(3)
    table = pl.DataFrame(
        {
            "branch": rng.choice(["north", "south", "east", "west"], n, p=[0.5, 0.25, 0.15, 0.1]),
            "minutes": rng.uniform(2, 12, n),
            "line": rng.uniform(0.5, 1.5, n),
        }
    )
    rules = policy(
        budget_calls=n // 10,
        quotas=[
            {"column": "branch", "level": "north", "maximum": n // 25},
            {"column": "branch", "level": "south", "minimum": n // 50, "maximum": n // 30},
            {"column": "branch", "level": "west", "minimum": n // 50},
        ],
        capacities=[
            {"name": "agent minute", "available": n * 0.5, "per_customer": "minutes"},
            {"name": "line hour", "available": n * 0.08, "per_customer": "line"},
        ],
    )
    start = time.perf_counter()
    choice = choose(ids, chance, rules, columns=table)
    took = time.perf_counter() - start
    words = "\n    ".join(f"{p.sentence} confirmed: {p.confirmed}" for p in choice.prices)
    return f"{n:,} with quotas and two capacities, {choice.listed.size:,} listed: {took:.1f} s\n    {words}"


def preview(n: int = 100_000) -> str:
    """Ask about five policies with two quotas and a capacity, and one under a budget alone."""
    ids, chance = bank(n)
    rng = np.random.default_rng(3)
    table = pl.DataFrame({"branch": rng.choice(["north", "south", "west"], n), "minutes": rng.uniform(2, 12, n)})
    quotas = [
        {"column": "branch", "level": "north", "maximum": n // 40},
        {"column": "branch", "level": "west", "minimum": n // 40},
    ]
    start = time.perf_counter()
    asked = ListPreview(ids, chance, policy(), columns=table)
    lines = [f"{n:,} prepared: {time.perf_counter() - start:.2f} s"]
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        capacity = [{"name": "agent minute", "available": n * share, "per_customer": "minutes"}]
        rules = policy(budget_calls=n // 10, quotas=quotas, capacities=capacity)
        start, busy = time.perf_counter(), time.process_time()
        seen = asked.of(rules)
        took, worked = time.perf_counter() - start, time.process_time() - busy
        whole = choose(ids, chance, rules, columns=table)
        lines.append(
            f"preview {took:.3f} s, processor {worked:.3f} s: {seen.expected_profit:,.0f}; the list itself {whole.profit:,.0f}"
        )
    start = time.perf_counter()
    asked.of(policy(budget_calls=n // 10))
    return "\n    ".join([*lines, f"preview under one budget {time.perf_counter() - start:.3f} s"])


PARTS = {"ranking": ranking, "optimising": optimising, "preview": preview}


def main() -> None:
    """Run every part, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=PARTS)
    part = parser.parse_args().part
    if part:
        print(PARTS[part]())
        print(f"    peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
        return
    for name in PARTS:
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main()
