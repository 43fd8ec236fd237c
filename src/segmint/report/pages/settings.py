"""How the run was made, so that it can be repeated, and what the words mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from segmint.report.blocks import Block, Page, code, definitions, fold, heading, make_page, table
from segmint.report.run_view import RunView
from segmint.report.set_aside import MOMENTS
from segmint.wording import decimal, seconds, spoken

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
    ("Kept apart", "Customers a model did not learn from, used to judge it: every customer once, or after a search for settings only "
     "those that it never saw."),
    ("Jaccard", "How far two groups are the same: the customers in both divided by those in either. 1 is the same; at 0.75 two groups of one size "
     "share 86 %."),
    ("Adjusted Rand", "How far two ways to group customers agree beyond chance: 0 is chance, 1 the same groups."),
    ("BIC and ICL", "What so many segments leave unexplained of the table, plus a price for each; ICL asks besides that they be told apart. "
     "Lower is better."),
    ("PSI", "Population stability index, how far customers have moved over a column's levels: of many customers below 0.1 is little, above 0.25 plain; of few, chance alone brings more."),
    ("KS", "Kolmogorov-Smirnov, the largest distance between two spreads of a number: 0 is the same, 1 wholly apart."),
    ("Calibration slope", "How what happened follows the propensities: 1 as promised, below 1 the propensities are too far apart."),
    ("Regret", "What the best cut of the list, known only afterwards, would have earned beyond what the list earned."),
    ("EMPA", "Expected maximum profit of acquisition: what the best cut of a ranking earns per customer, over the values that a success may have."),
    ("CUPED", "A comparison of two groups less what was known of them before, which narrows its interval."),
    ("Cramér's V", "How strongly a column and the outcome are connected: 0 not at all, 1 completely."),
    ("Accuracy", "The share of customers named right; with few who say yes, naming nobody looks accurate too."),
    ("Dense, Dropout, BatchNormalization", "The three kinds of layer in the network: weighted sums, leaving out signals while learning, and keeping "
     "signals on one scale."),
)  # fmt: skip

_UNSEEN = ("kind", "name", "color", "tone", "shape")


def page(run: RunView) -> Page | None:
    """List settings, seeds, versions and fingerprints, and explain the words."""
    if not run.summary and not run.run:
        return None
    return make_page(
        "settings",
        title="How this was made, and what the words mean",
        short="Settings and words",
        blocks=[
            table(["This run", "value"], _facts(run), words=(0, 1)),
            _fold_table("Time taken", "Stage", "time", run.summary.get("seconds"), seconds),
            _fold_table("Versions", "Package", "version", run.summary.get("versions") or run.run.get("versions"), str),
            _fold_table("Fingerprints of the inputs", "Input", "fingerprint", run.summary.get("fingerprints"), str),
            _all_settings(run),
        ],
    )


def words_used(pages: Sequence[Page]) -> list[Block]:
    """Explain those of the report's words that its pages show; nothing where they show none.

    Parameters
    ----------
    pages : sequence of dict
        All pages, from `make_page`.
    """
    shown = " ".join(_shown(list(pages)))
    used = [(word, meaning) for word, meaning in _GLOSSARY if _is_in(word, shown)]
    return (
        [heading("How to read", "The words of this page, in the order of a campaign."), definitions(used)]
        if used
        else []
    )


def _is_in(word: str, shown: str) -> bool:
    parts = "|".join(map(re.escape, re.split(r", | and ", word)))
    return re.search(rf"\b(?:{parts})s?(?!\w)", shown, re.IGNORECASE) is not None


def _shown(part: Any) -> Iterator[str]:
    """All text that a reader sees; a picture's without its marks."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for each in part:
            yield from _shown(each)
    elif isinstance(part, dict) and part.get("kind") != "code":
        for name, each in part.items():
            if name == "svg":
                yield re.sub(r"<[^>]*>", " ", each)
            elif name not in _UNSEEN:
                yield from _shown(each)


def _facts(run: RunView) -> list[list[str]]:
    contract = run.contract
    command = run.run.get("command")
    threshold = run.summary.get("threshold")
    seed = run.summary.get("seed", run.run.get("seed"))
    facts = [
        ("Run", run.run.get("id") or run.folder.name),
        ("Started", run.run.get("made")),
        ("Asked for by", run.run.get("by")),
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


def _fold_table(title: str, name: str, value: str, content: Any, write: Any) -> Block | None:
    if not isinstance(content, dict) or not content:
        return None
    rows = [[spoken(word), write(told)] for word, told in content.items() if told is not None]
    return fold(title, [table([name, value], rows, words=(0, 1))])


def _all_settings(run: RunView) -> Block | None:
    return fold("All settings (config.toml)", [code(run.settings_told)]) if run.settings else None
