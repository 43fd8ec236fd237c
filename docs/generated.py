"""Makes the pages that would go stale if written: all settings, from the sections' fields and docstrings; all decisions; the alarms' texts."""

from __future__ import annotations

import inspect
import re
from functools import partial
from pathlib import Path
from typing import Any, get_args

from mkdocs.exceptions import PluginError
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import segmint
from segmint.config import Config
from segmint.monitoring.alarm_texts import alarm_page
from segmint.monitoring.drift import ALARMS

MAKERS = {
    "<!-- settings -->": lambda: settings(),
    "<!-- decisions -->": lambda: decisions(),
    "<!-- names -->": lambda: names(),
    **{f"<!-- {code} -->": partial(alarm_page, code) for code in ALARMS},
}


def on_page_markdown(markdown: str, **given: Any) -> str:
    """Put what is made where the page asks for it."""
    for mark, make in MAKERS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return markdown


def on_post_page(output: str, **given: Any) -> str:
    """Refuse a page that would load something from elsewhere; a plugin may slip that in."""
    if found := re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//[^\"' >]+", output):
        raise PluginError(f"a page would load from elsewhere: {found.group()}")
    return output


def names() -> str:
    """Ask for the docstring of every public name, where it is defined."""
    public = ((name, getattr(segmint, name)) for name in segmint.__all__ if not name.startswith("_"))
    return "\n\n".join(f"::: {found.__module__}.{name}" for name, found in public)


def decisions() -> str:
    """List the pages of decisions by their titles."""
    folder = Path(__file__).parent / "decisions"
    pages = sorted(folder.glob("*.md"))
    return "\n".join(
        f"- [{page.read_text('utf-8').splitlines()[0].lstrip('# ')}](decisions/{page.name})" for page in pages
    )


def settings() -> str:
    """Write one table for each section of the configuration."""
    top = [row("", name, field) for name, field in Config.model_fields.items() if section_of(field) is None]
    parts = [table(top)]
    for name, field in Config.model_fields.items():
        if (section := section_of(field)) is not None:
            parts.append(f"## [{name}]\n\n{described(section)}\n\n{table(rows(section, f'{name}.'))}")
    return "\n\n".join(parts)


def section_of(field: Any) -> type[BaseModel] | None:
    """Return the section that a field holds, or None for a plain setting."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, BaseModel)), None)


def rows(section: type[BaseModel], prefix: str) -> list[str]:
    """Write a section's settings, those of sections within it too."""
    found: list[str] = []
    for name, field in section.model_fields.items():
        inner = section_of(field)
        found += [row(prefix, name, field)] if inner is None else rows(inner, f"{prefix}{name}.")
    return found


def row(prefix: str, name: str, field: Any) -> str:
    """Write one setting: key, value when nothing is said."""
    default = field.get_default(call_default_factory=True)
    shown = "must be given" if default is PydanticUndefined else "nothing" if default is None else f"`{default!r}`"
    return f"| `{prefix}{name}` | {shown} |"


def table(lines: list[str]) -> str:
    """Write the rows under their heading."""
    return "\n".join(["| key | unless said otherwise |", "|---|---|", *lines])


def described(section: type[BaseModel]) -> str:
    """Turn a section's docstring into Markdown: its attributes become a list."""
    text = inspect.getdoc(section) or ""
    head, _, attributes = text.partition("Attributes\n----------\n")
    items: list[str] = []
    for line in attributes.splitlines():
        found = re.match(r"(?P<names>\w[\w, ]*?)(?: : (?P<kind>.+))?$", line)
        if found:
            kind = f" ({found['kind']})" if found["kind"] else ""
            items.append(f"- `{found['names']}`{kind}")
        elif line.strip() and items:
            items[-1] += f" {line.strip()}"
    return "\n\n".join(part for part in (head.strip(), "\n".join(items)) if part)
