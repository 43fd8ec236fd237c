"""What whole commands need on a large table: seconds, processor seconds and peak memory, each command in a process of its own.

The table is simulated, the network learned on 8,000 customers of another one; "reading and writing" is Polars alone, for scale.
Run: python benchmarks/commands.py [ROWS]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONTRACT = ("--contract", "simulated-campaign")
ALONE = "import polars as pl; pl.read_csv('table.csv', infer_schema=False).write_csv('alone.csv')"


def segmint(*argv: str) -> list[str]:
    """Make a command line of this Python's segmint."""
    return [sys.executable, "-m", "segmint", *argv]


def commands(rows: int) -> dict[str, list[str]]:
    """Name every command that is measured."""
    bundle = ("--bundle", "learned")
    money = ("--set", "economics.cost_per_call=5", "--set", "economics.value_per_success=100")
    calls = ("--set", f"policy.budget_calls={rows // 100}")
    return {
        "reading and writing, CSV": [sys.executable, "-c", ALONE],
        "contract infer, CSV": segmint("contract", "infer", "table.csv"),
        "check, CSV": segmint("check", "table.csv", *CONTRACT),
        "predict, CSV to CSV": segmint("predict", "table.csv", *bundle, "--out", "predicted.csv"),
        "predict, Parquet to Parquet": segmint("predict", "table.parquet", *bundle, "--out", "predicted.parquet"),
        f"target, {rows // 100:,} calls": segmint("target", "table.parquet", *bundle, *money, *calls),
        "segment": segmint("segment", "table.parquet", *CONTRACT),
        "monitor": segmint("monitor", "table.parquet", *bundle),
    }


def measured(name: str, argv: list[str]) -> str:
    """Run a command and say what it needed."""
    start = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere, Path("said.txt").open("wb") as said:
        child = subprocess.Popen(argv, stdout=nowhere, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
    took = time.perf_counter() - start
    if status:
        sys.exit(f"{name}: {Path('said.txt').read_text()}")
    return f"| {name} | {took:.0f} | {used.ru_utime + used.ru_stime:.0f} | {used.ru_maxrss / 2**10:,.0f} |"


def main() -> None:
    """Prepare the tables and the network, then measure each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(segmint("simulate", "--rows", "8000", "--out", "small.csv"), **quiet)
        for name in ("table.csv", "table.parquet"):
            subprocess.run(segmint("simulate", "--rows", str(rows), "--first", "100000", "--out", name), **quiet)
        subprocess.run(segmint("run", "small.csv", *CONTRACT, "--recipe", "fast", "--no-compare"), **quiet)
        next(Path("runs").iterdir()).joinpath("bundle").rename("learned")
        print(f"| {rows:,} customers, 22 columns | seconds | of processor | MiB at most |\n|---|---|---|---|")
        for name, argv in commands(rows).items():
            print(measured(name, argv), flush=True)


if __name__ == "__main__":
    main()
