"""Turn the files of `quality.py` into the table of docs/benchmarks.md."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from peers import STORED
from quality import ABLATIONS, AGAIN, FOLDS, NETWORKS, TREES, folds_of, job_file, table_of
from scipy.stats import norm

from segmint.evaluation.paired_bootstrap import LOWER_IS_BETTER, Judged, bootstrap_scores
from segmint.metrics.classification import cross_fitted_thresholds
from segmint.splits.groups import row_groups, row_keys

REPEATS_OF_BOOTSTRAP = 1_000
PEER = "autogluon"
SHOWN = {
    "response": ("roc_auc", "average_precision", "f1", "log_loss", "lift_10"),
    "assignment": ("weighted_f1", "accuracy", "macro_f1", "log_loss"),
}
MAIN = {"response": "roc_auc", "assignment": "weighted_f1"}


def print_table(folder: Path, levels: list[str], models: list[str], repeats: list[int]) -> None:
    """Print one block per table and level: every model that has all its folds in repeat 0; name those that have some."""
    for level in levels:
        for model in models:
            done = sum(job_file(folder, level, 0, fold, model).exists() for fold in range(FOLDS))
            if 0 < done < FOLDS:
                print(f"{level}, {model}: {done} of {FOLDS} folds of repeat 0 are done, shown when all are")
        if there := [model for model in models if _complete(folder, level, 0, model)]:
            _block(folder, level, there, repeats)


def print_ablation(folder: Path, levels: list[str], repeats: list[int]) -> None:
    """Print what each trick of a recipe gains: with it minus without it, averaged over repeats, paired by rows."""
    print("| left out | " + " | ".join(f"{level.replace(':', ', ')}, {MAIN[_kind(level)]}" for level in levels) + " |")
    print("|---" * (len(levels) + 1) + "|")
    for name in ABLATIONS:
        gains = [_gain(folder, level, name, repeats) for level in levels]
        print(f"| {name} | " + " | ".join(gains) + " |")


def _gain(folder: Path, level: str, name: str, repeats: list[int]) -> str:
    whole = "network_plain" if name.startswith("plain") else "network_fast"
    there = [r for r in repeats if all(_complete(folder, level, r, model) for model in (whole, name))]
    if not there:
        return "–"
    metric, gaps = MAIN[_kind(level)], []
    for repeat in there:
        # The same seed draws the same groups in every repeat: the mean of the gaps is one bootstrap too.
        scores = _scores(level, [_pooled(folder, level, repeat, model)[0] for model in (whole, name)])
        gaps.append(scores[metric][:, 0] - scores[metric][:, 1])
    gap = np.mean(gaps, axis=0)
    low, from_, to, high = np.quantile(gap[1:], [0.025, 0.10, 0.90, 0.975])
    return f"{gap[0]:+.4f} (80 %: {from_:+.4f} to {to:+.4f}; 95 %: {low:+.4f} to {high:+.4f}; {len(there)} repeats)"


def _kind(level: str) -> str:
    return str(table_of(level).contract.outcome.kind)


def _complete(folder: Path, level: str, repeat: int, model: str) -> bool:
    return all(job_file(folder, level, repeat, fold, model).exists() for fold in range(FOLDS))


def _block(folder: Path, level: str, models: list[str], repeats: list[int]) -> None:
    table = table_of(level)
    kind = table.contract.outcome.kind
    metrics, main = SHOWN[kind], MAIN[kind]
    pooled = [_pooled(folder, level, 0, model) for model in models]
    if (STORED / f"{level.replace(':', '-')}.npz").exists():
        models, pooled = [*models, PEER], [*pooled, _peer(level)]
    scores = _scores(level, [judged for judged, _, _ in pooled])
    print(f"\n### {level.replace(':', ', ')}: {len(table):,} rows\n")
    print("| model | " + " | ".join(metrics) + " | seconds a fold | kB |")
    print("|---" * (len(metrics) + 3) + "|")
    for place, model in enumerate(models):
        cells = [_cell(scores[metric][:, place], metric) for metric in metrics]
        _, seconds, size = pooled[place]
        print(f"| {model} | " + " | ".join(cells) + f" | {seconds:.0f} | {'–' if size < 0 else f'{size / 1e3:,.0f}'} |")
    for name in [name for name in models if name.removesuffix(AGAIN) in NETWORKS]:
        # From as many rows: who learned from the inner ones too is held against trees that did.
        alike = [place for place, model in enumerate(models) if model.endswith(AGAIN) == name.endswith(AGAIN)]
        trees = [place for place in alike if models[place].removesuffix(AGAIN) in TREES]
        if not trees:
            continue
        mine, best = models.index(name), max(trees, key=lambda place: scores[main][0, place])
        print(f"\n{name} minus {models[best]}, {main}: {_difference(scores[main], mine, best)}", end="")
        print(_over_repeats(folder, level, name, models[best], repeats, main))
        if PEER in models:
            print(f"{name} minus {PEER}, {main}: {_difference(scores[main], mine, models.index(PEER))}")


def _difference(scores: np.ndarray, mine: int, other: int) -> str:
    gap = scores[:, mine] - scores[:, other]
    low, high = np.quantile(gap[1:], [0.025, 0.975])
    return f"{gap[0]:+.4f} ({low:+.4f} to {high:+.4f})"


def _peer(level: str) -> tuple[Judged, float, int]:
    """AutoGluon's stored predictions, with the thresholds that the other models get."""
    stored = STORED / level.replace(":", "-")
    with np.load(stored.with_suffix(".npz"), allow_pickle=False) as kept:
        likely = kept["probabilities"][:, np.argsort(kept["classes"])].astype(np.float64)
    likely /= likely.sum(axis=1, keepdims=True)
    about = json.loads(stored.with_suffix(".json").read_text())
    if about["rows_sha256"] != hashlib.sha256(row_keys(table_of(level)).tobytes()).hexdigest():
        raise SystemExit(f"{stored.name}: the stored predictions are about other rows than those of the table")
    return _judged(level, likely, [fold.test for fold in folds_of(level, 0)]), float(np.mean(about["seconds"])), -1


def _cell(values: np.ndarray, metric: str) -> str:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    digits = 2 if metric == "lift_10" else 4
    return f"{values[0]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _pooled(folder: Path, level: str, repeat: int, model: str) -> tuple[Judged, float, int]:
    """Put a model's folds together: probabilities and predictions of every row, mean seconds and bytes a fold."""
    table = table_of(level)
    classes = list(np.unique(table.outcome))
    likely = np.zeros((len(table), len(classes)))
    parts, seconds, sizes = [], [], []
    for fold in range(FOLDS):
        with np.load(job_file(folder, level, repeat, fold, model), allow_pickle=False) as kept:
            rows, given = kept["rows"], kept["probabilities"]
            likely[rows] = given
            parts.append(rows)
            seconds.append(float(kept["seconds"]))
            sizes.append(int(kept["size"]) if "size" in kept else -1)
    return _judged(level, likely, parts), float(np.mean(seconds)), round(np.mean(sizes))


def _judged(level: str, likely: np.ndarray, parts: list[np.ndarray]) -> Judged:
    """Name a class for each row: the likeliest, or yes from the threshold on that the other folds' rows chose."""
    table = table_of(level)
    positive = table.contract.outcome.positive
    predicted = likely.argmax(axis=1)
    if positive is not None:
        yes = list(np.unique(table.outcome)).index(positive)
        said_yes, scores = [table.outcome[rows] == positive for rows in parts], [likely[rows, yes] for rows in parts]
        for rows, threshold in zip(parts, cross_fitted_thresholds(said_yes, scores), strict=True):
            predicted[rows] = np.where(likely[rows, yes] >= threshold, yes, 1 - yes)
        folds = np.zeros(len(table), dtype=np.int64)
        for number, rows in enumerate(parts):
            folds[rows] = number
        return Judged(likely, predicted, folds)
    return Judged(likely, predicted)


def _scores(level: str, judged: list[Judged], *, repeats: int = REPEATS_OF_BOOTSTRAP) -> dict[str, np.ndarray]:
    table = table_of(level)
    classes = list(np.unique(table.outcome))
    positive = table.contract.outcome.positive
    return bootstrap_scores(
        np.searchsorted(classes, table.outcome),
        judged,
        classes,
        positive=None if positive is None else classes.index(positive),
        seed=7,
        repeats=repeats,
        groups=row_groups(table),
    )


def _over_repeats(folder: Path, level: str, mine: str, rival: str, repeats: list[int], metric: str) -> str:
    """Average the difference over deals of the folds, with an interval for both its errors."""
    there = [r for r in repeats if all(_complete(folder, level, r, model) for model in (mine, rival))]
    if len(there) < 2:
        return ""
    gaps = np.array(
        [_gap(_scores(level, [_pooled(folder, level, r, model)[0] for model in (mine, rival)])[metric]) for r in there]
    )  # (deals, 1 + samples); the same seed draws the same groups in every deal
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    mean, low, high = (sign * bound for bound in mean_of_deals(gaps))
    return f"; mean of {len(there)} deals {mean:+.4f} ({min(low, high):+.4f} to {max(low, high):+.4f})"


def _gap(scores: np.ndarray) -> np.ndarray:
    return scores[:, 0] - scores[:, 1]


def mean_of_deals(gaps: np.ndarray) -> tuple[float, float, float]:
    """Mean of the deals' differences, with its 95 % interval.

    The deals judge the same rows, so how they differ says nothing of the rows' own chance: that comes from one bootstrap
    of groups that all deals share. To its variance is added the chance of trainings, the deals' own variance over their
    number; `deals.py` shows how often the truth is held.

    Parameters
    ----------
    gaps : array, (deals, 1 + samples)
        Differences of two models in each deal: first of all rows, then of samples that all deals share.
    """
    rows = np.var(gaps[:, 1:].mean(axis=0), ddof=1)
    training = np.var(gaps[:, 0], ddof=1) / len(gaps)
    mean, reach = float(gaps[:, 0].mean()), float(norm.ppf(0.975) * np.sqrt(rows + training))
    return mean, mean - reach, mean + reach
