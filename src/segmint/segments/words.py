"""Segments in words: a name, who they are, how they responded, what to do; every sentence carries its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segmint.segments.advice import advice_for
from segmint.segments.brought import brought_by
from segmint.segments.call_order import DESCRIBED, Step, call_order
from segmint.segments.cuts import Cuts
from segmint.segments.evidence import Sentence
from segmint.segments.names import call_segments, columns_of_name, names_by_themselves
from segmint.segments.profile import Profiles, SegmentProfile
from segmint.segments.sentences import best_calls, how_they_responded, too_few, what_they_hold, who_they_are
from segmint.segments.word_file import Words, load_words


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
    currency: str,
    names: Mapping[str, str] | None,
    cuts: Cuts | None,
    all_reached: bool,
    differs: bool,
    known: bool,
) -> tuple[SegmentWords, ...]:
    """Say every segment: the same profiles and rules give the same words.

    Parameters
    ----------
    profiles : Profiles
    rules : Words, optional
        From `load_words`.
    currency : str
        Of profits.
    names : mapping or None
        Names that people gave, each under a segment's key or the name that it has by itself.
    cuts : Cuts or None
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
    own_names = names_by_themselves(profiles, rules, cuts)
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


def _steps(profiles: Profiles, differs: bool) -> dict[str, Step]:
    """Say what to do with each segment, as the headline of all of them does."""
    segments = profiles.to_json()
    return call_order({"segments": segments, "brought": brought_by(segments), "proof": {"differs": differs}})


def _sentences(
    segment: SegmentProfile, rules: Words, currency: str, step: Step | None, all_reached: bool
) -> list[Sentence]:
    responded = how_they_responded(segment, currency, all_reached)
    if segment.customers < DESCRIBED:
        return [too_few(segment), *responded]
    return [
        *who_they_are(segment, columns_of_name(segment, rules)),
        *responded,
        *what_they_hold(segment, currency),
        *best_calls(segment, step),
        *advice_for(segment, rules, step),
    ]
