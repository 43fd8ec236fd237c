"""Does the network hold in time? Past waves of bank-additional against LightGBM under the same kit, and the watch on drift.

    python benchmarks/backtest.py [--first ROW] [--window N] [--step N] TABLE

Prints, for each strategy, profit per 1,000 calls, pooled and within-wave ROC AUC with paired block-bootstrap intervals
(blocks of 500 calls) against the network, label sets, and CPU seconds. A success counts 1; a call costs the response rate
of the replayed period (`--cost` for another ratio).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl

from segmint.config import load_config
from segmint.flows.backtest import backtest

SHOWN = ("profit_per_1000", "auc_pooled", "auc_within", "gain_50", "log_loss", "calibration_gap")


def main() -> None:
    """Replay and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=Path)
    parser.add_argument("--first", type=int)
    parser.add_argument("--window", type=int, default=20_000)
    parser.add_argument("--step", type=int, default=1_000)
    parser.add_argument("--cost", type=float)
    asked = parser.parse_args()
    first = asked.first or asked.window
    yes = pl.read_csv(asked.table, separator=";", infer_schema_length=None)["y"][first:] == "yes"
    cost = asked.cost or float(yes.mean())
    flags = {
        "data.at": "dialling", "backtest.window": asked.window, "backtest.step": asked.step, "backtest.first": first,
        "economics.cost_per_call": cost, "economics.value_per_success": 1.0, "economics.currency": "",
    }  # fmt: skip
    start, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = backtest(asked.table, "bank-additional", load_config(None, (), flags), runs=Path(folder))
        rows = found.frame().filter(pl.col("metric").is_in(SHOWN))
        with pl.Config(
            tbl_rows=100, tbl_cols=10, float_precision=4, tbl_width_chars=160, tbl_hide_dataframe_shape=True
        ):
            print(f"cost/value {cost:.4f}; difference = strategy minus the network")
            print(rows.sort("metric"))
        print(*found.sentences, sep="\n")
    print(f"{time.perf_counter() - start:.0f} s, {time.process_time() - cpu:.0f} CPU s")


if __name__ == "__main__":
    main()
