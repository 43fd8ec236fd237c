"""The file of words: the entries behind names, needs, offers and messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from segmint.complaints import fields_at, first_of, wanted
from segmint.errors import ConfigError
from segmint.toml_files import parse_toml, read_toml_text

Kind = Literal["need", "offer", "message", "timing", "order", "avoid"]


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


class Condition(_Entries):
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

    def written_out(self, labels: Mapping[str, str], levels: Mapping[str, str]) -> Self:
        """Write the expressions of a label and a level that have a name."""
        level = None if self.level is None else levels.get(self.level, self.level)
        return self.model_copy(update={"label": labels.get(self.label, self.label), "level": level})


_Condition = TypeVar("_Condition", bound=Condition)


class Part(Condition):
    """A part of a name: a noun, an adjective or something held."""

    text: Name


class Advice(Condition):
    """What those seem to need of whom the condition holds, or what to do with them."""

    kind: Kind
    text: Line
    who: Line | None = None
    unless: list[Condition] = []

    def written_out(self, labels: Mapping[str, str], levels: Mapping[str, str]) -> Self:
        """Write the expressions that have a name, its own and those that hold it back."""
        unless = [other.written_out(labels, levels) for other in self.unless]
        return super().written_out(labels, levels).model_copy(update={"unless": unless})


class ByResponse(_Entries):
    """What to do by response alone."""

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


class Questions(_Entries):
    """What to ask in the next calls."""

    list: list[Line]


class Words(_Entries):
    """The file as a whole; see the comments in the shipped one."""

    labels: dict[str, Pattern] = {}
    levels: dict[str, Pattern] = {}
    noun: list[Part] = []
    adjective: list[Part] = []
    holding: list[Part] = []
    advice: list[Advice] = []
    by_response: list[ByResponse] = []
    questions: Questions | None = None

    def written_out(self) -> Self:
        """Write for each label and level that has a name in `labels` or `levels` its expression."""

        def out(entries: Sequence[_Condition]) -> list[_Condition]:
            return [entry.written_out(self.labels, self.levels) for entry in entries]

        parts = {"noun": out(self.noun), "adjective": out(self.adjective), "holding": out(self.holding)}
        return self.model_copy(update={**parts, "advice": out(self.advice)})


@lru_cache(maxsize=1)
def shipped_words() -> str:
    """Return the shipped rules of words as TOML, to start one's own from."""
    return resources.files("segmint.segments").joinpath("words.toml").read_text("utf-8")


def load_words(path: str | Path | None = None) -> Words:
    """Load the rules of words: the shipped ones, or the user's own TOML file.

    Raises
    ------
    ConfigError
        If the file cannot be read or an entry makes no sense.
    """
    try:
        words = Words.model_validate(parse_toml(shipped_words() if path is None else read_toml_text(Path(path))))
        return words.written_out()
    except ValidationError as error:
        came, expected = _first_complaint(error)
    except (OSError, ValueError) as error:
        came, expected = str(error), "a TOML file in UTF-8"
    raise ConfigError(
        f"The words in '{path}' cannot be used: {came}.",
        expected=expected,
        fix="compare with the shipped words: segmint words init",
    )


def _first_complaint(error: ValidationError) -> tuple[str, str]:
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
