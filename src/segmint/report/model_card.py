"""The model card: what the bundle is and how well it did, for people, in Markdown; it can be audited without its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segmint.contract.column import Known
from segmint.contract.contract import Contract
from segmint.report.pages.group_quality import heads_and_cells, note_of
from segmint.report.scores import before_correction, metric_label
from segmint.report.set_aside import columns_set_aside
from segmint.segments.assign import WITHOUT
from segmint.segments.stability import STABLE
from segmint.wording import between, count, decimal, percent, printable, spoken

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
    ledger: Mapping[str, Any],
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
    segments: Mapping[str, Any] | None = None,
) -> str:
    """Write the card of a bundle.

    It does not say when or by which run it was made: the same table and settings give the same card, to the byte.

    Parameters
    ----------
    contract : Contract
    at : {"planning", "dialling", "after_call"}
    classes : mapping of str to int
        How many rows have each outcome.
    ledger : mapping
        What became of the rows read, as `Ledger.to_json` says it.
    network : mapping
        The content of ``network.json``.
    made : mapping
        `recipe`, `seed` and `version` of segmint.
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
    segments : mapping or None
        The content of the run's ``segments.json``; None where it has none.
    """
    columns = ", ".join(column.name for column in contract.features(at))
    sensitive = ", ".join(column.name for column in contract.features(at) if column.sensitive) or "none"
    layers = ", ".join(_layer(layer) for layer in network["layers"])
    folds = int(quality[0]["folds"]) if quality else 0
    return f"""# Model card: {contract.outcome.label}

Made from {sum(classes.values()):,} rows under the contract `{contract.name}`, version {contract.version}; {ledger["rejected"]:,} more were rejected. The table's
fingerprint is `{ledger["receipt"]["fingerprint"]}`. By segmint {made["version"]} with the seed {made["seed"]}.

- **Predicts**: one of {", ".join(contract.outcome.levels)}.
- **Outcomes of these rows**: {_shares(classes)}.
{_positive(contract, classes)}- **Uses what is known** {_MOMENT[at]}.
- **Columns**: {columns}.
- **Sensitive columns among them**: {sensitive}.
- **Network**: {network["inputs"]} inputs; {layers}. Only Dense, BatchNormalization and Dropout.
- **Learned from**: {learned}.
- **Taught by the recipe** `{made["recipe"]}`: {taught}
- **Threshold**: {_threshold(threshold, folds)}.

## Rows and columns that teach nothing

{_rejected(ledger)}

{_set_aside(contract, at, ledger["receipt"])}

## Quality on rows kept apart

{_paragraphs(note)}{_quality(quality, repeats, threshold, before_correction(correction)) if quality else _NOT_MEASURED}

{_paragraphs(meaning, behind)}{_ON_TEST}

## Quality by sensitive group

{_by_group(contract, by_group) if quality else _NOT_MEASURED}
{_segments(segments)}
## Use

{_USE[contract.outcome.kind]} Not for credit decisions, pricing or
any decision with legal effect.
"""


def _paragraphs(*said: str) -> str:
    return "".join(f"{words}\n\n" for words in said if words)


def _positive(contract: Contract, classes: Mapping[str, int]) -> str:
    """Say which level of a response is the yes, and how often it came; "" where the outcome names segments."""
    if (yes := contract.outcome.positive) is None:
        return ""
    rows = sum(classes.values())
    return f"- **The positive one is** {yes}: {classes.get(yes, 0):,} of {rows:,} rows, a rate of {percent(classes.get(yes, 0) / rows)}.\n"


def _rejected(ledger: Mapping[str, Any]) -> str:
    if not ledger["reasons"]:
        return "No row was rejected."
    often = sorted(ledger["reasons"].items(), key=lambda item: (-item[1], item[0]))
    return _table(["why rows were rejected", "rows"], [[spoken(reason), count(number)] for reason, number in often])


def _set_aside(contract: Contract, at: Known, receipt: Mapping[str, Any]) -> str:
    rows = columns_set_aside(contract, at, receipt)
    return _table(["column that is no feature", "why"], rows) if rows else "No column was set aside."


def _segments(found: Mapping[str, Any] | None) -> str:
    """Say how many segments there are, how they were chosen and how surely they come back; "" where there are none."""
    if found is None:
        return ""
    return f"""
## Segments

{_how_found(found)}

{_table(["segment", "share", "comes back"], [_line(part) for part in found["segments"]])}
{_missed(found)}"""


def _how_found(found: Mapping[str, Any]) -> str:
    state, choice, number = found["state"], found["choice"], len(found["segments"])
    if state is None:
        return f"{number} segments, as the table names them; the network puts new customers into them."
    said = [f"{number} segments, found by the method `{state['method']}`."]
    said += [] if choice is None else [choice["verdict"], *choice["reasons"]]
    if again := found["stability"]:
        said.append(
            f"How surely each comes back is a Jaccard on {again['resamples']:,} resamples; from {STABLE} on it is stable."
        )
    return f"{' '.join(map(_cell, said))}\n\n{_of_flags(state)}"


def _of_flags(state: Mapping[str, Any]) -> str:
    """Say what flags of a customer mean for the segment."""
    rare = "A level that was rare or unknown when they were found counts among the others, or as no value: look at the flags of a customer first."
    if state["method"] != "tree":
        return rare
    return f"{rare} Flagged `{WITHOUT.format(column='...')}`, a customer may not be what the segment's name says."


def _line(segment: Mapping[str, Any]) -> list[str]:
    jaccard = segment["jaccard"]
    back = "–" if jaccard is None else f"{decimal(jaccard, 2)}, {segment['trust']}"
    return [_named(segment), percent(segment["share"]), back]


def _named(segment: Mapping[str, Any]) -> str:
    return str(segment["key"] if segment["name"] == segment["key"] else f"{segment['key']} {segment['name']}")


def _missed(found: Mapping[str, Any]) -> str:
    return "".join(f"\n- {_cell(said)}" for said in found["gates_missed"]) + ("\n" if found["gates_missed"] else "")


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
