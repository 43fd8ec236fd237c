"""How well the network does by sensitive group, beside everyone: what a fair use of it has to know before its first list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from segmint.report.blocks import Page, make_page, points, table, text
from segmint.report.pages.search import judged_apart
from segmint.report.run_view import RunView
from segmint.report.scores import as_before_correction
from segmint.store import run_files
from segmint.wording import between, capital, count, decimal, percent, percent_between

_NOTE = {
    "response": "Expected: the mean propensity; it should lie near the share who said yes. Predicted yes and missed are at the threshold "
    "of the comparison; missed: of those who said yes, the share not predicted to. In brackets 95 % intervals (Wilson, of ROC AUC Newcombe).",
    "assignment": "Weighted F1 is high only where every segment is named rightly, large segments counting more. In brackets 95 % intervals "
    "(Wilson, of weighted F1 from drawing the customers anew).",
}


def page(run: RunView) -> Page | None:
    """Set each sensitive group beside everyone, and say which surely differ."""
    found = run.json(run_files.QUALITY_BY_GROUP)
    if found is None:
        return None
    tables = [
        table(*heads_and_cells(part, found["task"]), title=f"By {part['label']}", marked=[0], stacked=True)
        for part in found["columns"]
        if len(part["rows"]) > 1
    ]
    return make_page(
        "groups",
        title="How well, by sensitive group",
        short="By group",
        lead="Each group of a sensitive column beside everyone, judged as in the section before.",
        blocks=[
            judged_apart(run),
            points(found["sentences"]),
            *tables,
            text(f"{note_of(found['task'])} {as_before_correction(run.correction)}".strip()),
        ],
    )


def note_of(task: str) -> str:
    """Say how the figures of groups are read."""
    return (
        f"{_NOTE[task]} Groups of fewer than 10 customers are joined, with the next smallest if they are still too few."
    )


def heads_and_cells(part: Mapping[str, Any], task: str) -> tuple[list[str], list[list[str]]]:
    """Write the figures of a column's groups, everyone first, as the page and the model card show them."""
    label = capital(part["label"])
    if task == "assignment":
        heads = [label, "customers", "named rightly", "weighted F1"]
        return heads, [
            [row["group"], count(row["customers"]), _share(row, "accuracy"), _number(row, "weighted_f1")]
            for row in part["rows"]
        ]
    heads = [label, "customers", "said yes", "expected", "ROC AUC", "predicted yes", "missed"]
    return heads, [
        [
            row["group"],
            count(row["customers"]),
            _share(row, "rate"),
            percent(row["mean_propensity"]),
            _number(row, "roc_auc"),
            _share(row, "predicted"),
            _share(row, "missed"),
        ]
        for row in part["rows"]
    ]


def _share(row: Mapping[str, Any], name: str) -> str:
    return _estimate(row, name, percent, percent_between)


def _number(row: Mapping[str, Any], name: str) -> str:
    return _estimate(row, name, decimal, between)


def _estimate(row: Mapping[str, Any], name: str, said: Callable[..., str], reach: Callable[..., str]) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "–" if row[name] is None else f"{said(row[name])} ({reach(low, high)})"
