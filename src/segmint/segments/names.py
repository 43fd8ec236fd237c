"""Names of segments: by what most of their customers are, by the splits that make them, or as people call them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from segmint.segments.cuts import Cut, Cuts, Trait
from segmint.segments.evidence import MOST, Evidence, strongest
from segmint.segments.profile import Marker, Profiles, SegmentProfile, Typical
from segmint.segments.trait_words import LONGEST, band_in_words, is_answer, is_band, level_in_words, number_in_words
from segmint.segments.word_file import Part, Words
from segmint.wording import capital, listed

FAR = 0.5  # standardised difference of a number's mean: high, or low
TELLING = 0.1  # by so much more usual in a segment than in others of its name
LONGEST_NAME = 80  # a dialler shows little more
SHORTER = (LONGEST, 24, 16)  # of labels, with brief levels, where a name is longer
NOTHING_SHARED = "mixed customers"  # most of them share nothing that is rarer elsewhere


def names_by_themselves(profiles: Profiles, rules: Words, cuts: Cuts | None) -> list[str]:
    """Name segments by the cuts that make them, or by what most of their customers are; no two alike."""
    cuts = cuts or Cuts()
    if cuts.made_by:
        names = _named_by_cuts(cuts.made_by, rules)
    else:
        names = _distinct([_name(segment, rules) for segment in profiles.segments], profiles.segments, cuts.told_by)
    return _numbered(names, [segment.key for segment in profiles.segments])


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


def columns_of_name(segment: SegmentProfile, rules: Words) -> set[str]:
    """Return the columns whose words name a segment."""
    return {evidence.column for part in _parts(segment, rules) for _, evidence in part}


def _name(segment: SegmentProfile, rules: Words) -> str:
    parts = _parts(segment, rules)
    if not any(parts):
        return _named_by_trait(segment)
    before, noun, after = ([entry.text for entry, _ in part] for part in parts)
    return _in_order(before, noun, after)


def _parts(segment: SegmentProfile, rules: Words) -> tuple[list[tuple[Part, Evidence]], ...]:
    """Choose what stands before the noun of a name, the noun, and what stands behind it."""
    adjectives = strongest(segment, rules.adjective, 2)
    nouns = strongest(segment, rules.noun, 1)
    return adjectives, nouns, strongest(segment, rules.holding, 2 if len(adjectives) < 2 else 1)


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
    """Put the parts of a name in order; "with" is said once, "without" of each: what follows an "and" is read as held."""
    held: dict[str, list[str]] = {}
    for text in after:
        first, _, rest = text.partition(" ")
        said, of_what = (first, rest) if first == "with" else (text, "")
        held.setdefault(said, []).append(of_what)
    behind = " and ".join(f"{said} {listed(list(filter(None, of_what)))}".strip() for said, of_what in held.items())
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
