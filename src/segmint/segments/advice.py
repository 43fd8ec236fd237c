"""What to do with a segment: by who its customers are, by how they responded, and what to ask them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from segmint.segments.call_order import Step
from segmint.segments.evidence import (
    MOST,
    Evidence,
    Sentence,
    evidence_of,
    evidence_of_everybody,
    is_meant,
    is_telling,
    matches,
    strongest,
)
from segmint.segments.profile import SegmentProfile
from segmint.segments.sentences import of_few, share_in_words
from segmint.segments.word_file import Advice, Kind, Words, load_words

ASK_THEM = "What many of {whom} share says nothing of a need: ask what they are saving for, and when they will need it."
KINDS = get_args(Kind)


def advice_for(segment: SegmentProfile, rules: Words, step: Step | None) -> list[Sentence]:
    """Advise by what most are; where nothing fits most, by what a strong minority is, who are then named.

    Of a column by which something is advised, a minority that differs much from the others is told of as well.
    """
    entries = [entry for entry in rules.advice if not _held_back(segment, entry)]
    chosen: list[tuple[Advice, Evidence]] = []
    for kind in KINDS:
        of_kind = [entry for entry in entries if entry.kind == kind]
        chosen += strongest(segment, of_kind, 2) or strongest(segment, of_kind, 2, of_some=True)
    chosen += _of_minority(segment, entries, chosen)
    sentences = [
        Sentence(kind, _to_whom(segment, entry, evidence), (evidence,))
        for kind in KINDS
        for entry, evidence in chosen
        if entry.kind == kind
    ]
    if rules.advice and not any(sentence.kind == "need" for sentence in sentences):
        sentences.insert(0, _ask_them(segment))
    return sentences + _by_response(segment, rules, step)


def questions(columns_roles: Sequence[str], rules: Words | None = None) -> tuple[str, ...]:
    """Return three questions for the next calls where a table says nothing of satisfaction or interests."""
    if {"satisfaction", "interest"} & set(columns_roles):
        return ()
    return () if (asked := (rules or load_words()).questions) is None else tuple(asked.list)


def _of_minority(
    segment: SegmentProfile, entries: Sequence[Advice], chosen: Sequence[tuple[Advice, Evidence]]
) -> list[tuple[Advice, Evidence]]:
    """Find what else is to be said to the most telling minority of a column by which something is advised already."""
    columns, told = {evidence.column for _, evidence in chosen}, [entry for entry, _ in chosen]
    for marker in sorted(segment.markers, key=lambda marker: -marker.difference):
        if marker.column in columns and marker.of_all < MOST and is_telling(marker):
            new = {entry.kind: entry for entry in entries if entry not in told and is_meant(marker, entry)}
            if new:
                return [(entry, evidence_of(marker)) for entry in new.values()]
    return []


def _held_back(segment: SegmentProfile, advice: Advice) -> bool:
    return any(matches(segment, other) is not None for other in advice.unless)


def _to_whom(segment: SegmentProfile, entry: Advice, evidence: Evidence) -> str:
    """Say an advice, and whom it is for where it is not for most, or where others of the segment are plainly otherwise."""
    text = entry.text
    if entry.level is None:
        return text
    of_column = [marker for marker in segment.markers if marker.difference > 0 and marker.column == evidence.column]
    mine = next(marker for marker in of_column if marker.level == evidence.level)
    others = [marker for marker in of_column if marker is not mine and is_telling(marker)]
    if mine.of_all >= MOST and not others:
        return text
    return f"{share_in_words(mine.share)}{of_few(mine.known) or ' of them'} {entry.who or f'have {mine.label} {mine.level}'}: {text}"


def ask_them(whom: str) -> str:
    """Say what to do where no need is known of these."""
    return ASK_THEM.format(whom=whom)


def _ask_them(segment: SegmentProfile) -> Sentence:
    return Sentence("need", ask_them("them"), (evidence_of_everybody(segment),))


def _by_response(segment: SegmentProfile, rules: Words, step: Step | None) -> list[Sentence]:
    """Advise by response as the call order does: by money where it is known, else by an index far from that of all customers.

    An entry `above` is for segments to be called, `below` for those to be written to or called later; of any other, one that
    does not come back or may pay or lose, nothing is advised. An entry may be for those alone that are to be called first
    (`best`), or for the others, and for where money decides alone (`in_money`), or where it does not.
    """
    response = segment.response
    if response is None or step not in ("call first", "call", "write", "later"):
        return []
    in_money, called = response.profit_per_call is not None, step in ("call first", "call")
    proof = (
        Evidence("profit per call", "", response.profit_per_call, None, None, response.profit_low, response.profit_high)
        if response.profit_per_call is not None
        else Evidence("response", "yes", response.rate, response.base, response.index, response.low, response.high)
    )
    return [
        Sentence(entry.kind, entry.text, (proof,))
        for entry in rules.by_response
        if entry.best in (None, step == "call first")
        and entry.in_money in (None, in_money)
        and (
            entry.above is not None and (in_money or response.index >= entry.above)
            if called
            else entry.below is not None and (in_money or response.index <= entry.below)
        )
    ]
