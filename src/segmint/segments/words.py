"""Segments in words: a name, who they are, how they responded, what to do; every sentence carries its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, TypeVar, get_args

from segmint.contract.answer_phrases import has_or_not
from segmint.segments.brought import brought_by
from segmint.segments.call_order import DESCRIBED, Step, call_order
from segmint.segments.coding import tell_apart
from segmint.segments.cuts import Cut, Cuts, Trait
from segmint.segments.profile import FEWEST_CALLS, MARKED, Marker, Profiles, SegmentProfile, Typical
from segmint.segments.trait_words import LONGEST, band_in_words, is_answer, is_band, level_in_words, number_in_words
from segmint.segments.word_file import Advice, Condition, Kind, Part, Words, load_words
from segmint.wording import between, capital, counted, decimal, listed, percent

Entry = TypeVar("Entry", Part, Advice)
MOST = 0.5  # a name may only say what most of the segment is
SOME = 0.25  # of the segment, where it is twice as usual as among all: enough to be told what to do with, as a part
TWICE = 200.0
FAR = 0.5  # standardised difference of a number's mean: high, or low
TELLING = 0.1  # by so much more usual in a segment than in others of its name
LONGEST_NAME = 80  # a dialler shows little more
SHORTER = (LONGEST, 24, 16)  # of labels, with brief levels, where a name is longer
ASK_THEM = "For what many of them share no need and no offer is known: ask what they are saving for, and when they will need it."
EVERYBODY = ("customers", "all")  # column and level of what rests on nothing but how many they are
NOTHING_SHARED = "mixed customers"  # most of them share nothing that is rarer elsewhere
KINDS = get_args(Kind)


@dataclass(frozen=True)
class Evidence:
    """What a sentence rests on: a column's level or median in the segment, beside all customers."""

    column: str
    level: str
    value: float
    base: float | None
    index: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Sentence:
    """One sentence: its kind (who, response, worth, need, offer, message, timing, channel, avoid) and evidence."""

    kind: str
    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class SegmentWords:
    """A segment in words; `own_name` is what describes it, whatever people call it."""

    key: str
    name: str
    sentences: tuple[Sentence, ...]
    own_name: str = ""

    def of(self, kind: str) -> tuple[Sentence, ...]:
        """Return the sentences of one kind."""
        return tuple(sentence for sentence in self.sentences if sentence.kind == kind)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def say_segments(
    profiles: Profiles,
    rules: Words | None = None,
    *,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    cuts: Cuts | None = None,
    all_reached: bool = True,
    differs: bool = True,
    known: bool = False,
) -> tuple[SegmentWords, ...]:
    """Say every segment: the same profiles and rules give the same words.

    Parameters
    ----------
    profiles : Profiles
    rules : Words, optional
        From `load_words`.
    currency : str
        Of profits.
    names : mapping, optional
        Names that people gave, each under a segment's key or the name that it has by itself.
    cuts : Cuts, optional
        What tells the segments apart: names say it where a tree made the segments, or where nothing else does.
    all_reached : bool
        Whether profits are reckoned as if every call reached its customer; else rates are said of those reached, and profits
        are said as what calls would earn.
    differs : bool
        Whether the response surely differs by segment; else nothing is advised by it.
    known : bool
        Whether the bank has names for the segments, their keys: they go by these, and are only described by what they have.
    """
    rules = rules or load_words()
    own_names = _names_by_themselves(profiles, rules, cuts)
    keys = [segment.key for segment in profiles.segments]
    given = dict(names or {})
    by_key = {key: given[name] for key, name in zip(keys, own_names, strict=True) if name in given} | given
    called = call_segments(keys, keys if known else own_names, by_key)
    steps = _steps(profiles, differs)
    return tuple(
        SegmentWords(
            segment.key,
            name,
            tuple(_sentences(segment, rules, currency, steps.get(segment.key), all_reached)),
            own_name,
        )
        for segment, name, own_name in zip(profiles.segments, called, own_names, strict=True)
    )


def call_segments(keys: Sequence[str], names: Sequence[str], given: Mapping[str, str]) -> list[str]:
    """Call segments as people do, by what is given under a segment's key or its name; no two alike."""
    called = [given.get(key) or given.get(name) or name for key, name in zip(keys, names, strict=True)]
    return _numbered(called, keys)


def names_of_nobody(names: Mapping[str, str], keys: Sequence[str], own_names: Sequence[str]) -> tuple[str, ...]:
    """Return under what a name was given and no segment goes, by its key or by a name that it has."""
    theirs = {*own_names, *keys}
    return tuple(key for key in names if key not in theirs)


def say_named_twice(names: Mapping[str, str], keys: Sequence[str], own_names: Sequence[str]) -> tuple[str, ...]:
    """Say of each segment that was given one name under its key and another under the name it has, which one holds."""
    return tuple(
        f"Segment {key} was given two names; '{names[key]}' holds, and '{names[own]}' is lost."
        for key, own in zip(keys, own_names, strict=True)
        if key in names and own in names and names[key] != names[own]
    )


def say_nobody(key: str) -> str:
    """Say that a name was given under a key for which there is no segment."""
    return f"No segment is called '{key}' or has it as its number: the name given for it is nobody's."


def questions(columns_roles: Sequence[str], rules: Words | None = None) -> tuple[str, ...]:
    """Return three questions for the next calls where a table says nothing of satisfaction or interests."""
    if {"satisfaction", "interest"} & set(columns_roles):
        return ()
    return () if (asked := (rules or load_words()).questions) is None else tuple(asked.list)


def _matches(segment: SegmentProfile, entry: Condition, *, of_some: bool = False) -> tuple[float, Evidence] | None:
    """Find what in the profile bears the entry out, and how strongly: of most, or a level that a strong minority has."""
    if entry.level is not None:
        for marker in segment.markers:
            if (
                marker.difference > 0
                and (_strong(marker) if of_some else marker.of_all >= MOST)
                and re.search(entry.label, marker.label, re.IGNORECASE)
                and re.fullmatch(entry.level, marker.level, re.IGNORECASE)
            ):
                return marker.difference, evidence_of(marker)
    if entry.level is not None or of_some:
        return None
    for typical in segment.typical:
        if typical.known >= MOST and re.search(entry.label, typical.label, re.IGNORECASE):
            if entry.known and typical.known_difference >= MARKED:
                return typical.known_difference, _evidence_of_having(typical)
            # a few large numbers move a mean; that most have more is what the median says
            if (entry.above is not None and typical.difference >= entry.above and typical.side > 0) or (
                entry.below is not None and typical.difference <= entry.below and typical.side < 0
            ):
                return abs(typical.difference), _evidence_of_number(typical)
    return None


def _strong(marker: Marker) -> bool:
    return marker.of_all >= SOME and marker.index >= TWICE


def evidence_of(marker: Marker) -> Evidence:
    """Return what a marker proves."""
    return Evidence(marker.column, marker.level, marker.share, marker.base, marker.index, marker.low, marker.high)


def _evidence_of_number(typical: Typical) -> Evidence:
    return Evidence(typical.column, "median", typical.median, typical.base_median, None, None, None)


def _evidence_of_everybody(segment: SegmentProfile) -> Evidence:
    return Evidence(*EVERYBODY, float(segment.customers), None, None, None, None)


def _evidence_of_having(typical: Typical) -> Evidence:
    return Evidence(
        typical.column, "any number", typical.known, typical.base_known,
        100 * typical.known / typical.base_known, None, None,
    )  # fmt: skip


def _strongest(
    segment: SegmentProfile, entries: Iterable[Entry], most: int, *, of_some: bool = False
) -> list[tuple[Entry, Evidence]]:
    """Return the entries that hold, the strongest first, one per column and one of all that are `about` the same."""
    found = [(match, entry) for entry in entries if (match := _matches(segment, entry, of_some=of_some)) is not None]
    found.sort(key=lambda pair: (-pair[0][0], pair[1].text))
    chosen: list[tuple[Entry, Evidence]] = []
    told: set[str] = set()
    for (_, evidence), entry in found:
        subjects = {f"column {evidence.column}", f"about {evidence.column if entry.about is None else entry.about}"}
        if not subjects & told and len(chosen) < most:
            chosen.append((entry, evidence))
            told |= subjects
    return chosen


def _name(segment: SegmentProfile, rules: Words) -> str:
    adjectives = _strongest(segment, rules.adjective, 2)
    nouns = _strongest(segment, rules.noun, 1)
    holdings = _strongest(segment, rules.holding, 2 if len(adjectives) < 2 else 1)
    if not (adjectives or nouns or holdings):
        return _named_by_trait(segment)
    before, noun, after = ([entry.text for entry, _ in part] for part in (adjectives, nouns, holdings))
    return _in_order(before, noun, after)


def _named_by_trait(segment: SegmentProfile) -> str:
    """Name a segment by the strongest trait for which there is no word: a level, or numbers that are high or low."""
    far = [typical for typical in segment.typical if typical.known >= MOST and _is_far(typical)]
    traits = [(typical.difference, typical) for typical in far]
    told = {typical.column for typical in far}
    found = [
        *((abs(apart), number_in_words(typical.label, "high" if apart > 0 else "low")) for apart, typical in traits),
        *(
            (marker.difference, _in_words(marker, segment))
            for marker in _of_most(segment)
            if marker.column not in told or not is_band(marker.level)
        ),
    ]
    if not found:
        return capital(NOTHING_SHARED)
    return f"Customers {min(found, key=lambda trait: (-trait[0], trait[1]))[1]}"


def _is_far(typical: Typical) -> bool:
    """Whether numbers lie apart from those of all customers, and not those of a few with very large ones alone."""
    return abs(typical.difference) >= FAR and typical.difference * typical.side > 0


def _in_words(marker: Marker, segment: SegmentProfile) -> str:
    is_number = any(typical.column == marker.column for typical in segment.typical)
    say = band_in_words if is_number and is_band(marker.level) else level_in_words
    return say(marker.label, marker.level)


def _of_most(segment: SegmentProfile) -> Iterator[Marker]:
    """The traits that most of the segment have, the strongest first."""
    return (marker for marker in segment.markers if marker.difference > 0 and marker.of_all >= MOST)


def _names_by_themselves(profiles: Profiles, rules: Words, cuts: Cuts | None) -> list[str]:
    """Name segments by the cuts that make them, or by what most of their customers are; no two alike."""
    cuts = cuts or Cuts()
    if cuts.made_by:
        names = _named_by_cuts(cuts.made_by, rules)
    else:
        names = _distinct([_name(segment, rules) for segment in profiles.segments], profiles.segments, cuts.told_by)
    return _numbered(names, [segment.key for segment in profiles.segments])


def _named_by_cuts(made_by: Sequence[tuple[Cut, ...]], rules: Words) -> list[str]:
    """Name segments by what no other segment meets of the splits that lead to them, in shorter words where it is long."""
    chosen = [_telling_cuts(place, made_by) for place in range(len(made_by))]
    names = [_name_with_room(cuts, rules) for cuts in chosen]
    return [  # two ranges may both be low: then it takes their ends to tell them apart
        name if names.count(name) == 1 else _name_with_room(cuts, rules, exact=True)
        for name, cuts in zip(names, chosen, strict=True)
    ]


def _telling_cuts(place: int, made_by: Sequence[tuple[Cut, ...]]) -> tuple[Cut, ...]:
    """Choose the fewest of a segment's cuts, the last ones first, such that nobody in another segment meets them all."""
    own = made_by[place]
    others = [{cut.column: cut.levels for cut in cuts} for cuts in (*made_by[:place], *made_by[place + 1 :])]
    for chosen in (chosen for many in range(1, len(own)) for chosen in combinations(own, many)):
        if all(
            any(cut.column in path and cut.levels.isdisjoint(path[cut.column]) for cut in chosen) for path in others
        ):
            return chosen
    return own


def _name_with_room(cuts: tuple[Cut, ...], rules: Words, *, exact: bool = False) -> str:
    """Shorten labels and levels until a dialler shows the whole name; no condition is left out, however many there are."""
    names = [_name_of(cuts, rules, length, exact=exact) for length in (0, *SHORTER)]
    return next((name for name in names if len(name) <= LONGEST_NAME), names[-1])


def _name_of(cuts: tuple[Cut, ...], rules: Words, length: int, *, exact: bool) -> str:
    """Say conditions in the words there are for their levels, or as they are; shorter, where labels may only have a length."""
    parts: dict[str, list[str]] = {part: [] for part in ("adjective", "noun", "holding", "with")}
    for cut in cuts:
        plain = cut.shortened(length) if length else cut.text
        part, text = next(_words_for(cut, rules, exact=exact), ("with", plain))
        if part == "noun" and parts["noun"]:
            part, text = "with", plain
        parts[part].append(text)
    after = parts["holding"] + ([f"with {listed(parts['with'])}"] if parts["with"] else [])
    return _in_order(parts["adjective"], parts["noun"], after)


def _in_order(before: Sequence[str], noun: Sequence[str], after: Sequence[str]) -> str:
    """Put the parts of a name in order; "with" and "without" are said once each."""
    held: dict[str, list[str]] = {}
    for text in after:
        first, _, rest = text.partition(" ")
        said, of_what = (first, rest) if first in ("with", "without") else (text, "")
        held.setdefault(said, []).append(of_what)
    behind = " and ".join(f"{said} {listed(of_what)}".strip() for said, of_what in held.items())
    return capital(" ".join([", ".join(before), *(noun or ["customers"]), behind]).strip())


def _words_for(cut: Cut, rules: Words, *, exact: bool = False) -> Iterator[tuple[str, str]]:
    """Find words for a condition: of the file, or those for a level or a range; `exact` ones leave ranges to their ends."""
    for part, entries in (("adjective", rules.adjective), ("noun", rules.noun), ("holding", rules.holding)):
        for entry in entries:
            level = bool(cut.level) and entry.level is not None and re.fullmatch(entry.level, cut.level, re.IGNORECASE)
            known = cut.known and entry.known
            end = {"high": entry.above, "low": entry.below}.get("" if exact else cut.side)
            if (level or known or end is not None) and re.search(entry.label, cut.label, re.IGNORECASE):
                yield part, entry.text
    if cut.side and not exact and re.search(r"\d[.,]\d", cut.words):  # an amount of a customer; "3 or more" is none
        yield "holding", number_in_words(cut.label, cut.side)
    if is_answer(cut.level) and not cut.side:
        yield "holding", level_in_words(cut.label, cut.level)


def _distinct(names: list[str], segments: tuple[SegmentProfile, ...], traits: Sequence[Trait]) -> list[str]:
    """Tell segments of one name apart by what most of one have and fewer of the others: a marker, or a condition of their rules."""
    alike = _alike(names)
    names = _longer(names, [_telling_marker(place, group, segments) for place, group in enumerate(alike)])
    alike = _alike(names)
    return _longer(names, [_telling_trait(place, group, traits) for place, group in enumerate(alike)])


def _alike(names: list[str]) -> list[list[int]]:
    """List for every segment the others of its name."""
    return [
        [other for other, theirs in enumerate(names) if theirs == name and other != place]
        for place, name in enumerate(names)
    ]


def _longer(names: list[str], more: Sequence[str]) -> list[str]:
    """Add to a name that several have what tells it from the others; what does not is left out."""
    told = [f"{name}, {added}" if added else name for name, added in zip(names, more, strict=True)]
    return [longer if told.count(longer) == 1 else name for longer, name in zip(told, names, strict=True)]


def _telling_marker(place: int, others: list[int], segments: tuple[SegmentProfile, ...]) -> str:
    return _most_telling(
        (
            marker.of_all - max(_share_of(marker, segments[other]) for other in others),
            _in_words(marker, segments[place]),
        )
        for marker in _of_most(segments[place])
        if others
    )


def _share_of(marker: Marker, other: SegmentProfile) -> float:
    """How many of another segment have the level; as many as of all customers, where it is no marker there."""
    found = (theirs for theirs in other.markers if (theirs.column, theirs.level) == (marker.column, marker.level))
    return next((theirs.of_all for theirs in found), marker.base * marker.base_known)


def _telling_trait(place: int, others: list[int], traits: Sequence[Trait]) -> str:
    return _most_telling(
        (trait.at_least[place] - max(trait.at_most[other] for other in others), trait.cut.text)
        for trait in traits
        if others and trait.at_least[place] >= MOST
    )


def _most_telling(found: Iterable[tuple[float, str]]) -> str:
    """Return what is said of most more of one segment than of the others of its name; "" where hardly anything is."""
    return min(((-apart, text) for apart, text in found if apart >= TELLING), default=(0.0, ""))[1]


def _numbered(names: list[str], keys: Sequence[str]) -> list[str]:
    """Put its key behind a name that several have; again, where somebody is called just so."""
    while len(set(names)) < len(names):
        names = [name if names.count(name) == 1 else f"{name} ({key})" for name, key in zip(names, keys, strict=True)]
    return names


def _steps(profiles: Profiles, differs: bool) -> dict[str, Step]:
    """Say what to do with each segment, as the headline of all of them does."""
    segments = profiles.to_json()
    return call_order({"segments": segments, "brought": brought_by(segments), "proof": {"differs": differs}})


def _sentences(
    segment: SegmentProfile, rules: Words, currency: str, step: Step | None, all_reached: bool
) -> list[Sentence]:
    responded = _responded(segment, currency, all_reached)
    if segment.customers < DESCRIBED:
        return [_too_few(segment), *responded, *_holds(segment, currency)]
    return [
        *_who(segment),
        *responded,
        *_holds(segment, currency),
        *_best(segment),
        *_advice(segment, rules, step),
    ]


def _too_few(segment: SegmentProfile) -> Sentence:
    many = counted(segment.customers, "customer")
    return Sentence("who", f"{many}: too few to describe.", (_evidence_of_everybody(segment),))


def _percent(share: float) -> str:
    return percent(share, 0 if share >= 0.095 or share == 0 else 1)


def _who(segment: SegmentProfile) -> list[Sentence]:
    more = [marker for marker in segment.markers if marker.difference > 0]
    one_each: list[Marker] = []
    for marker in more:
        if marker.column not in {known.column for known in one_each}:
            one_each.append(marker)
    sentences = []
    if one_each:
        said = "; ".join(
            f"{_had(marker)}: {_percent(marker.share)}{_of_few(marker.known)} "
            f"(all customers: {_percent(marker.base)}{_of_few(marker.base_known)})"
            for marker in one_each[:4]
        )
        evidence = tuple(evidence_of(marker) for marker in one_each[:4])
        footnote = " Shares are of those of whom it is known." if any(_of_nearly_all(one_each[:4])) else ""
        sentences.append(Sentence("who", f"More usual than elsewhere: {said}.{footnote}", evidence))
    return sentences + [
        Sentence("who", _half(typical), (_evidence_of_number(typical),))
        for typical in segment.typical
        if abs(typical.difference) >= 0.5 and typical.known >= MOST and typical.median != typical.base_median
    ]


def _of_few(known: float) -> str:
    """Say of how many a share is, where the column says nothing of most."""
    return f" of the {_percent(known)} of whom it is known" if known < MOST else ""


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
    unit = f" {typical.unit}" if typical.unit else ""
    median, base = tell_apart([typical.median, typical.base_median])
    whose = "of them have"
    if typical.known < 1:
        whose = f"of the {_percent(min(typical.known, 0.99))} of them with a number have"
    all_of_them = "all customers with a number" if typical.base_known < 1 else "all customers"
    end = "more" if typical.median > typical.base_median else "less"
    return f"At least half {whose} {typical.label} of {median}{unit} or {end}; the median of {all_of_them} is about {base}."


def _responded(segment: SegmentProfile, currency: str, all_reached: bool) -> list[Sentence]:
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


def _holds(segment: SegmentProfile, currency: str) -> list[Sentence]:
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
    ]  # fmt: skip


def _of_the_sum(customers: float, money: float | None) -> str:
    return "." if money is None else f"; {_percent(customers)} of the customers with {_percent(money)} of the sum."


def _best(segment: SegmentProfile) -> list[Sentence]:
    return [
        Sentence(
            "channel" if "channel" in best.label else "timing",
            f"Best {best.label}, among those with {FEWEST_CALLS} or more of their calls: {best.level}, "
            f"{_percent(best.rate)} said yes ({_percent(best.low)} to {_percent(best.high)}, {best.customers:,} calls). "
            "Seen together; not proven to be the cause.",
            (Evidence(best.column, best.level, best.rate, None, None, best.low, best.high),),
        )
        for best in segment.best
    ]


def _advice(segment: SegmentProfile, rules: Words, step: Step | None) -> list[Sentence]:
    """Advise by what most are; where nothing fits most, by what a strong minority is, who are then named."""
    sentences = []
    for kind in KINDS:
        entries = [entry for entry in rules.advice if entry.kind == kind and not _held_back(segment, entry)]
        chosen = _strongest(segment, entries, 2) or _strongest(segment, entries, 2, of_some=True)
        sentences += [Sentence(kind, _to_whom(segment, entry, evidence), (evidence,)) for entry, evidence in chosen]
    if rules.advice and not any(sentence.kind in ("need", "offer", "message") for sentence in sentences):
        sentences.append(_ask_them(segment))
    return sentences + _by_response(segment, rules, step)


def _held_back(segment: SegmentProfile, advice: Advice) -> bool:
    return any(_matches(segment, other) is not None for other in advice.unless)


def _to_whom(segment: SegmentProfile, entry: Advice, evidence: Evidence) -> str:
    """Say an advice, and whom it is for where it is not for most, or where others of the segment are plainly otherwise."""
    text = entry.text
    if entry.level is None:
        return text
    of_column = [marker for marker in segment.markers if marker.difference > 0 and marker.column == evidence.column]
    mine = next(marker for marker in of_column if marker.level == evidence.level)
    others = [marker for marker in of_column if marker is not mine and _strong(marker)]
    if mine.of_all >= MOST and not others:
        return text
    return f"{_percent(mine.of_all)} of them {entry.who or f'have {mine.label} {mine.level}'}: {text}"


def _ask_them(segment: SegmentProfile) -> Sentence:
    return Sentence("need", ASK_THEM, (_evidence_of_everybody(segment),))


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
