"""How the run was made, so that it can be repeated, and what the words mean."""

from __future__ import annotations

from typing import Any

from segmint.report.blocks import Block, Page, code, definitions, fold, heading, make_page, table
from segmint.report.pages.answer import MOMENTS
from segmint.report.run_view import RunView
from segmint.report.wording import decimal, seconds, spoken

_GLOSSARY = (
    ("Propensity", "The probability that a contacted customer says yes, from 0 to 100 %."),
    ("Response rate, base rate", "The share who said yes: in a group, and among all customers."),
    ("Index", "100 times a group's rate divided by the rate of all: 100 is average, 200 is twice the average."),
    ("Lift", "The response rate of a chosen group divided by the response rate of all: 3 means three times random."),
    ("Gain", "The share of all who say yes that is reached by calling the best part of the ranking."),
    ("Precision and recall", "Of those named, the share that is right; of those who should be named, the share that is found."),
    ("F1", "One number for both, high only when precision and recall are high: 2 · precision · recall ÷ (precision + recall)."),
    ("Weighted F1, macro F1", "The mean of the segments' F1: weighted by their size, or every segment counting the same."),
    ("ROC AUC", "The chance that a customer who says yes is ranked above one who says no: 0.5 is chance, 1 is perfect."),
    ("Average precision", "The precision averaged over all depths of the list; compare it with the base rate."),
    ("Calibration", "Whether probabilities come true: of 100 customers with 20 %, about 20 should say yes."),
    ("Log loss, Brier score", "How far the probabilities are from what happened; lower is better."),
    ("95 % interval", "Where the true figure lies, allowing for chance: redrawing the customers gives a value in it 95 times in 100."),
    ("Rows kept apart", "Customers a model did not learn from, used to judge it: every customer once, or after a search for settings only "
     "those that it never saw."),
    ("Cramér's V", "How strongly a column and the outcome are connected: 0 not at all, 1 completely."),
    ("Accuracy", "The share of customers named right; with few who say yes, naming nobody looks accurate too."),
    ("Dense, Dropout, BatchNormalization", "The three kinds of layer in the network: weighted sums, leaving out signals while learning, and keeping "
     "signals on one scale."),
)  # fmt: skip


def page(run: RunView) -> Page | None:
    """List settings, seeds, versions and fingerprints, and explain the words."""
    if not run.summary and not run.run:
        return None
    return make_page(
        "settings",
        title="How this was made, and what the words mean",
        short="Settings and words",
        blocks=[
            table(["This run", ""], _facts(run), words=(0, 1)),
            _fold_table("Time taken", "Stage", run.summary.get("seconds"), seconds),
            _fold_table("Versions", "Package", run.summary.get("versions") or run.run.get("versions"), str),
            _fold_table("Fingerprints of the inputs", "Input", run.summary.get("fingerprints"), str),
            _all_settings(run),
            heading("How to read", "The words of this page, in the order of a campaign."),
            definitions(_GLOSSARY),
        ],
    )


def _facts(run: RunView) -> list[list[str]]:
    contract = run.contract
    command = run.run.get("command")
    threshold = run.summary.get("threshold")
    seed = run.summary.get("seed", run.run.get("seed"))
    facts = [
        ("Run", run.run.get("id") or run.folder.name),
        ("Started", run.run.get("made")),
        ("Command", f"segmint {command}" if command else None),
        ("Table", run.source),
        ("Contract", f"{contract.name}, version {contract.version}" if contract else None),
        ("Outcome", f"{contract.outcome.column}: {contract.outcome.label}" if contract else None),
        ("Source of the data", contract.source if contract and contract.source else None),
        ("Columns used", _moment(run) if command != "measure" else None),
        ("Threshold of the network", decimal(float(threshold)) if threshold is not None else None),
        ("Seed", seed),
    ]
    return [[name, str(value)] for name, value in facts if value is not None]


def _moment(run: RunView) -> str:
    return f"those known {MOMENTS.get(run.at, run.at)} (--at {run.at})"


def _fold_table(title: str, heading: str, content: Any, write: Any) -> Block | None:
    if not isinstance(content, dict) or not content:
        return None
    rows = [[spoken(name), write(value)] for name, value in content.items() if value is not None]
    return fold(title, [table([heading, ""], rows, words=(0, 1))])


def _all_settings(run: RunView) -> Block | None:
    return fold("All settings (config.toml)", [code(run.settings_told)]) if run.settings else None
