"""AutoGluon on the folds of `quality.py`: its out-of-fold predictions, stored once in ``benchmarks/peers/``.

AutoGluon wants other versions of our libraries and a few hundred megabytes, so it lives in an environment of its own::

    make bench-peers                                       # makes .venv-peers
    .venv/bin/python benchmarks/peers.py hand-over         # writes the folds to runs/peers as Parquet
    .venv-peers/bin/python benchmarks/peers.py predict     # 300 seconds a fold; resumable, one file per fold
    .venv/bin/python benchmarks/peers.py store             # joins the folds into benchmarks/peers/
    .venv/bin/python benchmarks/quality.py table           # shows it beside ours

Each fold trains on all rows of its training part, inner rows included: AutoGluon splits for itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np

LEVELS = ("term-deposit:dialling", "term-deposit:after_call", "segments-abcd:planning")
FOLDER, STORED = Path("runs/peers"), Path(__file__).parent / "peers"
LIBRARIES = ("autogluon.tabular", "torch", "lightgbm", "catboost", "xgboost-cpu", "scikit-learn", "numpy")
OUTCOME = "outcome"


def hand_over(levels: list[str]) -> None:
    """Write each fold's training and test rows where the other environment can read them."""
    import polars as pl
    from quality import folds_of, table_of

    for level in levels:
        table = table_of(level)
        frame = table.inputs.with_columns(pl.Series(OUTCOME, table.outcome.astype(str)))
        for number, fold in enumerate(folds_of(level, 0)):
            folder = FOLDER / level.replace(":", "-") / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            frame[fold.train].write_parquet(folder / "train.parquet")
            frame[fold.test].drop(OUTCOME).write_parquet(folder / "test.parquet")
            np.save(folder / "rows.npy", fold.test)


def predict(levels: list[str], seconds: int) -> None:
    """Train on each fold and predict its rows, best quality, with what time there is."""
    import pandas as pd
    from autogluon.tabular import TabularPredictor

    for level in levels:
        for folder in sorted((FOLDER / level.replace(":", "-")).iterdir()):
            if (folder / "likely.npz").exists():
                continue
            train, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "test"))
            binary = train[OUTCOME].nunique() == 2
            path, start, load = folder / "models", time.perf_counter(), os.getloadavg()[0]
            predictor = TabularPredictor(OUTCOME, eval_metric="roc_auc" if binary else "log_loss", path=str(path))
            predictor.fit(train, presets="best_quality", time_limit=seconds, num_gpus=0, dynamic_stacking=False)
            likely = predictor.predict_proba(test)
            np.savez_compressed(
                folder / "likely.npz",
                probabilities=likely.to_numpy(np.float32),
                classes=np.asarray(likely.columns, dtype=str),
                seconds=time.perf_counter() - start,
                load=load,
                models=np.asarray(predictor.model_names(), dtype=str),
            )
            shutil.rmtree(path)
            versions = {name: metadata.version(name) for name in LIBRARIES}
            (FOLDER / "versions.json").write_text(json.dumps(versions))


def store(levels: list[str], seconds: int) -> None:
    """Join the folds of a level into one file, with what made them and a hash of what they are about."""
    from quality import table_of

    from segmint.splits.groups import row_keys

    STORED.mkdir(exist_ok=True)
    for level in levels:
        folders = sorted((FOLDER / level.replace(":", "-")).iterdir())
        if not all((folder / "likely.npz").exists() for folder in folders):
            print(f"{level}: not all folds are there yet")
            continue
        parts = [np.load(folder / "likely.npz") for folder in folders]
        table = table_of(level)
        likely = np.zeros((len(table), len(parts[0]["classes"])), dtype=np.float32)
        for folder, part in zip(folders, parts, strict=True):
            likely[np.load(folder / "rows.npy")] = part["probabilities"]
        name = level.replace(":", "-")
        np.savez_compressed(STORED / f"{name}.npz", probabilities=likely, classes=parts[0]["classes"])
        about = {
            "level": level,
            "limit_seconds": seconds,
            "preset": "best_quality",
            "seconds": [round(float(part["seconds"])) for part in parts],
            "load_at_start": [round(float(part["load"]), 1) for part in parts],
            "models": [len(part["models"]) for part in parts],
            "rows_sha256": hashlib.sha256(row_keys(table).tobytes()).hexdigest(),
            "predictions_sha256": hashlib.sha256(likely.tobytes()).hexdigest(),
            "versions": json.loads((FOLDER / "versions.json").read_text()),
            "date": datetime.now(UTC).date().isoformat(),
        }
        (STORED / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n")
        print(json.dumps(about))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["hand-over", "predict", "store"])
    parser.add_argument("--tables", default=",".join(LEVELS))
    parser.add_argument("--seconds", type=int, default=300)
    given = parser.parse_args()
    wanted = given.tables.split(",")
    if given.what == "hand-over":
        hand_over(wanted)
    elif given.what == "predict":
        predict(wanted, given.seconds)
    else:
        store(wanted, given.seconds)
