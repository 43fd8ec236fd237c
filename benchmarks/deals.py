"""How often the interval of a mean over deals of the folds holds the truth: two models that are alike, so the truth is 0.

Each deal judges the same rows with networks trained anew. What the deals' own spread says (Nadeau and Bengio 2003, made for
single splits), what one bootstrap of the rows says that all deals share, and both together are set side by side:

    python benchmarks/deals.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from quality_table import mean_of_deals
from scipy.stats import norm, t
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

DEALS, FOLDS, ROWS, SAMPLES = 5, 5, 800, 150
Floats = np.ndarray


def _tree(seed: int) -> Any:
    return DecisionTreeClassifier(max_depth=6, max_features=2, random_state=seed)


def _forest(seed: int) -> Any:
    return RandomForestClassifier(15, max_depth=6, random_state=seed)


# What two alike models learn with, from which columns, and from how many of their rows: chance lies in the trees,
# in the rows that teach, or in the columns, of which only the first and the fifth say anything.
WORLDS: dict[str, tuple[Callable[[int], Any], tuple[slice, slice], int | None]] = {
    "trees by chance": (_tree, (slice(0, 8), slice(0, 8)), None),
    "small forests": (_forest, (slice(0, 8), slice(0, 8)), None),
    "few rows teach": (lambda seed: LogisticRegression(), (slice(0, 8), slice(0, 8)), 60),
    "each its own columns": (lambda seed: LogisticRegression(), (slice(0, 4), slice(4, 8)), None),
}


def gaps_of(world: str, seed: int) -> Floats:
    """Return the differences of AUC of one simulated table, shape (deals, 1 + samples)."""
    make, columns, few = WORLDS[world]
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(ROWS, 8))
    y = draw.random(ROWS) < 1 / (1 + np.exp(1.5 - X[:, 0] - X[:, 4]))
    samples = [np.arange(ROWS), *(draw.integers(ROWS, size=ROWS) for _ in range(SAMPLES))]
    found = []
    for _ in range(DEALS):
        part, likely = draw.permutation(ROWS) % FOLDS, np.zeros((2, ROWS))
        for fold in range(FOLDS):
            for which, mine in enumerate(columns):
                taught = np.flatnonzero(part != fold)
                taught = taught if few is None else draw.choice(taught, few, replace=False)
                model = make(int(draw.integers(2**31))).fit(X[taught, mine], y[taught])
                likely[which, part == fold] = model.predict_proba(X[part == fold, mine])[:, 1]
        found.append([roc_auc_score(y[s], likely[0, s]) - roc_auc_score(y[s], likely[1, s]) for s in samples])
    return np.array(found)


def reaches(gaps: Floats) -> dict[str, float]:
    """Half the width of each interval."""
    spread = np.std(gaps[:, 0], ddof=1)
    return {
        "deals alone": float(t.ppf(0.975, DEALS - 1) * spread * np.sqrt(1 / DEALS + 1 / (FOLDS - 1))),
        "rows alone": float(norm.ppf(0.975) * np.std(gaps[:, 1:].mean(axis=0), ddof=1)),
        "rows and deals": mean_of_deals(gaps)[2] - mean_of_deals(gaps)[0],
    }


def main() -> None:
    """Print coverage and mean width for every world and interval."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=200)
    tables = parser.parse_args().tables
    print("| two models alike | deals alone | rows alone | rows and deals |\n|---|---|---|---|")
    for world in WORLDS:
        held: dict[str, list[bool]] = {}
        widths: dict[str, list[float]] = {}
        for seed in range(tables):
            gaps = gaps_of(world, seed)
            for name, reach in reaches(gaps).items():
                held.setdefault(name, []).append(abs(gaps[:, 0].mean()) <= reach)
                widths.setdefault(name, []).append(2 * reach)
        cells = [f"{np.mean(held[name]):.3f} ({np.mean(widths[name]):.3f} wide)" for name in held]
        print(f"| {world} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
