"""The segments: whom to call first, then who each one is, how it answered and what to offer it; the proof comes last."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from segmint.report import charts
from segmint.report.blocks import (
    Block,
    Page,
    chart,
    figures,
    fold,
    heading,
    key,
    make_page,
    points,
    statements,
    table,
    text,
)
from segmint.report.pages.answer import told_of_segments
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.segments.advice import ask_them
from segmint.segments.bring_most import say_amount, say_who_brings_most, value_of
from segmint.segments.brought import OF_GAIN, OF_YES, BroughtSegment
from segmint.segments.call_order import DESCRIBED, call_order, say_call_order, surely_differs, why_undecided
from segmint.segments.inputs import left_out_in_vain
from segmint.segments.kept import OF_RULES, KeptSegments, is_of_everybody, said_of, sentences_of
from segmint.segments.later_answers import say_response
from segmint.segments.proof import SURE
from segmint.segments.stability import STABLE, shared
from segmint.wording import capital, count, decimal, listed, percent, percent_between

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
    ("order", "Before or after others"),
    ("avoid", "What not to do"),
)
IN_WORDS = ("Segment", "what it needs", "what to do", "what to offer")
UNDECIDED = (
    ("does not come back", "not found again among customers drawn anew"),
    ("too few to say", f"fewer than {DESCRIBED} customers"),
)
SURE_SIDES = {"call first": "above", "call": "above", "write": "below", "later": "below"}
MAY_BE_CHANCE = "What sets the segments apart here may be chance: on rows kept apart the response does not surely differ by segment."
HOW_WELL = "How well they come back, and why there are so many"
RULES = "Rules that say who belongs where"
MOST_MARKERS = 8


def page(run: RunView) -> Page | None:
    """Show whom to call first, every segment in words and figures, and how well all that is proven."""
    found = run.segments
    if found is None:
        return _without(run)
    segments, asked = _asked_once(best_first(found))
    discovered = found["kind"] == "discovered"
    first = say_call_order(found)
    return make_page(
        "segments",
        title="Who the customers are",
        short="Segments",
        lead="" if first else _lead(found, segments),
        blocks=[
            *decision_blocks(found, told=[said for _, said in told_of_segments(run)]),
            statements([("What they seem to need", asked)]) if asked else None,
            _left_out(run, found),
            text(_lead(found, segments)) if first else None,
            _beside_known(found, segments),
            _worth(found, segments),
            _responses(found, segments),
            *_explained_once(
                block
                for segment in segments
                for block in segment_blocks(segment, discovered=discovered, currency=currency_of(found))
            ),
            _returns(found),
            _rules(found),
            fold("Three questions for the next calls", [points(found["questions"])]) if found["questions"] else None,
        ],
    )


def _explained_once(blocks: Iterable[Block]) -> Iterator[Block]:
    """Leave out the text under a chart that stands under one before it."""
    told: set[str] = set()
    for block in blocks:
        caption = block.get("caption", "")
        yield block | {"caption": ""} if caption in told else block
        told |= {caption} - {""}


def decision_blocks(found: KeptSegments, *, told: Sequence[str] = ()) -> list[Block]:
    """Show whom to call first, unless that is told already, and all segments in one table."""
    said = [("Whom to call", say_call_order(found)), ("Who brings most", say_who_brings_most(found))]
    return [
        *(statements([(title, text)]) for title, text in said if text and text not in told),
        _overview(found, best_first(found)),
        *([points(vain)] if (vain := found.get("names_in_vain")) else []),
    ]


def shortfalls(found: Mapping[str, Any]) -> list[Block]:
    """Say what these segments fall short of."""
    missed = found["gates_missed"]
    means = "These segments fall short of what is asked of good ones; rely on them the less, above all on what is named here:"
    if found["kind"] == "known":
        missed = [said for said in missed if said.startswith(OF_RULES)]  # runs of before kept their sizes beside them
        means = "The segments are the bank's own, as the table names them; these rules cannot stand for them:"
    return [text(means), points(missed)] if missed else []


def title_of_shortfalls(found: Mapping[str, Any]) -> str:
    """Name what falls short: segments that were found, or the rules of those that the bank has."""
    return RULES if found["kind"] == "known" else "What they fall short of"


def currency_of(found: Mapping[str, Any]) -> str:
    """Return the currency of the profits; "" where it is not known."""
    return str((found.get("money") or {}).get("currency") or "")


def _left_out(run: RunView, found: KeptSegments) -> Block | None:
    """Say which sensitive columns made no segment, or that there were none, where the settings leave them out."""
    names = [column.label for column in run.described_only]
    if not names:
        in_vain = run.contract and left_out_in_vain(run.contract, leave_out_sensitive=run.leaves_out_sensitive)
        return points([f"{capital(in_vain)}."]) if in_vain else None
    made = "Made" if found["kind"] == "discovered" else "Said in rules"
    return points(
        [
            f"{made} without {listed(names)}; names and descriptions still say what is typical in {'it' if len(names) == 1 else 'them'}."
        ]
    )


def best_first(found: KeptSegments) -> list[Segment]:
    """The segments by what their calls brought, or by what their customers bring; else as they are numbered."""
    weighed, segments = found["brought"], found["segments"]
    order = {told["key"]: told["each"] for told in weighed["segments"]} if weighed else {}
    order = order or {segment["key"]: worth["mean"] for segment in segments if (worth := value_of(segment))}
    return sorted(segments, key=lambda segment: -order.get(segment["key"], -math.inf))


def _overview(found: KeptSegments, segments: Sequence[Segment]) -> Block:
    """All segments in one table: how many, how they answered, what they earned, what they need and what to do."""
    weighed, steps = found["brought"], call_order(found)
    brought = {told["key"]: told for told in weighed["segments"]} if weighed else {}
    valued = {segment["key"]: worth for segment in segments if (worth := value_of(segment))}
    money = found.get("money") or {}
    currency = str(money.get("currency") or "account currency")
    columns: dict[str, Callable[[Segment], str]] = {
        "Segment": lambda segment: _titled(segment),
        found["sizes"]["unit"]: lambda segment: count(segment["rows"]),
        "share": lambda segment: percent(segment["share"], 0),
    }
    if weighed:
        columns[
            "said yes (95 % interval)" if money.get("all_reached", True) else "yes of those reached (95 % interval)"
        ] = lambda segment: say_response(segment["response"])
        if weighed["in_money"]:
            columns[f"profit per call, {currency}"] = lambda segment: decimal(
                brought[segment["key"]]["each"] if segment["key"] in brought else None, 2
            )
            columns[f"in all, {currency}"] = lambda segment: decimal(
                brought[segment["key"]]["amount"] if segment["key"] in brought else None, 0
            )
    if valued:
        label = next(iter(valued.values()))["label"]
        columns[f"{label} a customer, {currency} (95 % interval)"] = lambda segment: (
            say_amount(valued[segment["key"]]) if segment["key"] in valued else "–"
        )
    needs = {segment["key"]: " ".join(sentences_of(segment, "need")) for segment in segments}
    if any(needs.values()):
        columns["what it needs"] = lambda segment: needs[segment["key"]] or "–"
    if steps:
        columns["what to do"] = lambda segment: steps.get(segment["key"], "–")
    else:
        columns["what to offer"] = lambda segment: next(iter(sentences_of(segment, "offer")), "–")
    names = list(columns)
    return table(
        names,
        [[say(segment) for say in columns.values()] for segment in segments],
        words=[place for place, name in enumerate(names) if name in IN_WORDS],
        marked=[place for place, segment in enumerate(segments) if steps.get(segment["key"]) == "call first"],
        note=" ".join(
            part
            for part in (
                what_steps_mean(steps, in_money=bool(weighed and weighed["in_money"])),
                str(money.get("source") or found.get("no_money") or ""),
            )
            if part
        ),
        stacked=True,
    )


def _titled(segment: Segment) -> str:
    said = said_of(segment)
    return f"{segment['key']}  {said}" if said != segment["key"] else said


def _asked_once(segments: list[Segment]) -> tuple[list[Segment], str]:
    """Say once of all segments of which no need is known what else would be said of each of several."""
    keys = [s["key"] for s in segments if any(map(_of_no_need, s["sentences"]))]
    if len(keys) < 2:
        return segments, ""
    without = [s | {"sentences": [said for said in s["sentences"] if not _of_no_need(said)]} for s in segments]
    return without, ask_them(f"the customers of segments {listed(sorted(keys, key=lambda key: (len(key), key)))}")


def _of_no_need(said: Mapping[str, Any]) -> bool:
    return said["kind"] == "need" and is_of_everybody(said)


def what_steps_mean(steps: Mapping[str, str], *, in_money: bool) -> str:
    """Say what decides of the steps that are told."""
    decides, edge = ("profit per call", "zero") if in_money else ("response", "that of all customers together")
    means = {
        "call first": f"all of it is above {edge}, and no other segment is surely ahead",
        "call": f"all of it is above {edge}, but another segment is surely ahead",
        "write": f"all of it is below {edge}",
        "later": f"all of it is below {edge}; their calls may pay all the same",
        "by the list": "it reaches both ways; call whom a list ranks high",
    }
    told = [f"{capital(step)}: {meaning}." for step, meaning in means.items() if step in steps.values()]
    left = [f"{step} ({why})" for step, why in UNDECIDED if step in steps.values()]
    return " ".join(
        [
            *([f"The interval of the {decides} decides.", *told] if told else []),
            *([f"{capital(listed(left))}: decide nothing by them."] if left else []),
        ]
    )


def _without(run: RunView) -> Page | None:
    why = run.summary.get("no_segments")
    if not why:
        return None
    blocks = [points([str(why), "Everything else on these pages stands without them."])]
    return make_page(
        "segments", title="Who the customers are", short="Segments", lead="No segments were found.", blocks=blocks
    )


def _lead(found: KeptSegments, segments: Sequence[Segment]) -> str:
    if found["kind"] == "known":
        return f"The {len(segments)} segments that the table names, described from what it says of their customers."
    choice = found["choice"] or {}
    if not choice.get("natural", True):
        return str(choice["verdict"])
    groups = f"{len(segments)} groups of customers with common characteristics"
    if (strength := found.get("cramers_v")) is not None:
        return (
            f"{groups}, found anew without looking at the segments that the table names. They are other groups than those: "
            f"the two divisions agree {_how_far(strength)}."
        )
    if choice.get("by_response"):
        return (
            f"{groups}, grouped without looking at their answers; only how many groups there are was chosen by "
            "the answers, of seven in ten customers."
        )
    return f"{groups}, found without looking at their answers."


def _beside_known(found: KeptSegments, segments: Sequence[Segment]) -> Block | None:
    """Of each group that was found, how many are in each segment that the table names."""
    beside = found.get("beside_known")
    if beside is None:
        return None
    row_of = dict(zip(found["keys"], beside["customers"], strict=True))
    return table(
        ["Group", *beside["levels"]],
        [
            [
                _titled(segment),
                *(
                    percent(min(many / segment["customers"], 1.0), 0) if many else "–"
                    for many in row_of[segment["key"]]
                ),
            ]
            for segment in segments
        ],
        title="The groups beside the segments that the table names",
        note="Shares of the customers of each group, counted to the nearest ten; a dash is fewer than ten.",
        stacked=True,
    )


def _proof(proof: dict[str, Any] | None, unit: str) -> list[str]:
    if proof is None:
        return []
    surely = "differs" if proof["differs"] else "does not surely differ"
    said = [
        f"On {count(proof['rows'])} {unit} kept apart the response {surely} by segment: chance alone makes it differ as much in "
        f"{percent(max(proof['p'], proof['permutation_p']), 2)} of cases (shuffled answers and likelihood-ratio test), and below "
        f"{percent(SURE, 0)} is sure. The segment alone ranks customers with a ROC AUC of {decimal(proof['auc'], 2)} (0.5 is chance, 1 perfect)."
    ]
    if (kept := proof.get("profit_kept")) is not None:
        better = _beside_trees(kept)
        said.append(
            "Where a call costs what the response rate brings, boosted trees that choose customer by customer earn more than calling "
            f"everyone or nobody; choosing whole segments {better}."
        )
    if (steady := proof.get("rank_stability")) is not None:
        said.append(
            f"From one block of time to the next, the segments' response rates keep their order with rank correlation {decimal(steady, 2)}."
        )
    return said


def _beside_trees(kept: float) -> str:
    """Say what choosing whole segments gains, as a share of what boosted trees gain."""
    if kept < 0:
        return "loses against calling everyone or nobody"
    share = percent(kept, 0)
    return f"gains even more, {share} of what the trees gain" if round(kept, 2) > 1 else f"keeps {share} of that gain"


def _proven(found: KeptSegments) -> list[str]:
    sentence = found["sizes"]["sentence"]
    said = [
        *([sentence] if sentence else []),
        *_steady(found),
        *_proof(found["proof"], found["sizes"]["unit"]),
        *_cut(found),
    ]
    if (strength := found.get("cramers_v")) is not None:
        said.append(
            f"They agree {_how_far(strength)} with the segments that the table names: Cramér's V "
            f"{decimal(strength, 2)} (0 not at all, 1 wholly)."
        )
    return said


def _how_far(strength: float) -> str:
    """Say how far two divisions of the same customers agree, by Cramér's V."""
    return "hardly" if strength < 0.1 else "only in part" if strength < 0.5 else "largely"


def _cut(found: KeptSegments) -> list[str]:
    """Say that rates which chose the segments flatter them."""
    if (found.get("state") or {}).get("method") != "tree":
        return []
    return [
        f"The segments were cut by the answers of seven in ten {found['sizes']['unit']}, which are counted here too: among new "
        "customers their response rates will lie somewhat closer together, and the intervals do not allow for that."
    ]


def _steady(found: KeptSegments) -> list[str]:
    chosen, stability = _chosen(found), found.get("stability")
    if chosen is None or stability is None:
        return []
    return [
        f"When the customers were drawn anew {stability['resamples']} times and the segments searched again, the one "
        f"that came back worst shared about {percent(shared(chosen['jaccard']), 0)} of its customers with its counterpart; "
        f"{percent(shared(STABLE), 0)} and more is stable."
    ]


def _chosen(found: KeptSegments) -> dict[str, Any] | None:
    """Find what was weighed for the number of segments that was chosen."""
    evidence: Sequence[dict[str, Any]] = (found["choice"] or {}).get("evidence", ())
    return next((row for row in evidence if row["verdict"] == "chosen"), evidence[0] if evidence else None)


def _worth(found: KeptSegments, segments: Sequence[Segment]) -> Block | None:
    """Size, response and profit in one picture: in money where the run knows what a call costs and a yes is worth."""
    weighed = found["brought"]
    if weighed is None:
        return None
    in_money, base = weighed["in_money"], weighed["base"]
    currency = currency_of(found) or "account currency"
    by_key = {segment["key"]: segment for segment in segments}
    pairs = [(by_key[told["key"]], told) for told in weighed["segments"]]

    def say(number: float) -> str:
        return f"{decimal(number, 2)} {currency}" if in_money else percent(number)

    steps = call_order(found)
    title = f"profit per call, {currency}" if in_money else "response rate"
    largest = max(told["part"] for _, told in pairs) or 1.0
    rows = [
        {
            "key": segment["key"],
            "share": segment["share"],
            "value": told["each"],
            "low": told["low"],
            "high": told["high"],
            "size": told["part"] / largest,
            "sure": SURE_SIDES.get(steps.get(segment["key"], ""), ""),
            "tip": f"{segment['name']}: {percent(segment['share'], 0)} of the customers, {say(told['each'])}"
            + (" a call" if in_money else " said yes"),
        }
        for segment, told in pairs
    ]
    data = [
        [
            f"{segment['key']} {segment['name']}",
            percent(segment["share"], 0),
            say(told["each"]),
            f"{say(told['low'])} to {say(told['high'])}",
            count(told["amount"]),
        ]
        for segment, told in pairs
    ]
    unit = f"in {currency}" if in_money else "yes"
    return chart(
        "How large they are, and what calls to them bring" if in_money else "How large they are, and how willing",
        draw(
            charts.bubbles(rows, base=base, y_title=title, percentages=not in_money),
            "Segments by their share of the customers and what a call to them brings",
        ),
        caption=_most_brought(
            pairs,
            in_money=in_money,
        )
        if surely_differs(found)
        else MAY_BE_CHANCE,
        data=table(["Segment", "share", title, "95 % interval", f"in all, {unit}"], data),
        keys=[
            key("accent", "surely pays" if in_money else "surely above all customers", "dot"),
            key("rival", "not sure", "dot"),
            key("signal", "surely loses" if in_money else "surely below", "dot"),
            key("signal", f"all customers {say(base)}", "dash"),
        ],
        wide=True,
    )


def _most_brought(pairs: Sequence[tuple[Segment, BroughtSegment]], *, in_money: bool) -> str:
    segment, told = max(pairs, key=lambda pair: float(pair[1]["part"]))
    if told["part"] == 0:
        return "In these calls no segment earned what its calls cost."
    if in_money and sum(other["part"] > 0 for _, other in pairs) == 1:
        only = _named(segment).replace("Segment", "segment", 1)
        return f"In these calls only {only} shows a profit; it is {percent(segment['share'], 0)} of the customers."
    best, _ = max(
        [pair for pair in pairs if not why_undecided(pair[0])] or pairs, key=lambda pair: float(pair[1]["each"])
    )
    part = f"{percent(told['part'], 0)} {OF_GAIN if in_money else OF_YES}"
    size = percent(segment["share"], 0)
    does = "brings most per call" if in_money else "says yes most often"
    if best is segment:
        return f"{_named(segment)} {does} and {'' if in_money else 'brings '}most in all: {part}, being {size} of the customers."
    return (
        f"{_named(best)} {does}, and is {percent(best['share'], 0)} of the customers. {_named(segment)} brings most in all, {part}, "
        f"as it is {size} of the customers."
    )


def _returns(found: KeptSegments) -> Block | None:
    """What is proven of the segments, how well they come back, and why so many were chosen."""
    said = [*_proven(found), *(str(reason) for reason in (found["choice"] or {}).get("reasons", ()))]
    if found["kind"] == "known":
        return points(said) if said else None
    blocks = [points(said) if said else None, *shortfalls(found), _returned(found)]
    return fold(HOW_WELL, blocks) if any(blocks) else None


def _returned(found: KeptSegments) -> Block | None:
    chosen, choice = _chosen(found), found["choice"]
    if chosen is None or choice is None:
        return None
    evidence = choice["evidence"]
    rows = [
        {
            "count": row["count"],
            "jaccard": row["jaccard"],
            "rand": max(row["adjusted_rand"], 0.0),
            "chosen": row is chosen,
            "tip": f"{row['count']} segments: worst Jaccard {decimal(row['jaccard'], 2)}, "
            f"adjusted Rand {decimal(row['adjusted_rand'], 2)}; {row['verdict']}",
        }
        for row in evidence
    ]
    data = [
        [
            str(row["count"]),
            decimal(row["jaccard"], 2),
            decimal(row["adjusted_rand"], 2),
            percent(row["smallest"], 0),
            percent(row["fidelity"], 0),
            "–" if row["spread"] is None else decimal(row["spread"], 0),
            row["verdict"],
        ]
        for row in evidence
    ]
    columns = [
        "Segments",
        "worst Jaccard",
        "adjusted Rand",
        "smallest",
        "said by rules",
        "spread of response",
        "verdict",
    ]
    listed = table(columns, data, words=(0, 6), marked=[place for place, row in enumerate(evidence) if row is chosen])
    if len(rows) < 2:
        return listed
    return chart(
        "Do they come back?",
        draw(
            charts.returns(rows, stable=STABLE), "How well segments come back on resampled customers, by their number"
        ),
        caption=f"The segments searched again on customers drawn anew. Jaccard: the customers in a segment and its counterpart, divided "
        f"by those in either; {decimal(STABLE, 2)} and more is stable. Adjusted Rand: how far two searches agree beyond chance. 1 is wholly.",
        data=listed,
        keys=[
            key("accent", "worst segment (Jaccard)"),
            key("rival", "all segments (adjusted Rand)"),
            key("signal", f"stable from {decimal(STABLE, 2)}", "dash"),
        ],
        wide=True,
    )


def _responses(found: KeptSegments, segments: Sequence[Segment]) -> Block | None:
    unit = found["sizes"]["unit"]
    answered = [segment for segment in segments if segment["response"] is not None]
    if len(answered) < 2:
        return None
    rows = [
        {
            "label": f"{segment['key']} {segment['name']}",
            "rate": segment["response"]["rate"],
            "low": segment["response"]["low"],
            "high": segment["response"]["high"],
            "tip": f"{segment['name']}: {percent(segment['response']['rate'])} of {count(segment['rows'])} {unit}",
        }
        for segment in answered
    ]
    rows_answered = sum(segment["rows"] for segment in answered)
    base = sum(segment["response"]["yes"] for segment in answered) / max(rows_answered, 1)
    best = max(answered, key=lambda segment: segment["response"]["rate"])
    caption = (
        f"{_named(best)} says yes most often: {percent(best['response']['rate'])}, index {best['response']['index']:.0f}; "
        f"it is {percent(best['share'], 0)} of the customers."
    )
    data = [
        [
            f"{segment['key']} {segment['name']}",
            count(segment["rows"]),
            percent(segment["response"]["rate"]),
            percent_between(segment["response"]["low"], segment["response"]["high"]),
            f"{segment['response']['index']:.0f}",
        ]
        for segment in answered
    ]
    return chart(
        "How the segments answered",
        draw(
            charts.dots(rows, base=base, title="response rate", lines=4),
            "Response rate of every segment with 95 % intervals",
        ),
        caption=caption if surely_differs(found) else MAY_BE_CHANCE,
        data=table(["Segment", unit, "response rate", "95 % interval", "index"], data),
        keys=[
            key("accent", "response rate, 95 % interval", "dot"),
            key("signal", f"all customers {percent(base)}", "dash"),
        ],
        wide=True,
    )


def _named(segment: Segment) -> str:
    """Name a segment so that nobody takes its name for all customers who are so: others are in other segments."""
    return f"Segment {segment['key']} ({segment['name']})"


def segment_blocks(
    segment: Segment, *, discovered: bool, currency: str = "", chart_level: Literal[3, 4] = 4
) -> list[Block]:
    """Show one segment: who they are, how they answered, what to offer; the chart's heading is below the segment's."""
    said = {kind: " ".join(s["text"] for s in segment["sentences"] if s["kind"] == kind) for kind, _ in KINDS}
    said["who"] = f"{said['who']} {segment.get('also', '')}".strip()  # runs of before do not say it
    (_, customers, share), *more = shown = _figures(segment, currency, discovered=discovered)
    return [
        heading(_titled(segment)),
        figures(shown) if more else text(f"{customers} customers, {share}."),
        *_typical(segment, chart_level),
        statements([(title, said[kind]) for kind, title in KINDS if said[kind]]),
    ]


def _typical(segment: Segment, level: Literal[3, 4]) -> list[Block]:
    """The strongest markers as a picture: here beside everybody."""
    chosen = segment["markers"][:MOST_MARKERS]
    if not chosen or segment["customers"] < DESCRIBED:
        return []
    chosen = sorted(chosen, key=lambda marker: -marker["difference"])
    rows = [
        {
            "label": f"{marker['level']} · {marker['label']}",
            "share": marker["share"],
            "base": marker["base"],
            "more": marker["difference"] > 0,
            "tip": f"{marker['label']}, {marker['level']}: {percent(marker['share'], 0)} here, "
            f"{percent(marker['base'], 0)} of all customers{_where_known(marker)}",
        }
        for marker in chosen
    ]
    picture = chart(
        f"What is typical of {segment['key']}",
        draw(charts.markers(rows), f"Characteristics of segment {segment['key']} beside all customers"),
        caption="Dots are this segment, ticks all customers: the longer the band between them, the more it sets the segment apart.",
        data=_markers(segment),
        keys=[
            key("accent", "more usual here", "dot"),
            key("signal", "less usual here", "dot"),
            key("rival", "all customers", "line"),
        ],
        wide=True,
        level=level,
    )
    return [picture]


def _figures(segment: Segment, currency: str, *, discovered: bool) -> list[tuple[str, str, str]]:
    rows, share = segment["rows"], f"{percent(segment['share'], 0)} of all"
    of_rows = share if rows == segment["customers"] else f"with {count(rows)} rows, {share}"
    shown = [("Customers", count(segment["customers"]), of_rows)]
    response = segment["response"]
    if response is not None:
        interval = percent_between(response["low"], response["high"])
        shown.append(("Response rate", percent(response["rate"]), f"{interval}, index {response['index']:.0f}"))
        if response["profit_per_call"] is not None:
            low, high = response["profit_low"], response["profit_high"]
            worth = f"{decimal(response['profit_per_call'], 2)} {currency}".strip()
            shown.append(("Profit per call", worth, f"{decimal(low, 2)} to {decimal(high, 2)}"))
    if discovered and segment["jaccard"] is not None:
        of_each = percent(shared(segment["jaccard"]), 0)
        shown.append(("Comes back", str(segment["trust"]), f"with about {of_each} of it on new draws"))
    return shown


def _markers(segment: Segment) -> Block:
    rows = [
        [
            f"{m['label']}: {m['level']}{_where_known(m)}",
            percent(m["share"], 0),
            percent(m["base"], 0),
            f"{m['index']:.0f}",
        ]
        for m in segment["markers"][:MOST_MARKERS]
    ]
    return table(["Characteristic", "here", "all customers", "index"], rows, note="Index 100 is the average customer.")


def _where_known(marker: dict[str, Any]) -> str:
    known = min(marker["known"], marker["base_known"])
    return ", where it is known" if known <= 0.995 else ""


def _if(rule: Mapping[str, Any]) -> str:
    also = "; ".join(rule.get("also", ()))
    return f"{rule['sentence']}; also with {also}" if also else str(rule["sentence"])


def _rules(found: KeptSegments) -> Block:
    names = [_titled(segment) for segment in found["segments"]]
    rules = found["rules"]
    rows = [
        [names[rule["segment"]], _if(rule), count(rule["customers"]), percent(rule["purity"], 0)]
        for rule in rules["rules"]
    ]
    unit, fidelity = found["sizes"]["unit"], percent(rules["fidelity"], 0)
    learned = sum(rule["customers"] for rule in rules["rules"])
    apart = f"{count(rules['rows_apart'])} {unit} kept apart" if rules.get("rows_apart") else f"{unit} kept apart"
    return fold(
        RULES,
        [
            *(shortfalls(found) if found["kind"] == "known" else []),
            table(
                ["Segment", "if", f"{unit} learned from", "right"],
                rows,
                words=(0, 1),
                note=f"The rules were learned from {count(learned)} {unit}, which are counted here; on {apart} they agree with "
                f"the segments in {fidelity} of cases.",
            ),
        ],
    )
