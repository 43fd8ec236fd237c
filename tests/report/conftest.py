"""Two finished runs as `segmint run` leaves them, small and made up: a response and four segments, with a few hostile names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from segmint.metrics.classification import best_f1_threshold
from segmint.metrics.intervals import wilson
from segmint.metrics.ranking import average_precision, lift_at, roc_auc
from segmint.report.html import render
from segmint.report.summary import summarise

HOSTILE = "</svg><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
CHROMIUM = "/usr/bin/chromium"
MODELS = {
    "dense_network": "Dense network (ours)",
    "gradient_boosting": "Gradient boosting",
    "lightgbm": "LightGBM",
    "logistic": "Logistic regression",
    "knn_5": "5 nearest neighbours",
    "base_rate": "Base rate",
}
_SKILL = {
    "dense_network": 1.0,
    "gradient_boosting": 0.95,
    "lightgbm": 0.9,
    "logistic": 0.8,
    "knn_5": 0.45,
    "base_rate": 0.0,
}
_COLUMNS: dict[str, tuple[str, tuple[str, ...], float]] = {
    "poutcome": ("outcome of the previous campaign", ("success", "other", "failure", "never contacted"), 1.5),
    "pdays": ("days since the previous campaign", ("1 to 90", "91 to 180", "181 to 360", "never contacted"), 0.8),
    "job": ("profession", ("retired", "student", "admin.", "management", "technician", "services", "blue-collar", "other"), 0.55),
    "age": ("age", ("18 to 29", "30 to 39", "40 to 49", "50 to 59", "60 and over"), 0.5),
    "housing": ("housing loan", ("no", "yes"), 0.45),
    "balance": ("account balance", ("below 0", "0 to 400", "400 to 1,500", "above 1,500"), 0.35),
    "marital": ("marital status", ("single", "divorced", "married"), 0.2),
    "default": ("credit in default", ("no", "yes"), 0.05),
}  # fmt: skip


def render_report(folder: Path) -> str:
    """The page of a run's folder."""
    return render(summarise(folder))


def write_run(folder: Path, *, kind: str, at: str = "planning", rows: int = 1_500, hostile: str = HOSTILE) -> Path:
    """Write a finished run of `kind` "response" or "assignment" into `folder`."""
    (folder / "tables").mkdir(parents=True)
    (folder / "bundle").mkdir()
    random = np.random.default_rng(11)
    classes = ("no", "yes") if kind == "response" else ("A", "B", "C", f"D{hostile}")
    outcome, latent = _outcomes(random, rows, len(classes))
    _write_predictions(folder, random, outcome, latent, classes)
    _write_columns(folder, random, np.bincount(outcome, minlength=len(classes)) / rows, classes, rows, hostile)
    _write_history(folder, random)
    _write_network(folder, classes)
    _write_texts(folder, kind, at, rows, classes, float(np.mean(outcome == 1)), hostile)
    return folder


def _outcomes(random: np.random.Generator, rows: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    latent = random.normal(size=(rows, classes)) * 1.15
    if classes == 2:
        yes = random.random(rows) < 1 / (1 + np.exp(2.75 - 1.5 * latent[:, 1]))
        return yes.astype(int), latent
    noisy = latent + random.gumbel(size=latent.shape)
    return noisy.argmax(axis=1), latent


def _write_predictions(
    folder: Path, random: np.random.Generator, outcome: np.ndarray, latent: np.ndarray, classes: Sequence[str]
) -> None:
    names, frames, scores = np.array(classes), [], []
    for model, skill in _SKILL.items():
        seen = skill * latent + 0.25 * (skill > 0) * random.normal(size=latent.shape)
        raw = np.column_stack([np.zeros(len(seen)), 1.35 * seen[:, 1] - 2.6]) if len(classes) == 2 else seen
        share = np.exp(raw - raw.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        threshold = best_f1_threshold(outcome == 1, share[:, 1]) if len(classes) == 2 else None
        said = (share[:, 1] >= threshold).astype(int) if threshold is not None else share.argmax(axis=1)
        frames.append(
            pl.DataFrame(
                {
                    "record": np.arange(1, len(outcome) + 1), "fold": np.arange(len(outcome)) % 5, "model": [model] * len(outcome),
                    "outcome": names[outcome], **{f"probability_{name}": share[:, at] for at, name in enumerate(classes)},
                    "threshold": pl.Series([threshold] * len(outcome), dtype=pl.Float64), "predicted": names[said],
                }
            )
        )  # fmt: skip
        scores += _scores(model, outcome, share, said, classes)
    pl.concat(frames).write_parquet(folder / "predictions.parquet")
    metric = "f1" if len(classes) == 2 else "weighted_f1"
    best = {row["metric"]: row["value"] for row in scores if row["model"] == "dense_network"}
    for row in scores:
        row["difference_to_best"] = row["value"] - best[row["metric"]]
        row["difference_low"], row["difference_high"] = (
            row["difference_to_best"] - 0.02,
            row["difference_to_best"] + 0.02,
        )
    conclusion = [
        "The dense network has the highest figure; the difference to gradient boosting is within chance.",
        "It is clearly ahead of 5 nearest neighbours and of the base rate.",
    ]
    task = "response" if len(classes) == 2 else "assignment"
    comparison = {
        "rows": scores,
        "conclusion": conclusion,
        "task": task,
        "metric": metric,
        "models": MODELS,
        "folds": 5,
    }
    (folder / "comparison.json").write_text(json.dumps(comparison), "utf-8")


def _scores(
    model: str, outcome: np.ndarray, share: np.ndarray, said: np.ndarray, classes: Sequence[str]
) -> list[dict[str, Any]]:
    if len(classes) == 2:
        y, score = outcome == 1, share[:, 1]
        values = {
            "f1": f1_score(y, said == 1), "accuracy": float((said == outcome).mean()), "roc_auc": roc_auc(y, score),
            "average_precision": average_precision(y, score), "lift_at_10": lift_at(y, score), "brier": float(((score - y) ** 2).mean()),
        }  # fmt: skip
    else:
        values = {
            "weighted_f1": f1_score(outcome, said, average="weighted"),
            "accuracy": float((said == outcome).mean()),
        }
    return [
        {"task": "run", "model": model, "metric": metric, "value": value, "low": value - 0.025, "high": value + 0.024,
         "folds": 5, "rows": len(outcome), "seconds": 1.0 + len(model)}
        for metric, value in values.items()
    ]  # fmt: skip


def _write_columns(
    folder: Path, random: np.random.Generator, base: np.ndarray, classes: Sequence[str], rows: int, hostile: str
) -> None:
    table = []
    for name, (label, levels, spread) in _COLUMNS.items():
        shown = (*levels, hostile) if name == "job" else levels
        sizes = np.maximum(random.dirichlet(np.full(len(shown), 2.0)) * rows, 40).astype(int)
        for place, (level, size) in enumerate(zip(shown, sizes, strict=True)):
            share = base * np.exp(
                spread
                * (
                    random.normal(size=len(base)) * 0.3
                    + (1.2 - 2.4 * place / len(shown)) * np.linspace(-0.5, 1, len(base))
                )
            )
            share = np.array([1 - min(share[1], 0.8), min(share[1], 0.8)]) if len(base) == 2 else share / share.sum()
            low, high = wilson(share * size, np.full(len(share), size))
            table += [
                {"column": name, "label": f"{label} {hostile}" if name == "marital" else label, "level": level, "customers": int(size),
                 "rate": float(share[at]), "base": float(base[at]), "index": float(100 * share[at] / base[at]), "low": float(low[at]),
                 "high": float(high[at]), "outcome_level": classes[at], "strength": spread / 3}
                for at in (range(1, 2) if len(base) == 2 else range(len(base)))
            ]  # fmt: skip
    pl.DataFrame(table).write_parquet(folder / "tables" / "columns.parquet")


def _write_history(folder: Path, random: np.random.Generator) -> None:
    epochs = np.arange(1, 41)
    frames = []
    for fit in ("fold 1", "final"):
        training = 0.29 + 0.35 * np.exp(-epochs / 7) - 0.0006 * epochs + random.normal(scale=0.002, size=40)
        validation = (
            0.305
            + 0.33 * np.exp(-epochs / 6)
            + 0.00035 * np.maximum(epochs - 24, 0)
            + random.normal(scale=0.003, size=40)
        )
        frames.append(
            pl.DataFrame(
                {
                    "fit": [fit] * 40, "epoch": epochs, "training_loss": training, "validation_loss": validation,
                    "training_accuracy": 1.18 - training, "validation_accuracy": 1.185 - validation,
                    "learning_rate": np.full(40, 1e-3), "validation_auc": np.full(40, 0.78),
                }
            )
        )  # fmt: skip
    pl.concat(frames).write_parquet(folder / "tables" / "history.parquet")


def _write_network(folder: Path, classes: Sequence[str]) -> None:
    layers: list[dict[str, Any]] = []
    for units in (256, 128, 64):
        layers += [
            {"type": "Dense", "units": units, "activation": "relu"},
            {"type": "BatchNormalization", "epsilon": 0.001},
            {"type": "Dropout", "rate": 0.2},
        ]
    outputs = 1 if len(classes) == 2 else len(classes)
    layers.append({"type": "Dense", "units": outputs, "activation": "linear"})
    head = "logit" if len(classes) == 2 else "softmax"
    network = {"format": 1, "layers": layers, "inputs": 190, "outputs": outputs, "head": head, "classes": list(classes)}
    (folder / "bundle" / "network.json").write_text(json.dumps(network), "utf-8")


def _write_texts(
    folder: Path, kind: str, at: str, rows: int, classes: Sequence[str], base_rate: float, hostile: str
) -> None:
    quoted = json.dumps
    outcome = (
        'column = "y"\nkind = "response"\npositive = "yes"\nlabel = "subscribed a term deposit"\n'
        if kind == "response"
        else 'column = "Segmentation"\nkind = "assignment"\nlabel = "segment"\n'
    )
    contract = (
        f'name = "made-up"\ntitle = "Term deposits, made up"\n[outcome]\n{outcome}levels = {quoted(list(classes))}\n'
    )
    for name, (label, levels, _) in _COLUMNS.items():
        kind_of = 'kind = "number"' if name in ("age", "balance", "pdays") else 'kind = "category"'
        contract += f'[columns.{name}]\n{kind_of}\nrole = "characteristic"\nlabel = {quoted(label)}\n'
        del levels
    contract += f'[columns.duration]\nkind = "number"\nrole = "context"\nknown = "after_call"\nlabel = {quoted("duration of the call " + hostile)}\n'
    (folder / "contract.toml").write_text(contract, "utf-8")
    (folder / "config.toml").write_text(
        f'[data]\nat = "{at}"\n[split]\nfolds = 5\n[model]\nnote = {quoted(hostile)}\n', "utf-8"
    )
    receipt = {
        "name": f"bank {hostile}.csv", "format": "delimited text", "delimiter": ";", "delimiter_name": "';'", "encoding": "UTF-8",
        "decimal": "point", "set_aside": [] if at == "after_call" else [{"column": "duration", "known": "after_call"}],
        "not_in_contract": [f"memo {hostile}"],
    }  # fmt: skip
    ledger = {
        "read": rows + 12, "accepted": rows, "rejected": 12, "reasons": {"too_few_fields": 9, f"unknown_level: {hostile}": 3}, "receipt": receipt,
    }  # fmt: skip
    (folder / "ledger.json").write_text(json.dumps(ledger), "utf-8")
    run = {"id": folder.name, "command": "run", "status": "done", "started": "2026-03-14T10:15:02Z", "seed": 7}
    (folder / "run.json").write_text(json.dumps(run), "utf-8")
    summary = {
        "rows": rows, "base_rate": base_rate if kind == "response" else None, "classes": list(classes), "at": at, "threshold": 0.23, "seed": 7,
        "seconds": {"reading": 0.4, "comparison": 31.2, "training": 8.8}, "fingerprints": {f"bank {hostile}.csv": "sha256:" + "5e" * 32},
        "versions": {"segmint": "0.1.0", "python": "3.11.9", "polars": "1.30.0"},
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that writes a made-up run of its own."""

    def make(**options: Any) -> Path:
        return write_run(tmp_path_factory.mktemp("runs") / "2026-03-14T10-15-02Z-3f9c", **options)

    return make


@pytest.fixture(scope="session")
def response_run(make_run: Callable[..., Path]) -> Path:
    return make_run(kind="response")


@pytest.fixture(scope="session")
def segments_run(make_run: Callable[..., Path]) -> Path:
    return make_run(kind="assignment")


@pytest.fixture(scope="session")
def response_page(response_run: Path) -> str:
    return render_report(response_run)


@pytest.fixture(scope="session")
def segments_page(segments_run: Path) -> str:
    return render_report(segments_run)


@pytest.fixture(scope="module")  # an open one keeps its event loop, in which no other test could run its own
def browser() -> Iterator[Any]:
    """Headless Chromium; a machine without it skips, unless skips are forbidden."""
    import os

    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        if os.environ.get("SEGMINT_FORBID_SKIPS"):
            pytest.fail(f"no Chromium at {CHROMIUM}")
        pytest.skip("no Chromium here")
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()
