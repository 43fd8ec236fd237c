"""The model card: what the bundle is and how well it did, for people, in Markdown; it can be audited without its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segmint.contract.column import Known
from segmint.contract.contract import Contract
from segmint.report.pages.group_quality import heads_and_cells, note_of
from segmint.report.scores import before_correction, metric_label
from segmint.wording import between, count, decimal, percent, printable

_MOMENT = {
    "planning": "when the call list is made",
    "dialling": "when the call is placed: month, day, channel and number of contacts must be planned",
    "after_call": "after the call: for benchmarks only, never for choosing whom to call",
}
_USE = {
    "response": "For choosing whom to contact in a marketing campaign, by people who know the contact policy. A propensity says how\n"
    "likely a contacted customer is to say yes; it does not say what the call changes.",
    "assignment": "For putting customers into known segments in marketing, so that each segment gets its own offer. A probability says how\n"
    "likely a customer belongs to a segment; where the two highest are close, treat the segment as open.",
}
_NOT_MEASURED = (
    "Not measured on rows kept apart: the run compared nothing. To measure it, run the same without `--no-compare`."
)
_ON_TEST = "A test table given with `--test`, if there was one, was judged after this card was sealed: see `test.json` of the run."


def model_card(
    contract: Contract,
    at: Known,
    classes: Mapping[str, int],
    network: Mapping[str, Any],
    *,
    made: Mapping[str, Any],
    taught: str,
    learned: str,
    threshold: float | None,
    quality: Sequence[Mapping[str, Any]],
    repeats: int,
    by_group: Mapping[str, Any] | None,
    note: str,
    meaning: str,
    behind: str,
    correction: Mapping[str, Any] | None,
) -> str:
    """Write the card of a bundle.

    It does not say when or by which run it was made: the same table and settings give the same card, to the byte.

    Parameters
    ----------
    contract : Contract
    at : {"planning", "dialling", "after_call"}
    classes : mapping of str to int
        How many rows have each outcome.
    network : mapping
        The content of ``network.json``.
    made : mapping
        `table`, its fingerprint, `rejected`, how many of its rows, and `recipe`, `seed` and `version` of segmint.
    taught : str
        What the network learned to match, in sentences.
    learned : str
        What the delivered network learned from, as the rest of a sentence that begins with it.
    threshold : float or None
        From which propensity on the bundle predicts a yes.
    quality : sequence of mapping
        The network's rows of `Comparison.frame`; empty without a comparison.
    repeats : int
        Bootstrap repeats behind their intervals.
    by_group : mapping or None
        See `quality_by_group`; None where no column is sensitive or nothing was compared.
    note : str
        What must be known of the figures.
    meaning : str
        What the comparison means for the network, see `Comparison`.
    behind : str
        What `behind_teacher` says.
    correction : mapping or None
        The content of the run's ``calibration.json``.
    """
    columns = ", ".join(column.name for column in contract.features(at))
    sensitive = ", ".join(column.name for column in contract.features(at) if column.sensitive) or "none"
    layers = ", ".join(_layer(layer) for layer in network["layers"])
    folds = int(quality[0]["folds"]) if quality else 0
    return f"""# Model card: {contract.outcome.label}

Made from {sum(classes.values()):,} rows under the contract `{contract.name}`, version {contract.version}; {made["rejected"]:,} more were rejected. The table's
fingerprint is `{made["table"]}`. By segmint {made["version"]} with the seed {made["seed"]}.

- **Predicts**: one of {", ".join(contract.outcome.levels)}.
- **Outcomes of these rows**: {_shares(classes)}.
- **Uses what is known** {_MOMENT[at]}.
- **Columns**: {columns}.
- **Sensitive columns among them**: {sensitive}.
- **Network**: {network["inputs"]} inputs; {layers}. Only Dense, BatchNormalization and Dropout.
- **Learned from**: {learned}.
- **Taught by the recipe** `{made["recipe"]}`: {taught}
- **Threshold**: {_threshold(threshold, folds)}.

## Quality on rows kept apart

{_paragraphs(note)}{_quality(quality, repeats, threshold, before_correction(correction)) if quality else _NOT_MEASURED}

{_paragraphs(meaning, behind)}{_ON_TEST}

## Quality by sensitive group

{_by_group(contract, by_group) if quality else _NOT_MEASURED}

## Use

{_USE[contract.outcome.kind]} Not for credit decisions, pricing or
any decision with legal effect.
"""


def _paragraphs(*said: str) -> str:
    return "".join(f"{words}\n\n" for words in said if words)


def _shares(classes: Mapping[str, int]) -> str:
    rows = sum(classes.values())
    return ", ".join(f"{name} {count(number)} ({percent(number / rows)})" for name, number in classes.items())


def _threshold(threshold: float | None, folds: int) -> str:
    if threshold is None:
        return "none; the likeliest outcome is predicted"
    where = "all rows kept apart" if folds else "the rows that told its training when to stop"
    return f"yes is predicted from a propensity of {threshold:.4f} on, where F1 is best on {where}"


def _quality(quality: Sequence[Mapping[str, Any]], repeats: int, threshold: float | None, corrected: str) -> str:
    folds, rows = int(quality[0]["folds"]), int(quality[0]["rows"])
    if folds > 1:
        judged = f"{rows:,} rows in {folds} folds, each judged by a network that learned from the other folds only"
    else:
        judged = f"{rows:,} rows, judged by a network that learned from the others only"
    where = "on the other folds" if folds > 1 else "on rows that told its training when to stop"
    chosen = "" if threshold is None else f" F1 and accuracy are at the threshold with the best F1 {where}."
    lines = [
        [metric_label(row["metric"]), decimal(row["value"], 4), between(row["low"], row["high"], 4)] for row in quality
    ]
    return f"""The figures are of {judged}. They are not of the delivered network: that one learned from these rows too, and none of the table are
left to judge it on.{chosen} Intervals: 95 %, customers drawn anew {repeats:,} times.{f"{chr(10)}{corrected}" if corrected else ""}

{_table(["measure", "value", "95 % interval"], lines)}"""


def _by_group(contract: Contract, found: Mapping[str, Any] | None) -> str:
    if found is None:
        return f"The contract `{contract.name}` marks no column of the table as sensitive."
    tables = [_table(*heads_and_cells(part, found["task"])) for part in found["columns"] if len(part["rows"]) > 1]
    said = "\n".join(f"- {_cell(sentence)}" for sentence in found["sentences"])
    return "\n\n".join([f"Of the same rows, networks and probabilities. {note_of(found['task'])}", *tables, said])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """Keep a level of the table from ending a cell, a line or the text."""
    return " ".join(printable(text).split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _layer(layer: Mapping[str, Any]) -> str:
    if layer["type"] == "Dense":
        return f"Dense {layer['units']} ({layer['activation']})"
    return f"Dropout {layer['rate']}" if layer["type"] == "Dropout" else "BatchNormalization"
