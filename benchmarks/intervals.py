"""Intervals of propensities on rows kept apart: in how many of 10 bins the observed rate lies in the mean interval.

The term-deposit table in the folder ``SEGMINT_DATA`` is cut in three. On two parts a network is compared out of fold, trained
and calibrated exactly as `segmint run` does; the third part, 10 bins of 1,000 customers and more, judges. Bar: 9 of 10, the
mean interval widened by the bin's own sampling error. Exact Venn-Abers without the chance among neighbours stands beside it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.contract.contract import load_contract
from segmint.contract.validate import validate
from segmint.evaluation.comparison import compare_models
from segmint.flows.steps.calibrate import calibrate
from segmint.flows.steps.train import Trained
from segmint.metrics.calibration import venn_abers
from segmint.models.customer_model import make_model
from segmint.models.names import OURS
from segmint.models.predict import Predictor
from segmint.splits.folds import inner_split, make_folds
from segmint.splits.groups import row_groups, row_keys
from segmint.tables.source import open_table

Floats = NDArray[np.float64]


def main() -> None:
    """Print a line for each moment and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--at", default="dialling,after_call")
    arguments = parser.parse_args()
    for at in arguments.at.split(","):
        _judge(at, arguments.recipe)


def _judge(at: Any, recipe: str) -> None:
    path = Path(os.environ.get("SEGMINT_DATA", "../shared/data")) / "term-deposit" / "train.csv"
    whole = validate(open_table(path), load_contract("term-deposit"), at=at)
    apart = make_folds(whole.outcome, row_groups(whole), count=3, seed=11, keys=row_keys(whole))[0]
    chosen = np.zeros(len(whole), dtype=bool)
    chosen[apart.train] = True
    table, judge = whole.rows(chosen), whole.rows(~chosen)
    keys, groups = row_keys(table), row_groups(table)
    make = lambda: make_model(OURS, columns=table.features, random_state=7, recipe=recipe)  # noqa: E731
    folds = make_folds(table.outcome, groups, count=3, seed=7, keys=keys)
    comparison = compare_models({OURS: make}, table, folds, seed=7, repeats=200)
    fit, inner = inner_split(table.outcome, groups, seed=7, keys=keys)
    model = make()
    model.fit(table.inputs[fit], table.outcome[fit], inner=(table.inputs[inner], table.outcome[inner]))
    trained = Trained(model, inner, groups[inner], model.predict_proba(table.inputs[inner]))
    done = calibrate(table, trained, comparison, 0.5)
    network = {"layers": model[-1].layers_, "classes": [str(name) for name in model[-1].classes_]}
    predictor = Predictor(model[0].state_, network, model[-1].weights_, done.calibration)
    propensity, yes = predictor.probabilities(judge.frame)[:, 1], judge.outcome == "yes"
    assert done.judged is not None
    assert predictor.interval is not None
    exact = venn_abers(done.judged[1][:, 1], done.judged[0] == "yes", propensity)
    print(f"term-deposit, {at}, recipe {recipe}: {len(table):,} customers to learn from, {len(judge):,} kept apart")
    _line("shipped interval", propensity, yes, *predictor.interval.of(propensity))
    _line("exact Venn-Abers", propensity, yes, exact.low, exact.high)
    _line("no interval", propensity, yes, propensity, propensity)


def _line(name: str, propensity: Floats, yes: NDArray[np.bool_], low: Floats, high: Floats) -> None:
    inside, bare = 0, 0
    for rows in np.array_split(np.argsort(propensity, kind="stable"), 10):
        rate = float(yes[rows].mean())
        reach = 1.96 * np.sqrt(rate * (1 - rate) / len(rows))
        inside += low[rows].mean() - reach <= rate <= high[rows].mean() + reach
        bare += low[rows].mean() <= rate <= high[rows].mean()
    width = 100 * float(np.mean(high - low))
    print(
        f"  {name:<18} {inside} of 10 bins (bar: 9), {bare} without widening; mean width {width:.2f} points", flush=True
    )


if __name__ == "__main__":
    main()
