"""Reasons: seconds for 10,000 customers, how exactly they add up, and agreement with shap's permutation explainer.

The network is trained on the embedded sample, or on ``bank-additional-first-80.csv`` in the folder ``SEGMINT_DATA`` with
``--large``; 200 made-up background rows are the same for both. shap is not among segmint's dependencies and nothing is
installed here: without it the comparison is left out. To have it, make an environment of its own and install segmint
with the extra ``train`` and shap into it (``pip install -e '.[train]' shap``), then run ``python benchmarks/reasons.py``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from segmint.contract.contract import load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.explain.background import background_rows
from segmint.explain.reasons import attribute
from segmint.features.apply import apply_features, feature_blocks
from segmint.flows.demo import sample_path
from segmint.models.customer_model import make_model
from segmint.models.predict import Predictor
from segmint.monitoring.reference import reference_of
from segmint.tables.source import open_table

TIMED, COMPARED, PERMUTATIONS = 10_000, 200, 10


def main() -> None:
    """Print the figures beside their bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="32,950 customers and a network of 256, 256 and 128 units")
    parser.add_argument("--at", default="planning", choices=["planning", "dialling"])
    parser.add_argument("--no-timing", action="store_true")
    arguments = parser.parse_args()
    table = _table(large=arguments.large, at=arguments.at)
    predictor = _trained(table)
    background = background_rows(reference_of(table, predictor.classes, None))
    print(f"{len(table):,} customers, {len(table.features)} columns, {background.height} background rows")
    if not arguments.no_timing:
        _time(predictor, table, background)
    _compare(predictor, table, background)


def _table(*, large: bool, at: Any) -> ValidTable:
    folder = Path(os.environ.get("SEGMINT_DATA", "../shared/data"))
    path = folder / "uci-bank" / "bank-additional-first-80.csv" if large else sample_path()
    contract = load_contract("bank-additional" if large else "bank-marketing")
    return validate(open_table(path), contract, at=at)


def _trained(table: ValidTable) -> Predictor:
    model = make_model("dense_network", columns=table.features, random_state=7, recipe="plain")
    model.fit(table.inputs, table.outcome)
    classifier = model[-1]
    network = {"layers": classifier.layers_, "classes": [str(name) for name in classifier.classes_]}
    return Predictor(model[0].state_, network, classifier.weights_, classifier.calibration_.to_json())


def _time(predictor: Predictor, table: ValidTable, background: pl.DataFrame) -> None:
    frame = table.inputs.unique(maintain_order=True)
    if frame.height < TIMED:  # equal customers cost nothing, so drawing the same ones twice would flatter
        more = background_rows(reference_of(table, predictor.classes, None), rows=TIMED, seed=99)
        frame = pl.concat([frame, more.select(frame.columns)])
    frame = frame.head(TIMED)
    wall, cpu = time.perf_counter(), time.process_time()
    found = attribute(predictor, frame, background, seed=0, target="yes")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    steps = 2 * frame.height * background.height * len(found.columns)
    error = np.abs(found.prediction - predictor.probabilities(frame)[:, 1]).max()
    print(f"{TIMED:,} customers: {wall:.1f} s (bar: 60 s), {cpu:.1f} s of processor, load {os.getloadavg()[0]:.1f}")
    print(f"  network rows: {found.forward_rows:,}, {found.forward_rows / steps:.2f} of one per step and customer")
    print(f"  largest error of base + sum: {error:.1e} (bar: 1e-3)")


def _compare(predictor: Predictor, table: ValidTable, background: pl.DataFrame) -> None:
    if importlib.util.find_spec("shap") is None:
        print("shap is not installed; see the top of this file")
        return
    frame = table.frame[np.random.default_rng(1).choice(len(table), COMPARED, replace=False)]
    wall = time.perf_counter()
    ours = attribute(predictor, frame, background, seed=0, target="yes").contributions
    seconds = time.perf_counter() - wall
    wall = time.perf_counter()
    theirs = _shap(predictor, frame, background)
    print(f"{COMPARED} customers: ours {seconds:.1f} s, shap {time.perf_counter() - wall:.1f} s")
    agreement = np.array([spearmanr(a, b)[0] for a, b in zip(ours, theirs, strict=True)])
    same = np.mean(np.abs(ours).argmax(axis=1) == np.abs(theirs).argmax(axis=1))
    print(f"  mean Spearman per customer: {np.nanmean(agreement):.3f} (bar: 0.9), lowest {np.nanmin(agreement):.3f}")
    print(f"  same first column: {same:.2f}")


def _shap(predictor: Predictor, frame: pl.DataFrame, background: pl.DataFrame) -> np.ndarray:
    """Explain with shap on business columns: a cell is the number of its distinct value."""
    import shap

    names = [column["name"] for column in predictor.features["columns"]]
    both = pl.concat([background.select(names), frame.select(names)], how="vertical_relaxed")
    encoded = apply_features(predictor.features, both)
    blocks = feature_blocks(predictor.features)
    distinct = [np.unique(encoded[:, block], axis=0, return_inverse=True) for block in blocks]
    codes = np.stack([code.reshape(-1) for _, code in distinct], axis=1).astype(float)

    def predict(rows: np.ndarray) -> np.ndarray:
        matrix = np.empty((len(rows), encoded.shape[1]), dtype=np.float32)
        for column, (block, (values, _)) in enumerate(zip(blocks, distinct, strict=True)):
            matrix[:, block] = values[rows[:, column].astype(int)]
        return _probability(predictor, matrix)

    masker = shap.maskers.Independent(codes[: background.height], max_samples=background.height)
    explainer = shap.explainers.Permutation(predict, masker, seed=0)
    evaluations = PERMUTATIONS * (2 * len(names) + 1)
    return np.asarray(explainer(codes[background.height :], max_evals=evaluations, silent=True).values)


def _probability(predictor: Predictor, matrix: np.ndarray) -> np.ndarray:
    from segmint.models.forward import forward, probabilities

    calibration = {name: float(predictor.calibration[name]) for name in ("temperature", "offset")}
    return probabilities(forward(predictor.folded, matrix), **calibration)[:, 1]


if __name__ == "__main__":
    main()
