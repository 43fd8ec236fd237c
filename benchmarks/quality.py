"""How good is the network, beside every tree, on rows kept apart? A resumable queue of small jobs.

A job is (table, level, repeat, fold, model): train as the product trains, predict the rows kept apart, keep the
probabilities in one small file. Folds come from a keyed hash of each row's canonical text, groups together, so
that every model and every machine sees the same ones. Run again, a job that has its file is not done again::

    python benchmarks/quality.py run --tables term-deposit:dialling --models network_best,lightgbm --repeats 0
    python benchmarks/quality.py table              # what is there, as docs/benchmarks.md shows it, AutoGluon's rows too

An ablation leaves one trick of a recipe out at a time, the last of the recipe `plain`, the others of `fast`::

    python benchmarks/quality.py run --tables term-deposit:dialling,segments-abcd:planning --models ablation --repeats 0,1
    python benchmarks/quality.py ablation --tables term-deposit:dialling,segments-abcd:planning --repeats 0,1

A model named "... again" then learns once more, from its inner rows too, for as long as was best: what the network of a
bundle does on a small table, and what a rival would gain by the same::

    python benchmarks/quality.py run --tables segments-abcd:planning --models "network_best again,xgboost again"

A rival named "... with pairs" also reads the counts of the pairs of columns that the network would choose::

    python benchmarks/quality.py run --tables term-deposit:dialling --models "lightgbm with pairs,xgboost with pairs"
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.contract.contract import Contract, load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.features.customer_features import CustomerFeatures
from segmint.features.natural import NaturalFeatures
from segmint.features.pairs import learn_pair, pair_steps
from segmint.models.customer_model import CustomerModel, make_model
from segmint.models.pair_choice import choose_pairs
from segmint.models.reads import read_by
from segmint.models.unexplained import Unexplained
from segmint.splits.folds import Fold, make_folds
from segmint.splits.groups import row_groups, row_keys
from segmint.tables.source import open_table

DATA = Path(os.environ.get("SEGMINT_DATA", "../shared/data"))
FOLDS = 5
TABLES = {
    "term-deposit": ("term-deposit/train.csv", "term-deposit"),
    "bank-additional": ("uci-bank/bank-additional-first-80.csv", "bank-additional"),
    "uci-sample": ("uci-bank/bank.csv", "bank-marketing"),
    "segments-abcd": ("segments-abcd/customer_segmentation.csv", "customer-segments"),
}
LEVELS = (
    "term-deposit:dialling",
    "term-deposit:after_call",
    "segments-abcd:planning",
    "term-deposit:planning",
    "uci-sample:planning",
    "uci-sample:after_call",
    "bank-additional:planning",
    "bank-additional:dialling",
    "bank-additional:dialling-no-context",
)
NETWORKS = {
    "network_best": {"recipe": "best"},
    "network_fast": {"recipe": "fast"},
    "network_plain": {"recipe": "plain"},
}
ABLATIONS = {
    "no teacher": {"recipe": "plain"},
    "no copies": {"copies": 0.0},
    "no swapped cells": {"swap": 0.0},
    "customers keep their labels": {"share": 0.0},
    "no finer steps": {"finer": False},
    "no pairs": {"pairs": False},
    "no changes": {"changes": False},
    "no averaged weights": {"averaging": 0.0},
    "numbers only scaled": {"features__numbers": "scaled"},
    "plain without averaged weights": {"recipe": "plain", "averaging": 0.0},
}
AGAIN = " again"
PAIRS = " with pairs"
TREES = ("lightgbm", "catboost", "xgboost", "random_forest")
MODELS = (*NETWORKS, *TREES, "gradient_boosting", "knn", "logistic")
WITH_PAIRS = tuple(f"{name}{PAIRS}" for name in ("lightgbm", "xgboost"))
ONCE_MORE = tuple(f"{name}{AGAIN}" for name in ("network_best", "network_fast", "lightgbm", "catboost", "xgboost"))


@cache
def table_of(level: str) -> ValidTable:
    """Read a table at a level; ``-no-context`` leaves the economic columns out."""
    name, at = level.split(":")
    path, contract = TABLES[name]
    known = load_contract(contract)
    if at.endswith("-no-context"):
        at = at.removesuffix("-no-context")
        known = _without_context(known)
    return validate(open_table(DATA / path), known, at=at)


def _without_context(contract: Contract) -> Contract:
    columns = tuple(
        column.model_copy(update={"role": "ignore"}) if column.role == "context" else column
        for column in contract.columns
    )
    return contract.model_copy(update={"columns": columns})


@cache
def groups_of(level: str) -> NDArray[np.int64]:
    """Say which rows are of one customer."""
    return row_groups(table_of(level))


@cache
def folds_of(level: str, repeat: int) -> list[Fold]:
    """Split the rows of a table; another repeat deals another hand."""
    table = table_of(level)
    return make_folds(table.outcome, groups_of(level), count=FOLDS, seed=repeat, keys=row_keys(table))


def run_job(level: str, repeat: int, fold: int, model: str) -> dict[str, np.ndarray]:
    """Train one model on one fold; return what it says of the rows kept apart."""
    table, part = table_of(level), folds_of(level, repeat)[fold]
    X, y, groups = table.inputs, table.outcome, groups_of(level)
    start = time.perf_counter()
    seed = 100 * repeat + fold
    name, again = model.removesuffix(AGAIN), model.endswith(AGAIN)
    made = (
        make_network(name, table, seed)
        if name in NETWORKS | ABLATIONS
        else make_model(name.removesuffix(PAIRS), columns=table.features, random_state=seed)
    )
    if name.endswith(PAIRS):
        reader = NaturalWithPairs(table.features, seed=seed)
        made = CustomerModel([("features", reader), ("classifier", made[-1])])
    together = read_by(made, groups=groups[part.fit])
    made.fit(X[part.fit], y[part.fit], inner=(X[part.inner], y[part.inner]), **together)
    if again:
        learn_again(made, X[part.train], y[part.train], groups[part.train])
    likely = made.predict_proba(X[part.test])
    seconds = time.perf_counter() - start
    size = size_of(made[-1])
    return {
        "rows": part.test,
        "probabilities": likely,
        "classes": np.asarray(made.classes_, dtype=str),
        "seconds": np.asarray(seconds),
        "size": np.asarray(size),
    }


class NaturalWithPairs(NaturalFeatures):
    """One number per column, and the count of each pair of columns that the network would choose to read."""

    def __init__(self, columns: Any = None, *, seed: int = 0, rare: int = CustomerFeatures().rare) -> None:
        super().__init__(columns)
        self.seed = seed
        self.rare = rare

    def fit(self, X: Any, y: Any = None) -> NaturalWithPairs:
        """Choose and count the pairs on the training rows alone."""
        super().fit(X)
        labels = np.unique(y, return_inverse=True)[1]
        chosen = choose_pairs(Unexplained(X, labels, self.columns, seed=self.seed, groups=None), rare=self.rare)
        self.pairs_ = [(pair, learn_pair(X, pair, self.rare)) for pair in chosen]
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Put the counts behind the columns."""
        counts = [
            np.asarray(learned["sizes"])[pair_steps(learned, X[first], X[second])]
            for (first, second), learned in self.pairs_
        ]
        return np.column_stack([super().transform(X), *counts])


def learn_again(made: Any, X: Any, y: Any, groups: NDArray[np.int64]) -> None:
    """Let a model learn from all training rows, for as many epochs or rounds as were best."""
    if hasattr(made, "refit"):
        made.refit(X, y, **read_by(made, groups=groups))
        return
    booster = made[-1].booster_
    match type(booster).__name__:
        case "LGBMClassifier":
            rounds = booster.best_iteration_
        case "Booster":
            rounds = booster.best_iteration + 1
        case _:
            rounds = booster.tree_count_
    made.set_params(classifier__rounds=rounds, classifier__inner_share=0).fit(X, y)


def size_of(classifier: Any) -> int:
    """Count the bytes of what a classifier learned, as it would be kept."""
    if hasattr(classifier, "weights_"):
        return int(sum(values.nbytes for values in classifier.weights_.values()))
    learned = getattr(classifier, "booster_", getattr(classifier, "neighbours_", classifier))
    match type(learned).__name__:
        case "LGBMClassifier":
            return len(learned.booster_.model_to_string())
        case "Booster":
            return len(learned.save_raw())
        case "CatBoostClassifier":
            return len(learned._serialize_model())
        case "KNeighborsClassifier":
            return int(learned._fit_X.nbytes)
    if hasattr(learned, "estimators_"):  # a forest, or gradient boosting, of scikit-learn
        trees = [tree.tree_.__getstate__() for tree in np.ravel(learned.estimators_)]
        return int(sum(tree["nodes"].nbytes + tree["values"].nbytes for tree in trees))
    return int(learned.coef_.nbytes)


def make_network(name: str, table: ValidTable, seed: int) -> Any:
    """Make one of our networks, or the fast one without one of its tricks."""
    settings = {"recipe": "fast"} | (NETWORKS | ABLATIONS)[name]
    later = {key: settings.pop(key) for key in list(settings) if "__" in key}
    made = make_model("dense_network", columns=table.features, random_state=seed, **settings)
    return made.set_params(**later)


def queue(levels: list[str], models: list[str], repeats: list[int], folds: list[int]) -> Iterator[tuple]:
    """Order the jobs so that whole comparisons finish first."""
    for repeat in repeats:
        for level in levels:
            for fold in folds:
                for model in models:
                    yield level, repeat, fold, model


def job_file(folder: Path, level: str, repeat: int, fold: int, model: str) -> Path:
    """Say where a job's result lies."""
    return folder / level.replace(":", "-") / f"r{repeat}-f{fold}-{model.replace(' ', '-')}.npz"


def work(folder: Path, jobs: Iterator[tuple]) -> None:
    """Do what is not done yet."""
    for job in jobs:
        path = job_file(folder, *job)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        result = run_job(*job)
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **result)
        part.rename(path)
        print(json.dumps({"job": job, "seconds": round(float(result["seconds"]), 1)}), flush=True)


if __name__ == "__main__":
    from quality_table import print_ablation, print_table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "table", "ablation"])
    parser.add_argument("--folder", type=Path, default=Path("runs/quality"))
    parser.add_argument("--tables", default=",".join(LEVELS))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--repeats", default="0")
    parser.add_argument("--folds", default="0,1,2,3,4")
    given = parser.parse_args()
    levels = given.tables.split(",")
    numbers = [int(text) for text in given.repeats.split(",")]
    models = ["network_fast", "network_plain", *ABLATIONS] if given.models == "ablation" else given.models.split(",")
    if given.what == "run":
        work(
            given.folder,
            queue(levels, models, numbers, [int(text) for text in given.folds.split(",")]),
        )
    elif given.what == "table":
        print_table(given.folder, levels, [*models, *WITH_PAIRS, *ONCE_MORE], numbers)
    else:
        print_ablation(given.folder, levels, numbers)
