"""What `segments.json` holds: written when segments are found, read by every page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict, cast

from pydantic import Field, ValidationError, model_validator

from segmint.complaints import said
from segmint.contract.column import Column
from segmint.segments.brought import Brought
from segmint.segments.state import MOST_SEGMENTS, Number, State, Text, Told, require_columns

EVERYBODY = ("customers", "all")  # column and level of what rests on nothing but how many they are
OF_RULES = "The rules"  # a missed gate that begins so is of the rules, and not of the segments


class WeighedSegments(TypedDict):
    """What the order of calls is read from."""

    segments: list[dict[str, Any]]
    brought: Brought | None
    proof: dict[str, Any] | None


class KeptSegments(WeighedSegments):
    """The file as a whole; older runs lack some of it."""

    format: int
    kind: str
    keys: list[str]
    state: dict[str, Any] | None
    gaps: dict[str, Any]
    choice: dict[str, Any] | None
    stability: dict[str, Any] | None
    sizes: dict[str, Any]
    rules: dict[str, Any]
    questions: list[str]
    cramers_v: float | None
    beside_known: dict[str, Any] | None
    money: dict[str, Any] | None
    no_money: str
    gates_missed: list[str]
    names_in_vain: list[str]


class _Evidence(Told):
    column: Text
    level: Text


class _Sentence(Told):
    kind: Text
    text: Text
    evidence: list[_Evidence]


class _Rate(Told):
    rate: Number
    low: Number
    high: Number


class _Segment(Told):
    key: Text
    name: Text
    own_name: Text | None = None
    customers: Annotated[int, Field(ge=0)]
    share: Annotated[float, Field(ge=0, le=1)]
    jaccard: Number | None = None
    response: _Rate | None = None
    sentences: list[_Sentence]


class _BroughtSegment(Told):
    key: Text
    each: Number
    low: Number
    high: Number
    part: Number


class _Brought(Told):
    in_money: bool
    base: Number
    segments: list[_BroughtSegment]


class _Proof(Told):
    differs: bool


class _Gap(Told):
    empty: Number
    rare: Number


class _Kept(Told):
    kind: Literal["known", "discovered"]
    state: State | None
    segments: Annotated[list[_Segment], Field(min_length=1, max_length=10 * MOST_SEGMENTS)]
    brought: _Brought | None = None
    proof: _Proof | None = None
    gaps: Annotated[dict[Text, _Gap], Field(default_factory=dict)]

    @model_validator(mode="after")
    def _fits(self) -> _Kept:
        if (self.kind == "known") != (self.state is None):
            raise ValueError("it has no state by which it could assign, or one that it cannot have")
        if self.state is not None and self.state.count != len(self.segments):
            raise ValueError("its state has not as many segments as are described")
        keys = {segment.key for segment in self.segments}
        if len(keys) != len(self.segments):
            raise ValueError("two of its segments have one key")
        if self.brought is not None and not keys.issuperset(part.key for part in self.brought.segments):
            raise ValueError("it weighs a segment that it does not describe")
        return self


def read_segments(told: Mapping[str, Any], columns: Sequence[Column] | None = None) -> KeptSegments:
    """Read the content of ``segments.json``, checking whatever customers are assigned and segments are weighed by.

    Parameters
    ----------
    told : mapping
    columns : sequence of Column, optional
        Those of the contract that the segments were found under, at their moment.

    Raises
    ------
    ValueError
        If it is not as segmint writes it: says where, and quotes nothing of it.
    """
    try:
        kept = _Kept.model_validate(told)
    except ValidationError as error:
        raise ValueError(said(error)) from None
    if kept.state is not None and columns is not None:
        require_columns(kept.state, columns)
    return cast(KeptSegments, told)


def sentences_of(segment: Mapping[str, Any], kind: str) -> list[str]:
    """Return what is said of a kind; what would be said of everybody, as nothing else is known, is nothing."""
    return [said["text"] for said in segment["sentences"] if said["kind"] == kind and not is_of_everybody(said)]


def is_of_everybody(said: Mapping[str, Any]) -> bool:
    """Whether a sentence rests on nothing but how many they are."""
    return any((proof["column"], proof["level"]) == EVERYBODY for proof in said["evidence"])


def said_of(segment: Mapping[str, Any]) -> str:
    """Return what a segment is called, or what describes it where its key is its name."""
    return str(segment["name"] if segment["name"] != segment["key"] else segment.get("own_name", segment["name"]))
