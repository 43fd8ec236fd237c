"""Segments as rules: a small tree over the labels, in sentences and in SQL, with its fidelity on rows kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from segmint.contract.cells import TRUTHS
from segmint.segments.assign import given_labels
from segmint.segments.coding import (
    NO_ANSWER,
    RAREST_LEVEL,
    State,
    encode,
    learn_coding,
    no_value_of,
    tell_apart,
    uncoded_in_words,
)
from segmint.segments.inputs import SegmentInputs, as_inputs
from segmint.segments.stability import Labels
from segmint.segments.tree import find_leaves, grow_tree, leaf_nodes, leaf_paths
from segmint.wording import listed, percent

MOST_LEAVES = 12
GROWN_LEAVES = 48
KEPT_APART = 0.3
FAITHFUL = 0.90  # share of customers whom twelve rules put into their segment
NOT_A_NUMBER = ("NaN", "nan")  # as PostgreSQL and DuckDB write it
BEYOND = "1e100"  # every number of a table lies below, NaN does not; a cast of 'NaN' is 0 to some databases

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class SegmentRule:
    """One leaf: which segment, in words and in SQL.

    Attributes
    ----------
    segment : int
        From 0.
    sentence : str
        "age is 60 or more, and profession is retired".
    condition : str
        The same as an SQL condition.
    customers : int
        How many of the customers the tree grew on.
    purity : float
        Share of them who are in the segment.
    also : tuple of str
        Which customers it holds for besides, of whom nothing is known that it asks for: "town not known, new or rare".
    """

    segment: int
    sentence: str
    condition: str
    customers: int
    purity: float
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class SegmentRules:
    """Rules that say who belongs to which segment.

    Attributes
    ----------
    rules : tuple of SegmentRule
    fidelity : float
        Share of customers on rows kept apart whom the rules put into their segment.
    rows_apart : int
    coding, tree : JSON
        The tree behind the rules, and how its columns are coded.
    """

    rules: tuple[SegmentRule, ...]
    fidelity: float
    rows_apart: int
    coding: tuple[State, ...]
    tree: State

    @property
    def faithful(self) -> bool:
        """Whether the rules may stand for the segments."""
        return self.fidelity >= FAITHFUL

    def also_in(self, segment: int) -> tuple[str, ...]:
        """Return which customers its rules put into a segment without knowing what they ask for."""
        return tuple(dict.fromkeys(also for rule in self.rules if rule.segment == segment for also in rule.also))

    def frame(self) -> pl.DataFrame:
        """Return one row per rule."""
        return pl.DataFrame([{**asdict(rule), "also": "; ".join(rule.also)} for rule in self.rules])

    def sql(self, keys: tuple[str, ...]) -> str:
        """Write the rules as one SQL CASE expression; `keys` are the segments' names in order."""
        lines = [f"  WHEN {rule.condition} THEN {_text(keys[rule.segment])}" for rule in self.rules]
        return "CASE\n" + "\n".join(lines) + '\nEND AS "segment"'

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "fidelity": self.fidelity, "rows_apart": self.rows_apart, "faithful": self.faithful,
            "rules": [asdict(rule) for rule in self.rules], "coding": list(self.coding), "tree": self.tree,
        }  # fmt: skip


def segment_rules(inputs: SegmentInputs | Any, labels: Labels, *, random_state: int | None = None) -> SegmentRules:
    """Say segments in at most twelve rules.

    Parameters
    ----------
    inputs : SegmentInputs, or a Polars, pandas or Arrow table of shape (n_customers, n_columns)
        See `segment_inputs`; of a plain frame every column is taken.
    labels : ndarray of int of shape (n_customers,)
        The segment of each customer, from 0.
    random_state : int or None
        Which three tenths of the customers are kept apart to measure the fidelity.

    Returns
    -------
    SegmentRules

    Raises
    ------
    DataError
        If a category has a thousand levels or more, or fewer than two columns vary.
    ValueError
        If `labels` are not of as many customers, or no whole numbers from 0.
    """
    inputs = as_inputs(inputs)
    labels = given_labels(labels, inputs.frame.height)
    coding = learn_coding(inputs)
    design = encode(coding, inputs.frame)
    shuffled = np.random.default_rng(random_state).permutation(inputs.in_order(labels))
    apart, grown = np.split(shuffled, [int(KEPT_APART * len(labels))])
    tree = grow_tree(
        design.codes[grown],
        design.sizes,
        [bool(state["ordered"]) for state in coding],
        labels[grown],
        leaves=MOST_LEAVES,
        smallest=max(10, len(grown) // 200),
        prune_from=GROWN_LEAVES,
    )
    votes = np.array([int(np.argmax(leaf["counts"])) for leaf in leaf_nodes(tree)])
    told = votes[find_leaves(tree, design.codes[apart])]
    names = {column.name: column.label for column in inputs.columns}
    lacking = [int((design.codes[:, place] < 0).sum()) >= RAREST_LEVEL for place in range(len(coding))]
    return SegmentRules(
        rules=tuple(_rules(tree, coding, names, lacking)),
        fidelity=float((told == labels[apart]).mean()),
        rows_apart=len(apart),
        coding=tuple(coding),
        tree=tree,
    )


def rules_as_sql(
    rules: SegmentRules, keys: Sequence[str], names: Sequence[str], descriptions: Sequence[str] | None = None
) -> str:
    """Write rules as SQL for the bank's own table, with how well they agree and what the segments are called.

    Parameters
    ----------
    rules : SegmentRules
    keys, names, descriptions : sequence of str
        Of the segments, in order; who is in each stands beside its key, where its name does not say it.
    """
    agree = f"On customers kept apart these rules agree with the segments in {percent(rules.fidelity, 0)} of cases."
    doubt = () if rules.faithful else ("Too few to stand for the segments: assign new customers with segmint.",)
    named = []
    for place, (key, name) in enumerate(zip(keys, descriptions or names, strict=True)):
        named.append(f"{key}: {name}")
        if also := rules.also_in(place):
            named.append(f"{key} takes in customers with {'; '.join(also)}")
    sql = rules.sql(tuple(names))
    nan = (f"NaN counts as no value: databases hold it for greater than {BEYOND}.",) if BEYOND in sql else ()
    comments = [f"-- {' '.join(line.split())}" for line in (agree, *doubt, *nan, *named)]
    return "\n".join((*comments, sql, ""))


def _rules(tree: State, coding: list[State], names: dict[str, str], lacking: list[bool]) -> list[SegmentRule]:
    """Read every leaf as a rule; `lacking` tells of which columns customers lack a value."""
    found = []
    for leaf, path in leaf_paths(tree, [len(state["labels"]) for state in coding]):
        counts = np.asarray(leaf["counts"])
        pairs = [(column, set(levels)) for column, levels in sorted(path.items())]
        sentence = ", and ".join(
            _sentence(coding[column], levels, names[coding[column]["column"]], lacking[column])
            for column, levels in pairs
        )
        found.append(
            SegmentRule(
                segment=int(counts.argmax()),
                sentence=sentence or "everyone",
                condition=" AND ".join(_condition(coding[column], levels) for column, levels in pairs) or "TRUE",
                customers=int(counts.sum()),
                purity=float(counts.max() / counts.sum()),
                also=uncoded_on(path, coding, names),
            )
        )
    return sorted(found, key=lambda rule: (rule.segment, -rule.customers))


def uncoded_on(
    path: Mapping[int, frozenset[int]], coding: Sequence[State], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Say which values take a path through a tree though they have no code: "town not known, new or rare"."""
    uncoded = [coding[column] for column, levels in sorted(path.items()) if -1 in levels]
    return tuple(f"{names[state['column']]} {words}" for state in uncoded if (words := uncoded_in_words(state)))


def _sentence(state: State, levels: set[int], label: str, lacking: bool) -> str:
    every = set(range(len(state["labels"])))
    named = levels & every
    without = lacking and -1 in levels
    if not named:
        return f"{label} is {no_value_of(state)}"
    return f"{label} is {_said(state, named, every - named, lacking and not without)}" + (
        f" or {no_value_of(state)}" if without else ""
    )


def _said(state: State, named: set[int], rest: set[int], there: bool) -> str:
    """Say levels by their range, or by those they are not where these are fewer; `there`: a value is asked for."""
    if state["type"] == "bands" and (spoken := range_in_words(state, named)):
        return spoken
    if there and not rest:
        return "any value"
    if len(rest) < len(named) and rest:
        others = in_few_words(state, rest)
        return "not " + listed([*others, no_value_of(state)] if there else others, last="or")
    return listed(in_few_words(state, named), last="or")


def in_few_words(state: State, levels: set[int]) -> list[str]:
    """Say every level in its own words, and bands next to each other as one range."""
    first = len(state.get("states", ()))
    bands = range(first, first + len(state["cuts"]) + 1) if state["type"] == "bands" else range(0)
    runs = [*_runs(levels & {*bands}), *([level] for level in levels - {*bands})]
    return [range_in_words(state, {*run}) if len(run) > 1 else state["labels"][run[0]] for run in sorted(runs)]


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """Group whole numbers that follow one another."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def range_in_words(state: State, named: set[int]) -> str:
    """Say one unbroken run of bands as a range by its very ends; "" when it is not one, or whole numbers have a band of their own."""
    first, last = len(state["states"]), len(state["states"]) + len(state["cuts"])
    run = sorted(named)
    if not run or run[0] < first or run[-1] > last or run[-1] - run[0] + 1 != len(run):
        return ""
    low = None if run[0] == first else state["cuts"][run[0] - first - 1]
    high = None if run[-1] == last else state["cuts"][run[-1] - first]
    if len(run) == 1 and all(end is None or end == round(end) for end in (low, high)):
        return ""  # "34 to 37" reads better than "from 34 to under 38"
    said = dict(zip(state["cuts"], tell_apart(state["cuts"]), strict=True))
    if high is None:
        return "any number" if low is None else f"{said[low]} or more"
    return f"under {said[high]}" if low is None else f"from {said[low]} to under {said[high]}"


def _condition(state: State, levels: set[int]) -> str:
    column = _identifier(state["column"])
    if state["type"] == "bands":
        parts = _band_parts(state, levels, _as_read(state, column))
    else:
        parts = _level_parts(state, levels, column)
    if state["missing"] in levels:
        parts.append(f"{column} IS NULL")
        if _may_hold_nan(state):
            parts.append(f"{column} >= {BEYOND}")
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"


def _may_hold_nan(state: State) -> bool:
    """Whether NaN is to be kept apart: to a database it is greater than every number, and not NULL."""
    cuts = state.get("cuts")
    return cuts is not None and not (cuts and state.get("whole", all(cut == round(cut) for cut in cuts)))


def _as_read(state: State, column: str) -> str:
    """Write a column as the contract reads it: the table as it comes has one code for what are two."""
    cases = "".join(
        f" WHEN {column} = {_literal(code['written'])} AND {_identifier(code['column'])} > {_literal(code['above'])}"
        f" THEN {_literal(code['value'])}"
        for code in reversed(state.get("recoded", []))  # of two that hold, the contract's last one counts
    )
    return f"(CASE{cases} ELSE {column} END)" if cases else column


def _level_parts(state: State, levels: set[int], column: str) -> list[str]:
    texts = any(_is_text(level) for level in state["levels"])
    no_value = sorted({*NO_ANSWER, *state["no_value"], *(() if texts else NOT_A_NUMBER)})
    named = [*state["levels"], *no_value]

    def spelled(values: list[str]) -> list[str]:
        return values if texts else _every_spelling(values, named)

    if not texts:  # whole numbers, doubles, truth values or dates in the bank's table
        column = f"CAST({column} AS VARCHAR(255))"
    known = [state["levels"][level] for level in sorted(levels) if 0 <= level < len(state["levels"])]
    if state["missing"] in levels:
        known += no_value
    parts = [f"{column} IN ({', '.join(_text(value) for value in spelled(known))})"] if known else []
    if state["other"] in levels:
        parts.append(_none_of(column, spelled(named)))
    return parts


def _is_text(level: str) -> bool:
    """Whether a level can be nothing but text to a database."""
    return level.lower() not in TRUTHS and any(map(str.isalpha, level))


def _every_spelling(values: list[str], named: list[str]) -> list[str]:
    """Add how a table may write them otherwise: the double 3 as "3.0", a truth value as "true", "TRUE" or "True"."""
    others = [f"{value}.0" for value in values if _WHOLE.fullmatch(value)]
    truths = [value for value in values if value.lower() in TRUTHS]
    others += [spelling for value in truths for spelling in (value.lower(), value.upper(), value.capitalize())]
    return list(dict.fromkeys([*values, *(other for other in others if other not in named)]))


def _none_of(column: str, named: list[str]) -> str:
    condition = f"{column} NOT IN ({', '.join(_text(level) for level in named if level)})"
    # Where an empty text is NULL, NOT IN a list that holds it is never true.
    return f"({condition} AND {column} LIKE '_%')" if "" in named else condition


def _band_parts(state: State, levels: set[int], column: str) -> list[str]:
    states, cuts = state["states"], state["cuts"]
    codes = list(dict.fromkeys([*states, *state["codes"]]))
    parts = [f"{column} = {_literal(states[level])}" for level in sorted(levels) if 0 <= level < len(states)]
    bands = [level - len(states) for level in levels if len(states) <= level <= len(states) + len(cuts)]
    if state["missing"] in levels and len(state["labels"]) == len(states):  # hardly any number, so none has a band
        bands = [0]
    for run in _runs(bands):
        limits = [f"{column} >= {_literal(cuts[run[0] - 1])}"] if run[0] > 0 else []
        if run[-1] < len(cuts):
            limits.append(f"{column} < {_literal(cuts[run[-1]])}")
        elif _may_hold_nan(state):
            limits.append(f"{column} < {BEYOND}")
        limits += [f"{column} <> {_literal(value)}" for value in codes]
        parts.append("(" + " AND ".join(limits or [f"{column} IS NOT NULL"]) + ")")
    rare = [value for value in codes if value not in states]
    if state["missing"] in levels and rare:
        parts.append(f"{column} IN ({', '.join(_literal(value) for value in rare)})")
    return parts


def _literal(number: float) -> str:
    """Write a number as SQL, with every digit."""
    return str(int(number)) if number == round(number) else repr(float(number))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
