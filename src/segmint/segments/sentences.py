"""Sentences about a segment: who they are, how they responded, what they are worth, when and where to call them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from segmint.contract.answer_phrases import has_or_not
from segmint.segments.call_order import Step
from segmint.segments.coding import tell_apart
from segmint.segments.evidence import MOST, Evidence, Sentence, evidence_of, evidence_of_everybody, evidence_of_number
from segmint.segments.profile import FEWEST_CALLS, FEWEST_OF_CALLS, Marker, SegmentProfile, Typical
from segmint.wording import between, capital, counted, decimal, percent

TOLD = 4  # traits that are more usual than elsewhere, beside those of the name
ALIKE = 0.002  # of customers


def too_few(segment: SegmentProfile) -> Sentence:
    """Say that there is nothing to say of so few."""
    many = counted(segment.customers, "customer")
    return Sentence("who", f"{many}: too few to describe.", (evidence_of_everybody(segment),))


def who_they_are(segment: SegmentProfile, of_name: Collection[str] = ()) -> list[Sentence]:
    """Say what is more usual among them than elsewhere, what their name is made of too, and their medians."""
    one_each: list[Marker] = []
    for marker in segment.markers:
        new = not any(marker.column == told.column or _same_customers(marker, told) for told in one_each)
        if marker.difference > 0 and new and (len(one_each) < TOLD or marker.column in of_name):
            one_each.append(marker)
    sentences = []
    if one_each:
        said = "; ".join(
            f"{_had(marker)}: {share_in_words(marker.share)}{of_few(marker.known)} "
            f"(all customers: {share_in_words(marker.base)}{of_few(marker.base_known)})"
            for marker in one_each
        )
        evidence = tuple(evidence_of(marker) for marker in one_each)
        footnote = " Shares are of those of whom it is known." if any(_of_nearly_all(one_each)) else ""
        sentences.append(Sentence("who", f"More usual than elsewhere: {said}.{footnote}", evidence))
    return sentences + [
        Sentence("who", _half(typical), (evidence_of_number(typical),))
        for typical in segment.typical
        if abs(typical.difference) >= 0.5 and typical.known >= MOST and typical.median != typical.base_median
    ]


def _same_customers(marker: Marker, told: Marker) -> bool:
    """Whether two levels seem to be those of the same customers: as many of the segment, and as many of all, have either."""
    here, elsewhere = marker.of_all - told.of_all, marker.base * marker.base_known - told.base * told.base_known
    return abs(here) < ALIKE and abs(elsewhere) < ALIKE


def how_they_responded(segment: SegmentProfile, currency: str, all_reached: bool) -> list[Sentence]:
    """Say how many said yes, and what a call to them earned."""
    response = segment.response
    if response is None:
        return []
    proof = Evidence("response", "yes", response.rate, None, response.index, response.low, response.high)
    seen = response.rate or response.high
    called = next((many for many in (100, 1_000, 10_000) if many * seen >= 1), 100_000)  # "0 said yes" would be untrue
    sentences = [
        Sentence(
            "response",
            f"Of {called:,} {'called' if all_reached else 'reached'}, {called * response.rate:.0f} said yes "
            f"({called * response.low:.0f} to {called * response.high:.0f}); index {response.index:.0f}.",
            (proof,),
        )
    ]
    if response.profit_per_call is not None and response.profit_low is not None and response.profit_high is not None:
        unit, behind = (f" {currency}", "") if currency else ("", ", in account currency")
        money = Evidence(
            "profit per call", currency, response.profit_per_call, None, None, response.profit_low, response.profit_high
        )
        each = response.profit_per_customer
        whole = (
            f", {decimal(each, 2)}{unit} a customer" if each is not None and each != response.profit_per_call else ""
        )
        sentences.append(
            Sentence(
                "worth",
                f"A call to them {'earned' if all_reached else 'would earn'} {decimal(response.profit_per_call, 2)}{unit} on average "
                f"({between(response.profit_low, response.profit_high, 2)}){whole}{behind}.",
                (money,),
            )
        )
    return sentences


def what_they_hold(segment: SegmentProfile, currency: str) -> list[Sentence]:
    """Say how much money they hold, or bring."""
    unit, behind = (f" {currency}", "") if currency else ("", ", in account currency")
    return [
        Sentence(
            "worth",
            f"{capital(worth.label)}: {decimal(worth.mean, digits)}{unit} a customer on average "
            f"({between(worth.low, worth.high, digits)}), among all customers {decimal(worth.base_mean, digits)}{behind}"
            + _of_the_sum(segment.share, worth.share),
            (
                Evidence(
                    worth.column, "mean", worth.mean, worth.base_mean,
                    100 * worth.mean / worth.base_mean if worth.base_mean > 0 else None, worth.low, worth.high,
                ),
            ),
        )
        for worth in segment.worth
        for digits in [0 if worth.role == "holding" else 2]
    ] + [
        Sentence(
            "worth",
            f"{capital(label)}: no average is shown, as one customer makes up much of it, here or in a segment whose average could be reckoned.",
            (evidence_of_everybody(segment),),
        )
        for label in segment.withheld
    ]  # fmt: skip


def best_calls(segment: SegmentProfile, step: Step | None = None) -> list[Sentence]:
    """Say when and over which channel they responded best; of those to be written to, only where these calls surely pay."""
    together = {"write": "lose", "by the list": "may lose"}.get(step or "", "")
    return [
        Sentence(
            kind,
            f"Best {best.label} in the campaigns of this table, among those with {FEWEST_CALLS} or more and "
            f"{percent(FEWEST_OF_CALLS, 0)} or more of their calls: {best.level}, "
            f"{share_in_words(best.rate)} said yes ({share_in_words(best.low)} to {share_in_words(best.high)}, {best.customers:,} calls). "
            f"{f'These calls surely pay; all calls to them together {together}. ' if best.pays and together else ''}"
            f"Seen together; not proven to be the cause{' and no reason to wait' if kind == 'timing' else ''}.",
            (Evidence(best.column, best.level, best.rate, None, None, best.low, best.high),),
        )
        for best in segment.best
        if best.pays or step != "write"
        for kind in ["channel" if "channel" in best.label else "timing"]
    ]


def share_in_words(share: float) -> str:
    """Say a share in per cent; of small ones a decimal."""
    return percent(share, 0 if share >= 0.095 or share == 0 else 1)


def of_few(known: float) -> str:
    """Say of how many a share is, where the column says nothing of most."""
    return f" of the {share_in_words(known)} of whom it is known" if known < MOST else ""


def _of_nearly_all(markers: Sequence[Marker]) -> Iterator[bool]:
    """Whether a share is of those known, without being said to be of so few."""
    return (MOST <= known <= 0.995 for marker in markers for known in (marker.known, marker.base_known))


def _had(marker: Marker) -> str:
    """Say a level: "education secondary", "has a housing loan", "has no housing loan", "has not defaulted"."""
    return has_or_not(marker.label, marker.level) or f"{marker.label} {marker.level}"


def _half(typical: Typical) -> str:
    """Say a median; where some have no number, here or among all, it is that of the others.

    Many may have the median itself, of counts above all: at least half have it or more, and at least half have it or less.
    """
    median, base = tell_apart([typical.median, typical.base_median])
    # "calls before" of 1, not of 1 calls
    named = re.search(rf"\b{re.escape(typical.unit)}\b", typical.label, re.IGNORECASE)
    unit = "" if named or not typical.unit else f" {typical.unit.removesuffix('s') if median == '1' else typical.unit}"
    whose = "of them have"
    if typical.known < 1:
        whose = f"of the {share_in_words(min(typical.known, 0.99))} of them with a number have"
    all_of_them = "all customers with a number" if typical.base_known < 1 else "all customers"
    end = "more" if typical.median > typical.base_median else "less"
    return f"At least half {whose} {typical.label} of {median}{unit} or {end}; the median of {all_of_them} is about {base}."


def _of_the_sum(customers: float, money: float | None) -> str:
    return (
        "."
        if money is None
        else f"; {share_in_words(customers)} of the customers with {share_in_words(money)} of the sum."
    )
