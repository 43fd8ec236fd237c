"""What tells segments apart: the splits of a tree, in words short enough for a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Mask
from segmint.segments.coding import Codes, State, encode, no_value_of
from segmint.segments.inputs import SegmentInputs
from segmint.segments.rules import SegmentRules, in_few_words, range_in_words
from segmint.segments.stability import Labels
from segmint.segments.trait_words import LONGEST, Side
from segmint.segments.tree import leaf_paths
from segmint.wording import listed, shorten

LISTED, SHORT = 36, 24  # of all levels in a name, or of the first ones where the others are only counted
HALF = 0.55  # of the customers: a range at an end with more of them in it is no high and no low one
BRIEF = 12  # of a level where a name would be too long


@dataclass(frozen=True)
class Cut:
    """One condition of a tree.

    Attributes
    ----------
    column, label : str
        The column, and its name for people.
    words : str
        What is asked of it: "62 or more", "not retired".
    levels : frozenset of int
        The same as codes of levels; -1 is no value.
    level : str
        The level, where it is a single one; "" otherwise.
    known : bool
        Whether nothing but a number is asked for.
    brief : str
        The words where there is little room; "" where there are no others.
    side : str
        Where a range of numbers lies among those of all customers: "low", "not low"; "" of anything else.
    """

    column: str
    label: str
    words: str
    levels: frozenset[int]
    level: str = ""
    known: bool = False
    brief: str = ""
    side: Side = ""

    @property
    def text(self) -> str:
        """The condition as a name says it."""
        return f"{shorten(self.label, LONGEST)} {self.words}"

    def shortened(self, length: int) -> str:
        """The condition where its label may have only so many characters."""
        return f"{shorten(self.label, length)} {self.brief or self.words}"


@dataclass(frozen=True)
class Trait:
    """A condition of the rules, and which share of each segment meets it: at least and at most, as far as the tree tells."""

    cut: Cut
    at_least: tuple[float, ...]
    at_most: tuple[float, ...]


@dataclass(frozen=True)
class Cuts:
    """What names may say of the cuts between segments.

    Attributes
    ----------
    made_by : tuple of tuples of Cut
        By segment the conditions that make it, the last split first; empty where no tree makes the segments.
    told_by : tuple of Trait
        The conditions of the rules that say segments after they were found.
    """

    made_by: tuple[tuple[Cut, ...], ...] = ()
    told_by: tuple[Trait, ...] = ()


def cuts_of(
    state: dict[str, Any] | None, rules: SegmentRules, inputs: SegmentInputs, segments: Labels, count: int
) -> Cuts:
    """Read the cuts between segments off the tree that made them, or off their rules.

    Parameters
    ----------
    state : dict or None
        Of the finder; None for known segments.
    rules : SegmentRules
    inputs : SegmentInputs of shape (n_customers, n_columns)
    segments : ndarray of int of shape (n_customers,)
        The segment of each customer, from 0: of many levels the most usual ones are named.
    count : int
        Of segments.
    """
    labels = {column.name: column.label for column in inputs.columns}
    if state is not None and state["method"] == "tree":
        return Cuts(made_by=_made_by(state, labels, encode(state["coding"], inputs.frame).codes, segments))
    return Cuts(told_by=_told_by(rules, labels, encode(rules.coding, inputs.frame).codes, count))


def _made_by(state: State, labels: Mapping[str, str], codes: Codes, segments: Labels) -> tuple[tuple[Cut, ...], ...]:
    made: dict[int, tuple[Cut, ...]] = {}
    for leaf, path in leaf_paths(state["tree"], _sizes(state["coding"])):
        segment = state["segment_of_leaf"][leaf["leaf"]]
        made[segment] = tuple(
            _cut(state["coding"][column], levels, labels, codes[:, column], segments == segment)
            for column, levels in reversed(path.items())
        )
    return tuple(made[place] for place in sorted(made))


def _told_by(rules: SegmentRules, labels: Mapping[str, str], codes: Codes, count: int) -> tuple[Trait, ...]:
    paths = [(_counts(leaf, count), path) for leaf, path in leaf_paths(rules.tree, _sizes(rules.coding))]
    whole = np.maximum(sum((counts for counts, _ in paths), np.zeros(count)), 1)
    traits = []
    for column, levels in dict.fromkeys(split for _, path in paths for split in reversed(path.items())):
        every = _every(rules.coding[column])
        meet, fail = np.zeros(count), np.zeros(count)
        for counts, path in paths:
            here = path.get(column, every)
            meet += counts * (here <= levels)
            fail += counts * here.isdisjoint(levels)
        at_least, at_most = meet / whole, 1 - fail / whole
        cut = _cut(rules.coding[column], levels, labels, codes[:, column], np.isin(codes[:, column], [*levels]))
        traits.append(Trait(cut, tuple(at_least), tuple(at_most)))
    return tuple(traits)


def _counts(leaf: State, count: int) -> NDArray[np.float64]:
    counts = np.asarray(leaf["counts"], np.float64)  # of the last segments there may have been nobody
    return np.pad(counts, (0, count - len(counts)))


def _sizes(coding: Sequence[State]) -> list[int]:
    return [len(state["labels"]) for state in coding]


def _every(state: State) -> frozenset[int]:
    return frozenset(range(-1, len(state["labels"])))


def _cut(state: State, levels: frozenset[int], labels: Mapping[str, str], codes: Codes, theirs: Mask) -> Cut:
    """Say one condition; `codes` are the column's, `theirs` tells of which customers it is said."""
    column, every = state["column"], set(range(len(state["labels"])))
    named = set(levels) & every
    bands = every - set(range(len(state.get("states", ())))) - {state["missing"]}
    full, short = (_usual_first(state["labels"], codes, theirs, length) for length in (LONGEST, BRIEF))
    return Cut(
        column=column,
        label=labels[column],
        words=_said(state, named, every - named, full, _some),
        levels=levels,
        level=state["labels"][min(named)] if len(named) == 1 else "" if named else no_value_of(state),
        known=state["type"] == "bands" and named == bands,
        brief=_said(state, named, every - named, short, _first),
        side=_side(state, named, codes),
    )


def _side(state: State, named: set[int], codes: Codes) -> Side:
    """Tell whether a range of bands is that of at most half the customers with the lowest numbers, or the highest."""
    if state["type"] != "bands":
        return ""
    bands = [band for band in range(len(state["states"]), len(state["labels"])) if band != state["missing"]]
    run = sorted(named)
    if not run or len(run) == len(bands) or not named.issubset(bands) or run[-1] - run[0] + 1 != len(run):
        return ""
    mine = np.isin(codes, run)
    few = mine.sum() <= HALF * np.isin(codes, bands).sum()
    if bands[0] in named:
        return "low" if few else "not high"
    if bands[-1] in named:
        return "high" if few else "not low"
    return "medium"


def _usual_first(labels: list[str], codes: Codes, theirs: Mask, length: int) -> list[int]:
    """Rank levels by how many of them have each, then by how many of all: of what they are not, none of them has any.

    Levels that look like another where they are shortened to a length come last.
    """
    here, everywhere = (np.bincount(some[some >= 0], minlength=len(labels)) for some in (codes[theirs], codes))
    shown = [shorten(label, length) for label in labels]
    return sorted(
        range(len(labels)),
        key=lambda level: (shown.count(shown[level]) > 1, -here[level], -everywhere[level], labels[level]),
    )


def _said(
    state: State, named: set[int], rest: set[int], rank: list[int], say: Callable[[list[str], list[str]], str]
) -> str:
    """Say levels in a few words; that some have no value is left to the rules."""
    if not named:
        return no_value_of(state)
    if not rest:
        return "known"
    if state["type"] == "bands" and (spoken := range_in_words(state, named)):
        return spoken
    told = rest if len(rest) < len(named) else named
    words = say(in_few_words(state, told), [state["labels"][level] for level in rank if level in told])
    return f"not {words}" if told is rest else words


def _some(in_order: list[str], usual_first: list[str]) -> str:
    words = [shorten(level, LONGEST) for level in in_order]
    if len(words) == 1 or len(listed(words, last="or")) <= LISTED:
        return listed(words, last="or")
    words = [shorten(level, LONGEST) for level in usual_first]
    kept = 2 if len(words) > 2 and len(", ".join(words[:2])) <= SHORT else 1
    return listed([*words[:kept], f"{len(words) - kept} more"], last="or")


def _first(in_order: list[str], usual_first: list[str]) -> str:
    whole = listed(in_order, last="or")
    if len(whole) <= SHORT:
        return whole
    first = shorten(usual_first[0], BRIEF)
    return first if len(usual_first) == 1 else f"{first} or {len(usual_first) - 1} more"
