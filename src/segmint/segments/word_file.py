"""What a file of words may hold: the entries behind names, needs, offers and messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from segmint.complaints import fields_at, first_of, wanted

Kind = Literal["need", "offer", "message", "timing", "avoid"]


def _of_people(name: str) -> str:
    """A name that a spreadsheet takes for a name."""
    if not name[:1].isalnum() or not name.isprintable():
        raise ValueError("a name of one line that begins with a letter or a digit")
    return name


def _of_one_line(text: str) -> str:
    """A sentence that no spreadsheet takes for a formula."""
    if not text or text[0] in "=+-@" or not text.isprintable():
        raise ValueError("a text of one line that does not begin with =, +, - or @")
    return text


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression ({error})") from error
    return pattern


Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_of_people)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_of_one_line)]
Pattern = Annotated[str, AfterValidator(_compiles)]


class _Entries(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Trait(_Entries):
    """When an entry holds: by a level, or by a number."""

    label: Pattern
    level: Pattern | None = None
    above: float | None = None
    below: float | None = None
    known: bool = False
    about: str | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        by_number = self.known or self.above is not None or self.below is not None
        if by_number == (self.level is not None):
            raise ValueError("either a level, or one of above, below and known = true")
        return self


class _Part(_Trait):
    text: Name


class _Advice(_Trait):
    kind: Kind
    text: Line
    who: Line | None = None
    unless: list[_Trait] = []


class _ByResponse(_Entries):
    kind: Kind
    text: Line
    above: float | None = None
    below: float | None = None
    best: bool | None = None
    in_money: bool | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("above or below, an index to the base rate")
        return self


class _Questions(_Entries):
    list: list[Line]


class Words(_Entries):
    """The file as a whole; see the comments in the shipped one."""

    labels: dict[str, Pattern] = {}
    noun: list[_Part] = []
    adjective: list[_Part] = []
    holding: list[_Part] = []
    advice: list[_Advice] = []
    by_response: list[_ByResponse] = []
    questions: _Questions | None = None


def first_complaint(error: ValidationError) -> tuple[str, str]:
    """Say what a file of words holds that makes no sense, and what was expected."""
    complaints = error.errors(include_url=False)
    first = first_of(complaints)
    *above, last = first["loc"]
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place} is unknown", "one of " + ", ".join(fields_at(Words, above))
    if first["type"] == "missing":
        return f"{_place(above)} has no {last}", f"a {last}"
    if not above and first["type"] == "list_type":
        return f"{place} is no list", f"entries that begin with [[{last}]]"
    given: Any = first["input"]
    return f"{place} makes no sense" + ("" if isinstance(given, dict | list) else f": {given!r}"), wanted(first)


def _place(loc: Sequence[str | int]) -> str:
    """Name a place as people count: "noun 3, level"."""
    section, *rest = [str(part + 1) if isinstance(part, int) else part for part in loc]
    number = f" {rest.pop(0)}" if rest and rest[0].isdigit() else ""
    return ", ".join([section + number, *rest])
