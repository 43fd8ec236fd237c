"""Makes the pages that would go stale if written: all settings, roles and keys of columns, from fields and docstrings; all decisions; the alarms' texts; the codes of the service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import segmint
from segmint.contract.column import ROLES, Column
from segmint.flows.list_settings import Setting, said, sections
from segmint.monitoring.alarm_texts import alarm_page
from segmint.monitoring.drift import ALARMS
from segmint.service.codes import PROBLEMS, RECORDS, ROWS

LOCK = Path(__file__).parents[1] / "requirements" / "lock.txt"
LONGEST_NAME = 60  # some packages give the whole text where a name is asked for
# what the metadata do not say, or cannot where another machine needs the package; each from its repository
FROM_REPOSITORIES = {
    "axe-playwright-python": "MIT",
    "namex": "Apache-2.0",
    "nvidia-nccl-cu12": "BSD-3-Clause",
    "nvidia-nccl-cu13": "BSD-3-Clause",
    "tensorflow": "Apache-2.0",
    "tensorflow-cpu": "Apache-2.0",
    "xgboost": "Apache-2.0",
    "xgboost-cpu": "Apache-2.0",
}

MAKERS = {
    "<!-- settings -->": lambda: settings(),
    "<!-- roles -->": lambda: roles(),
    "<!-- column keys -->": lambda: column_keys(),
    "<!-- decisions -->": lambda: decisions(),
    "<!-- names -->": lambda: names(),
    "<!-- licences -->": lambda: licences(),
    "<!-- codes of problems -->": lambda: codes(PROBLEMS),
    "<!-- codes of rows -->": lambda: codes({**ROWS, **RECORDS}),
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


def codes(known: Mapping[str, str]) -> str:
    """Write a table of codes and what each means."""
    return "\n".join(["| code | means |", "|---|---|", *(f"| `{code}` | {known[code]} |" for code in sorted(known))])


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


def licences() -> str:
    """Name every locked package, its licence as its own metadata say it, and what it is needed for."""
    locked = re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK.read_text("utf-8"), re.M)
    needed = {what: _needed("segmint", what) for what in ("", *metadata.metadata("segmint").get_all("Provides-Extra"))}
    rows = [
        (name, ", ".join(found for one, found in locked if one == name), _licence(name), _what_for(name, needed))
        for name in sorted({name for name, _ in locked})
    ]
    return _table(("package", "version", "licence", "needed for"), rows)


def _licence(name: str) -> str:
    return _told(name) or (
        f"{FROM_REPOSITORIES[name]} (from its repository)" if name in FROM_REPOSITORIES else "see its own files"
    )


def _told(name: str) -> str:
    """Name the licence as the metadata say it; "" where they do not, or the package is not installed here."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    kinds = [kind.rpartition(" :: ")[2] for kind in told.get_all("Classifier") or [] if kind.startswith("License ::")]
    said = (told.get("License") or "").strip()
    short = said if said != "UNKNOWN" and len(said) <= LONGEST_NAME and "\n" not in said else ""
    kind = ", ".join(kind for kind in kinds if kind != "DFSG approved")
    return told.get("License-Expression") or kind or short


def _needed(name: str, extra: str) -> set[str]:
    """Name what a package needs on this machine, and what that needs in its turn."""
    found: set[str] = set()
    waiting = [(name, extra)]
    while waiting:
        one, asked = waiting.pop()
        with suppress(metadata.PackageNotFoundError):
            for text in metadata.requires(one) or ():
                need = Requirement(text)
                key = canonicalize_name(need.name)
                if key not in found and (need.marker is None or need.marker.evaluate({"extra": asked})):
                    found.add(key)
                    waiting += [(need.name, more) for more in ("", *need.extras)]
    return found


def _what_for(name: str, needed: Mapping[str, set[str]]) -> str:
    if name in needed[""]:
        return "segmint"
    extras = [f"segmint[{extra}]" for extra, names in needed.items() if extra and name in names]
    if extras:
        return ", ".join(extras)
    return "development" if _is_here(name) else "other machines or versions of Python"


def _is_here(name: str) -> bool:
    with suppress(metadata.PackageNotFoundError):
        return bool(metadata.version(name))
    return False


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
