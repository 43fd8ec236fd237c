"""What `segments.json` holds: written when segments are found, read by every page that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from segmint.segments.brought import Brought
from segmint.segments.evidence import EVERYBODY

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


def sentences_of(segment: Mapping[str, Any], kind: str) -> list[str]:
    """Return what is said of a kind; what would be said of everybody, as nothing else is known, is nothing."""
    return [said["text"] for said in segment["sentences"] if said["kind"] == kind and not is_of_everybody(said)]


def is_of_everybody(said: Mapping[str, Any]) -> bool:
    """Whether a sentence rests on nothing but how many they are."""
    return any((proof["column"], proof["level"]) == EVERYBODY for proof in said["evidence"])


def said_of(segment: Mapping[str, Any]) -> str:
    """Return what a segment is called, or what describes it where its key is its name."""
    return str(segment["name"] if segment["name"] != segment["key"] else segment.get("own_name", segment["name"]))
