"""The segments: who they are, how they answered, what to do; one part for each, fit for a wall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, figures, fold, heading, key, make_page, points, statements, table
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.report.wording import count, decimal, percent, percent_between

Segment = dict[str, Any]

KINDS = (
    ("who", "Who they are"),
    ("need", "What they seem to need"),
    ("response", "How they answered"),
    ("worth", "What they are worth"),
    ("offer", "What to offer"),
    ("message", "What to say"),
    ("channel", "Where to reach them"),
    ("timing", "When"),
    ("avoid", "What not to do"),
)
MOST_MARKERS = 8


def page(run: RunView) -> Page | None:
    """Show every segment in words and figures, why there are so many, and what is not proven."""
    found = run.json("segments.json")
    if found is None:
        return None
    segments: list[Segment] = found["segments"]
    discovered = found["kind"] == "discovered"
    return make_page(
        "segments",
        title="Who the customers are",
        short="Segments",
        lead=_lead(found, segments),
        blocks=[
            points([*(str(reason) for reason in (found["choice"] or {}).get("reasons", ())), *_proof(found["proof"])]),
            points([f"Not kept: {missed}" for missed in found["gates_missed"]]) if found["gates_missed"] else None,
            _responses(segments),
            *(block for segment in segments for block in segment_blocks(segment, discovered=discovered)),
            _rules(found),
            fold("Three questions for the next calls", [points(found["questions"])]) if found["questions"] else None,
        ],
    )


def _lead(found: dict[str, Any], segments: Sequence[Segment]) -> str:
    if found["kind"] == "known":
        return f"The {len(segments)} segments that the table names, described from what it says of their customers."
    if not (found["choice"] or {}).get("natural", True):
        return "No natural groups: these segments are a useful cut, not a discovery."
    return f"{len(segments)} groups of customers with common characteristics, found without looking at their answers."


def _proof(proof: dict[str, Any] | None) -> list[str]:
    if proof is None:
        return []
    surely = "differs" if proof["differs"] else "does not surely differ"
    return [
        f"On {count(proof['rows'])} customers kept apart the response {surely} by segment "
        f"(permutation p {decimal(proof['permutation_p'], 3)}); the segment alone ranks with ROC AUC {decimal(proof['auc'], 2)}."
    ]


def _responses(segments: Sequence[Segment]) -> Block | None:
    answered = [segment for segment in segments if segment["response"] is not None]
    if len(answered) < 2:
        return None
    rows = [
        {
            "label": f"{segment['key']} {segment['name']}",
            "rate": segment["response"]["rate"],
            "low": segment["response"]["low"],
            "high": segment["response"]["high"],
            "tip": f"{segment['name']}: {percent(segment['response']['rate'])} of {count(segment['customers'])} customers",
        }
        for segment in answered
    ]
    customers = sum(segment["customers"] for segment in answered)
    base = sum(segment["response"]["yes"] for segment in answered) / max(customers, 1)
    best = max(answered, key=lambda segment: segment["response"]["rate"])
    caption = (
        f"{best['name']} say yes most often: {percent(best['response']['rate'])}, index {best['response']['index']:.0f}; "
        f"they are {percent(best['share'], 0)} of the customers."
    )
    data = [
        [
            f"{segment['key']} {segment['name']}",
            count(segment["customers"]),
            percent(segment["response"]["rate"]),
            percent_between(segment["response"]["low"], segment["response"]["high"]),
            f"{segment['response']['index']:.0f}",
        ]
        for segment in answered
    ]
    return chart(
        "How the segments answered",
        draw(charts.dots(rows, base=base, title="response rate"), "Response rate of every segment with 95 % intervals"),
        caption=caption,
        data=table(["Segment", "customers", "response rate", "95 % interval", "index"], data),
        keys=[
            key("accent", "response rate, 95 % interval", "dot"),
            key("signal", f"all customers {percent(base)}", "dash"),
        ],
        wide=True,
    )


def segment_blocks(segment: Segment, *, discovered: bool) -> list[Block]:
    """Show one segment: who they are, how they answered, what to offer."""
    said = {kind: " ".join(s["text"] for s in segment["sentences"] if s["kind"] == kind) for kind, _ in KINDS}
    return [
        heading(f"{segment['key']}  {segment['name']}" if segment["name"] != segment["key"] else segment["name"]),
        figures(_figures(segment, discovered=discovered)),
        statements([(title, said[kind]) for kind, title in KINDS if said[kind]]),
        fold(f"What is typical of {segment['key']}", [_markers(segment)]),
    ]


def _figures(segment: Segment, *, discovered: bool) -> list[tuple[str, str, str]]:
    shown = [("Customers", count(segment["customers"]), f"{percent(segment['share'], 0)} of all")]
    response = segment["response"]
    if response is not None:
        interval = percent_between(response["low"], response["high"])
        shown.append(("Response rate", percent(response["rate"]), f"{interval}, index {response['index']:.0f}"))
        if response["profit_per_call"] is not None:
            low, high = response["profit_low"], response["profit_high"]
            shown.append(("Profit per call", decimal(response["profit_per_call"], 2), f"{low:,.2f} to {high:,.2f}"))
    if discovered and segment["jaccard"] is not None:
        shown.append(("Comes back", str(segment["trust"]), f"Jaccard {decimal(segment['jaccard'], 2)} on new draws"))
    return shown


def _markers(segment: Segment) -> Block:
    rows = [
        [f"{m['label']}: {m['level']}", percent(m["share"], 0), percent(m["base"], 0), f"{m['index']:.0f}"]
        for m in segment["markers"][:MOST_MARKERS]
    ]
    return table(["Characteristic", "here", "all customers", "index"], rows, note="Index 100 is the average customer.")


def _rules(found: dict[str, Any]) -> Block:
    names = [f"{segment['key']} {segment['name']}" for segment in found["segments"]]
    rules = found["rules"]
    rows = [
        [names[rule["segment"]], rule["sentence"], count(rule["customers"]), percent(rule["purity"], 0)]
        for rule in rules["rules"]
    ]
    fidelity = percent(rules["fidelity"], 0)
    return fold(
        "Rules that say who belongs where",
        [
            table(
                ["Segment", "if", "customers", "right"],
                rows,
                words=(0, 1),
                note=f"On customers kept apart these rules agree with the segments in {fidelity} of cases.",
            )
        ],
    )
