"""The comparison in words: made from the intervals only, and never saying more than they support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from segmint.models.names import OURS
from segmint.wording import decimal, listed, percent, percent_between, signed

METRIC_WORDS = {
    "f1": "F1 (reaching those who say yes without calling those who say no; 1 is perfect)",
    "weighted_f1": "weighted F1 (how well customers land in their own segment; 1 is perfect)",
}

ORDER = {"roc_auc": "ROC AUC", "average_precision": "average precision", "lift_10": "lift at 10 %"}
"""Measures of the order of a list alone, whatever the threshold."""
BESIDES = ORDER | {"log_loss": "log loss"}
"""What else a comparison is judged by: the order, and how close the probabilities are."""

Verdict = Literal["told", "order", "nothing", ""]
"""What a table says of the outcome: who it is, only the order of a list, nothing; "" where nobody compared that."""


class Estimate(NamedTuple):
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or −1 if the whole interval lies above or below zero, 0 if chance can explain the number."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Standing:
    """Where one model stands by the main metric, higher being better.

    Attributes
    ----------
    model, label : str
        Its name in code and for people.
    score : Estimate
    to_best, to_ours : Estimate
        This model minus the best one, and minus ours (None when ours is not among them), on the same rows.
    """

    model: str
    label: str
    score: Estimate
    to_best: Estimate
    to_ours: Estimate | None = None


def conclude(
    standings: Sequence[Standing],
    *,
    metric: str,
    area: Estimate | None = None,
    besides: Mapping[str, Estimate] | None = None,
) -> tuple[str, ...]:
    """Say who is best, what is chance, where ours stands, and what that means.

    Parameters
    ----------
    standings : sequence of Standing
        One for each model; the best is the one whose `to_best` is exactly 0 and whose score is highest.
    metric : {"f1", "weighted_f1"}
    area : Estimate, optional
        ROC AUC of our model, or of the best if ours is not there; for a response it tells whether the order of the list
        says something even when naming those who say yes does not.
    besides : mapping of str to Estimate, optional
        Our model minus `rival_of` in measures of `BESIDES`, positive where ours is better, with intervals that hold for all
        of them together.

    Returns
    -------
    tuple of str
        Sentences, the most important first.
    """
    best, others = _best_and_others(standings)
    verdict = verdict_of(standings, metric=metric, area=area)
    informed = verdict not in ("order", "nothing")
    behind = any(standing.model == OURS and standing.to_best.sign < 0 for standing in others)
    sentences = (
        "" if informed else _no_information(verdict, metric, area),
        _first_place(best, metric) if others else _alone(best, metric),
        _level_with(others),
        _ours_against_rivals(standings) if informed or behind else "",
        meaning_of(standings, metric=metric, area=area, besides=besides),
    )
    return tuple(filter(None, sentences))


def meaning_of(
    standings: Sequence[Standing],
    *,
    metric: str,
    area: Estimate | None = None,
    besides: Mapping[str, Estimate] | None = None,
) -> str:
    """Say what the comparison means for our network: the last sentence of `conclude`, "" where there is none; parameters as there."""
    best, others = _best_and_others(standings)
    verdict, rival = verdict_of(standings, metric=metric, area=area), rival_of(standings)
    if rival is None or verdict == "nothing" or OURS not in {standing.model for standing in standings}:
        return ""
    if verdict == "order":
        decided = _decided(besides or {}, rival.label)
        return f"Our network is {decided}." if decided else ""
    return f"On this table {_meaning(best, others, metric, rival.label, besides or {})}."


def rival_of(standings: Sequence[Standing]) -> Standing | None:
    """Return the model that ours is held against: the best, or the next where ours is; one that knows nothing only for want of others."""
    rivals = [standing for standing in standings if standing.model != OURS]
    learned = [standing for standing in rivals if standing.model != "base_rate"]
    return max(learned or rivals, key=lambda standing: standing.score.value, default=None)


def verdict_of(standings: Sequence[Standing], *, metric: str, area: Estimate | None = None) -> Verdict:
    """Say for programs what the first sentence of `conclude` says to people; parameters as there."""
    says = _informative(*_best_and_others(standings))
    if says is None:
        return ""
    if says:
        return "told"
    return "order" if metric == "f1" and area is not None and area.low > 0.5 else "nothing"


def nothing_told(metric: str) -> str:
    """Say that the table does not tell the outcome: the first sentence of `conclude` where the verdict is "nothing"."""
    if metric != "f1":
        return "No model does better than naming the largest segment: the table does not say who is who."
    return "No model does better than calling everyone: the table does not say who will answer."


def _best_and_others(standings: Sequence[Standing]) -> tuple[Standing, list[Standing]]:
    best = max(standings, key=lambda standing: standing.score.value)
    return best, [standing for standing in standings if standing is not best]


def _first_place(best: Standing, metric: str) -> str:
    name = METRIC_WORDS.get(metric, metric)
    return f"By {name}, {best.label} comes first with {_with_interval(best.score)}."


def _alone(only: Standing, metric: str) -> str:
    return f"By {METRIC_WORDS.get(metric, metric)}, {only.label} has {_with_interval(only.score)}; no other model was compared."


def _level_with(others: Sequence[Standing]) -> str:
    if not others:
        return ""
    level = [standing.label for standing in others if standing.to_best.sign >= 0]
    if not level:
        return f"It is ahead of every other model by more than chance explains: {_closest(others)}."
    if len(level) == len(others):
        return f"But chance alone can explain its distance to every other model: {listed(level)}."
    return f"Chance alone can explain its distance to {listed(level)}; the others are behind."


def _closest(others: Sequence[Standing]) -> str:
    second = max(others, key=lambda standing: standing.score.value)
    gap = second.to_best
    return f"{_with_interval(Estimate(-gap.value, -gap.high, -gap.low))} above {second.label}, the next"


def _ours_against_rivals(standings: Sequence[Standing]) -> str:
    mine = next((standing for standing in standings if standing.model == OURS), None)
    rivals = [standing for standing in standings if standing.model != OURS and standing.to_ours is not None]
    if mine is None or not rivals:
        return ""
    sides: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for rival in rivals:
        gap = rival.to_ours
        if gap is not None:
            ahead = Estimate(-gap.value, -gap.high, -gap.low)
            sides[ahead.sign].append(f"{rival.label} ({_signed(ahead)})")
    words = ((1, "ahead of"), (0, "not told apart from"), (-1, "behind"))
    parts = [f"{word} {listed(sides[side])}" for side, word in words if sides[side]]
    return f"{mine.label} is {'; '.join(parts)}."


def _meaning(
    best: Standing, others: Sequence[Standing], metric: str, rival: str, besides: Mapping[str, Estimate]
) -> str:
    level = [standing.model for standing in others if standing.to_best.sign >= 0]
    short = "F1" if metric == "f1" else "weighted F1"
    decided = _decided(besides, rival)
    if best.model == OURS and not level:
        behind = any(gap.sign < 0 for gap in besides.values())
        return f"our network is ahead by {short}, but {decided}" if behind else "our network is the model to use"
    if best.model == OURS:
        if decided:
            return f"our network is ahead by {short} by no more than chance can be; it is {decided}"
        return "nothing speaks against our network; more rows would narrow the intervals"
    if OURS in level and decided:
        return f"our network and {rival} are not told apart by {short}; our network is {decided}"
    if OURS in level:
        return (
            f"{best.label} is ahead of our network by no more than chance can be: the figures decide for neither, more rows "
            "would narrow the intervals"
        )
    also = f"; our network is {decided}" if decided else ""
    if metric != "f1":
        return (
            f"{best.label} names segments better than our network does: weigh that before segments that the network names are "
            f"relied on{also}"
        )
    if besides and not decided:
        also = "; by the order of a list and by probabilities the two are not told apart"
    return f"{best.label} names those who say yes better than our network does, each at its threshold{also}"


def _decided(besides: Mapping[str, Estimate], rival: str) -> str:
    """Say in which measures ours is surely behind or ahead of a rival, and what to weigh for what; "" where chance explains all."""
    sides = {sign: [name for name in besides if besides[name].sign == sign] for sign in (-1, 1)}
    told = ", ".join(
        f"{word} {listed([BESIDES[name] for name in sides[sign]])}"
        for sign, word in ((-1, f"behind {rival} in"), (1, f"ahead of {rival} in"))
        if sides[sign]
    )
    uses: dict[int, list[str]] = {-1: [], 1: []}
    for use, measures in (("the order of calls", set(ORDER)), ("probabilities", BESIDES.keys() - ORDER)):
        for sign in (-1, 1):
            if measures & set(sides[sign]) and not measures & set(sides[-sign]):
                uses[sign].append(use)
    advice = [f"for {listed(uses[-1])} weigh {rival}"] if uses[-1] else []
    advice += [f"for {listed(uses[1])} ours is the better one"] if uses[1] else []
    return f"{told}: {', '.join(advice)}" if advice else told


def _informative(best: Standing, others: Sequence[Standing]) -> bool | None:
    """Tell whether the best model beats giving everyone the average; None when that was not compared."""
    if best.model == "base_rate":
        return False if others else None
    base = next((standing for standing in others if standing.model == "base_rate"), None)
    return None if base is None else base.to_best.sign < 0


def _no_information(verdict: Verdict, metric: str, area: Estimate | None) -> str:
    if verdict == "nothing" or area is None:
        return nothing_told(metric)
    return (
        "No model names those who say yes better than calling everyone does; the order of the list still says "
        f"something: a responder ranks above another customer {percent(area.value, 0)} ({percent_between(area.low, area.high, 0)}) of the time, 50 % being chance."
    )


def _with_interval(estimate: Estimate) -> str:
    value, low, high = (decimal(number) for number in estimate)  # as in the tiles and tables beside it
    return f"{value} (95 % interval {low} to {high})"


def _signed(estimate: Estimate) -> str:
    # A bound that chance cannot explain away must not be printed as zero.
    nearest = min(abs(estimate.low), abs(estimate.high))
    digits = 4 if estimate.sign and nearest < 0.0005 else 3
    value, low, high = (signed(number, digits) for number in estimate)
    return f"{value}, {low} to {high}"
