"""What a setting should have been, in plain words: pydantic says it to programmers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from segmint.wording import LONE_SURROGATE, did_you_mean

Complaint = TypeVar("Complaint", bound=Mapping[str, Any])

_PLAIN = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "string": "a text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a section of settings",
    "model": "a section of settings",
    "path": "a path",
}
_KINDS = ("type", "parsing", "number", "from_float", "parsing_size")  # int_type, bool_parsing, finite_number


class Section(BaseModel):
    """A section of settings: no unknown key, and no value that Python would take for another."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_what_it_looks_like(cls, given: object, info: ValidationInfo) -> object:
        """Refuse what Python takes and no run can keep, or means otherwise.

        That is a truth value for a number, which it is to Python; a table for a list, as one would go through its columns; and
        a lone surrogate, which no file can hold.
        """
        annotation = cls.model_fields[str(info.field_name)].annotation
        kinds = _kinds(annotation)
        values = given if isinstance(given, list | tuple) else [given]
        is_number = bool not in kinds and (int in kinds or float in kinds)
        if is_number and any(isinstance(each, bool | np.bool_) for each in values):
            raise ValueError("a number, not true or false")
        if get_origin(annotation) is tuple and isinstance(given, Iterable) and hasattr(given, "columns"):
            raise ValueError("a list, not a table")
        texts = [*given, *given.values()] if isinstance(given, Mapping) else values
        if any(isinstance(each, str | Path) and LONE_SURROGATE.search(str(each)) for each in texts):
            raise ValueError("text that can be written in UTF-8")
        return given


def _kinds(annotation: Any) -> list[Any]:
    return [annotation, *(kind for part in get_args(annotation) for kind in _kinds(part))]


def first_of(complaints: Sequence[Complaint]) -> Complaint:
    """Choose the complaint to tell: a misspelt key before all else, as it is a missing key too and the better news."""
    return min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")


def said(error: Exception, known: Iterable[str] = ()) -> str:
    """Say an error, of pydantic's the first complaint and its place, not what came; `known` keys may have been meant."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = first_of(error.errors(include_url=False, include_input=False))
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        meant = did_you_mean(str(first["loc"][-1]), known)
        return f"unknown key '{place}'" + (f", {meant}" if meant else "")
    return f"{place + ': ' if place else ''}{first['msg'].removeprefix('Value error, ')}"


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Find the section that a field holds: itself, in a list, or where there is one."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def is_list(annotation: Any) -> bool:
    """Whether a field holds sections one after the other, each written as a block of its own."""
    return get_origin(annotation) is tuple and section_in(annotation) is not None


def fields_at(model: type[BaseModel], place: Sequence[str | int]) -> tuple[str, ...]:
    """Name the keys that are known at a place below a section: those of a quota at ("quotas", 0)."""
    for part in place:
        field = model.model_fields.get(str(part))
        model = (field and section_in(field.annotation)) or model
    return tuple(model.model_fields)


def wanted(complaint: Mapping[str, Any]) -> str:
    """Say what was expected.

    Parameters
    ----------
    complaint : mapping
        One of pydantic's errors: type, msg, ctx.

    Returns
    -------
    str
        "a whole number", "1 or more".
    """
    kind, rest = str(complaint["type"]).partition("_")[::2]
    limits = complaint.get("ctx", {})
    if kind in _PLAIN and rest in _KINDS:
        return _PLAIN[kind]
    if complaint["type"] == "string_too_short":
        return (
            "a text that is not empty" if limits["min_length"] == 1 else f"at least {limits['min_length']} characters"
        )
    if complaint["type"] == "string_too_long":
        return f"at most {limits['max_length']} characters"
    if complaint["type"] in ("too_short", "too_long"):
        least = complaint["type"] == "too_short"
        return f"a list of at {'least' if least else 'most'} {limits['min_length' if least else 'max_length']}"
    return str(complaint["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
