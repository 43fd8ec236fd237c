"""How long the list builder's preview takes for 100,000 customers: python benchmarks/list_preview.py RUNS.

RUNS holds a finished run of the embedded sample (`segmint demo --runs RUNS`). The sample is repeated to 100,000 rows; each question
is what one movement of a control asks of the server: figures, who comes and goes, the profit curve. Median of 15.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import polars as pl

from segmint.dashboard import pages
from segmint.dashboard.desk import Desk
from segmint.dashboard.tables import Table
from segmint.flows.demo import sample_path

ROWS = 100_000
BASE = {"cost": "5", "value": "120", "holdout": "10", "calls": "8000"}
QUESTIONS = {
    "calls": lambda n: {"calls": str(5000 + 50 * n)},
    "cost": lambda n: {"cost": str(4 + n / 10)},
    "money": lambda n: {"money": str(20_000 + 100 * n)},
    "a quota and calls": lambda n: {
        "calls": str(5000 + 50 * n), "quota_column_0": "job", "quota_level_0": "student", "quota_least_0": "900",
    },
}  # fmt: skip


def main(runs: Path) -> None:
    """Ask the questions and print how long the answers took."""
    desk = Desk(runs)
    frame = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    many = pl.concat([frame] * (ROWS // frame.height + 1)).head(ROWS)
    place = runs / "tables" / "0123456789abcdef"
    place.mkdir(parents=True, exist_ok=True)
    many.write_csv(place / "table.csv")
    (place / "about.json").write_text('{"name": "many.csv"}')
    table = Table(place.name, "many.csv", place / "table.csv")
    start = time.perf_counter()
    pages.preview(desk, table.id, BASE, exact=False, before=BASE)
    print(f"read, predict and prepare {ROWS:,} customers once: {time.perf_counter() - start:.2f} s")
    for name, question in QUESTIONS.items():
        for exact in (False, True):
            taken = []
            for n in range(15):
                start = time.perf_counter()
                pages.preview(desk, table.id, BASE | question(n), exact=exact, before=BASE)
                taken.append(1000 * (time.perf_counter() - start))
            print(
                f"{name:<18} {'exact  ' if exact else 'preview'} median {median(taken):6.0f} ms, slowest {max(taken):6.0f} ms"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
