"""Makes the pages that would go stale if written: all settings, roles and keys of columns, from fields and docstrings; all decisions; the alarms' texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

import segmint
from segmint.contract.column import ROLES, Column
from segmint.flows.list_settings import Setting, said, sections
from segmint.monitoring.alarm_texts import alarm_page
from segmint.monitoring.drift import ALARMS

MAKERS = {
    "<!-- settings -->": lambda: settings(),
    "<!-- roles -->": lambda: roles(),
    "<!-- column keys -->": lambda: column_keys(),
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
    parts = []
    for section in sections():
        heading = f"## [{section.name}]\n\n{section.meaning}\n\n" if section.name else ""
        rows = [(f"`{each.key}`", _default(each), each.meaning) for each in section.settings]
        parts.append(heading + _table(("key", "unless said otherwise", "meaning"), rows))
    return "\n\n".join(parts)


def _default(setting: Setting) -> str:
    return "must be given" if setting.default is None else f"`{setting.default}`" if setting.default else "nothing"


def roles() -> str:
    """Say what each role of a column means."""
    return _table(("role", "what the column is"), [(f"`{role}`", meaning) for role, meaning in ROLES.items()])


def column_keys() -> str:
    """Say what each key of a column means."""
    return _table(("key", "what it says"), [(f"`{key}`", meaning) for key, meaning in said(Column)[1].items()])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
