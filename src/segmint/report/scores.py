"""The models' figures, from ``comparison.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmint.evaluation.paired_bootstrap import LOWER_IS_BETTER
from segmint.models.names import OURS
from segmint.report.run_view import RunView
from segmint.wording import decimal, percent

_LABELS = {
    "f1": "F1",
    "weighted_f1": "Weighted F1",
    "macro_f1": "Macro F1",
    "accuracy": "Accuracy",
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "lift_10": "Lift at 10 %",
    "expected_calibration_error": "Calibration error",
}


@dataclass(frozen=True)
class Score:
    """One metric of one model, with its interval and its distance to the best model."""

    model: str
    metric: str
    value: float
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    seconds: float | None


def scores(run: RunView) -> list[Score]:
    """Every row of the comparison."""
    rows = (run.comparison or {}).get("rows") or []
    return [_score(row) for row in rows if row.get("value") is not None]


def main_metric(run: RunView) -> str:
    """The metric the comparison is decided by."""
    return str((run.comparison or {}).get("metric") or ("f1" if run.is_response else "weighted_f1"))


def tells_nothing(run: RunView) -> bool:
    """Whether no model of the comparison beats knowing nothing: its figures are chance."""
    return (run.comparison or {}).get("verdict") == "nothing"


def metric_label(metric: str) -> str:
    """A metric's name for people."""
    if metric.startswith("f1_"):
        return f"F1 {metric.removeprefix('f1_')}"
    return _LABELS.get(metric, metric.replace("_", " ").capitalize())


def metric_row(run: RunView, model: str, metric: str) -> Score | None:
    """One model's value of one metric."""
    return next((row for row in scores(run) if row.model == model and row.metric == metric), None)


def ranked(run: RunView, metric: str) -> list[Score]:
    """The models by one metric, the best first."""
    rows = [row for row in scores(run) if row.metric == metric]
    return sorted(rows, key=lambda row: row.value if metric in LOWER_IS_BETTER else -row.value)


def best_rival(run: RunView) -> str | None:
    """The name of the model that comes next to the network in the main metric, or before it."""
    return next((row.model for row in ranked(run, main_metric(run)) if row.model != OURS), None)


def largest_words(run: RunView) -> str:
    """Say how often somebody would be right who learned nothing, to be held against an accuracy."""
    share = run.largest_share
    return (
        ""
        if share is None
        else f" Naming the most frequent outcome every time would be right for {percent(share)} of all rows."
    )


def same_or_better(run: RunView) -> str:
    """Say in one sentence where the network stands among its rivals."""
    order = ranked(run, main_metric(run))
    ours = next((row for row in order if row.model == OURS), None)
    rivals = [row for row in order if row.model != OURS]
    if ours is None or not rivals:
        return ""
    label, rival = metric_label(main_metric(run)), rivals[0]
    against = f"{label} {decimal(ours.value)}, {run.model_label(rival.model)} {decimal(rival.value)}"
    if meaning := str((run.comparison or {}).get("meaning") or ""):
        return f"{meaning.removesuffix('.')} ({against})."
    if order[0] is ours:
        clear = all(row.difference_high is not None and row.difference_high < 0 for row in rivals)
        return f"It is {'clearly ahead of' if clear else 'level with or ahead of'} every rival ({against})."
    behind = ours.difference_high is not None and ours.difference_high < 0
    return f"It is {'behind' if behind else 'on a par with'} the best rival ({against})."


def before_correction(told: Mapping[str, Any] | None) -> str:
    """Say that figures are before the correction of a run's ``calibration.json``; "" where the bundle adds none."""
    if not told or not told.get("applied", True):
        return ""
    before, after = (decimal(told[when]["log_loss"], 4) for when in ("before", "after"))
    return (
        "Probabilities are those before the correction that the bundle adds: with it, on rows that did not teach it, the network's "
        f"log loss goes from {before} to {after}."
    )


def as_before_correction(told: Mapping[str, Any] | None) -> str:
    """Say in short, where the chart of the calibration says the rest, that figures are before the correction."""
    return "Probabilities are before the bundle's correction: see Network." if before_correction(told) else ""


def _score(row: dict[str, Any]) -> Score:
    return Score(
        model=str(row["model"]),
        metric=str(row["metric"]),
        value=float(row["value"]),
        low=_number(row.get("low")),
        high=_number(row.get("high")),
        difference=_number(row.get("difference_to_best")),
        difference_low=_number(row.get("difference_low")),
        difference_high=_number(row.get("difference_high")),
        seconds=_number(row.get("seconds")),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
