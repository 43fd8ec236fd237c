"""What can be set, said by the settings themselves: names, what holds when nothing is said, meanings."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Any

import tomlkit
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from segmint.complaints import is_list, section_in
from segmint.config import Config
from segmint.contract.column_match import suggested
from segmint.errors import ConfigError

_ATTRIBUTE = re.compile(r"(?P<names>\w+(?:, \w+)*)(?: : (?P<kind>.+))?$")

_CHOICE = re.compile(r"\{(.+?)\}")
_NOTHING = re.compile(r"\bNone (is|\w+s)\b")


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes
    ----------
    key : str
        The full dotted key: "data.at"; "policy.exclude[].name" of each entry of a list.
    default : str or None
        What holds when nothing is said, as TOML; "" for nothing, None if it must be given.
    meaning : str
    """

    key: str
    default: str | None
    meaning: str


@dataclass(frozen=True)
class Section:
    """One section of the settings; the one of those that stand above all sections has no name."""

    name: str
    meaning: str
    settings: tuple[Setting, ...]


def sections() -> tuple[Section, ...]:
    """Return every setting, by section, in the order of the configuration."""
    fields = {name: section_in(field.annotation) for name, field in Config.model_fields.items()}
    above = tuple(_setting(Config, name, "") for name, inner in fields.items() if inner is None)
    inner = [Section(name, said(found)[0], _settings(found, f"{name}.")) for name, found in fields.items() if found]
    return (Section("", "", above), *inner)


def sections_named(name: str | None) -> tuple[Section, ...]:
    """Return all sections, or the one of a name.

    Raises
    ------
    ConfigError
        If there is no such section.
    """
    every = sections()
    if name is None:
        return every
    wanted = name.strip("[]").partition(".")[0]
    if found := tuple(section for section in every if section.name == wanted):
        return found
    names = [section.name for section in every if section.name]
    raise ConfigError(
        f"There is no section '{name}'.",
        expected=f"one of {', '.join(names)}",
        fix=suggested(wanted, names) or "leave it out to see every setting",
    )


def said(model: type[BaseModel]) -> tuple[str, dict[str, str]]:
    """Read a docstring: what it says first, and what it says of each attribute."""
    head, _, rest = (inspect.getdoc(model) or "").partition("Attributes\n----------\n")
    attributes: dict[str, str] = {}
    names: list[str] = []
    for line in rest.splitlines():
        if found := _ATTRIBUTE.match(line):
            names = found["names"].split(", ")
            # a choice says what may be written; a type says little to who writes TOML
            choice = _CHOICE.match(found["kind"] or "")
            attributes |= dict.fromkeys(names, f"{choice[1].replace(', ', ' or ')}." if choice else "")
        elif line.strip():
            attributes |= {name: f"{attributes[name]} {line.strip()}".strip() for name in names}
    return _plain(head), {name: _plain(text) for name, text in attributes.items()}


def _plain(text: str) -> str:
    """Write a docstring's words for who writes TOML, which has no None."""
    return " ".join(_NOTHING.sub(r"left out, it \1", text).replace("``", "`").split())


def _settings(section: type[BaseModel], prefix: str) -> tuple[Setting, ...]:
    """Return a section's settings, those of sections within it too."""
    found: list[Setting] = []
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        within = f"{prefix}{name}[]." if is_list(field.annotation) else f"{prefix}{name}."
        found += [_setting(section, name, prefix)] if inner is None else _settings(inner, within)
    return tuple(found)


def _setting(section: type[BaseModel], name: str, prefix: str) -> Setting:
    default = section.model_fields[name].get_default(call_default_factory=True)
    written = None if default is PydanticUndefined else "" if default is None else _toml(default)
    return Setting(f"{prefix}{name}", written, said(section)[1].get(name, ""))


def _toml(value: Any) -> str:
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())
