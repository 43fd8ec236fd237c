"""From the report's dict to one HTML file that needs nothing else: no network, no other file, no script to be complete."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from segmint.wording import printable

_NO_BREAK = "\u00a0"
_UNIT = re.compile(r"(?<=\d) (?=(?:%|s|min|[A-Z]{3}|[€$£¥])(?!\w))")  # of a share, a duration, an amount of money
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]+"
_TURNED = re.compile(f"\u2068?({_RIGHT_TO_LEFT}(?: {_RIGHT_TO_LEFT})*)\u2069?")


def render(report: dict[str, Any]) -> str:
    """Return the HTML document of a report dict from `summary.summarise`.

    Everything is escaped except the charts, which `svg.tidy` made of shapes and text only. The page's policy admits its
    own style and script by their hashes and nothing else.
    """
    style, script = static("report.css"), static("segmint.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    template = environment().get_template("report.html.j2")
    return template.render(report=printable_dict(report), style=style, script=script, policy=policy)


@cache
def environment() -> Environment:
    """The templates of the report's blocks, everything escaped."""
    return Environment(
        loader=PackageLoader("segmint.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def static(name: str) -> str:
    """The style sheet or the script."""
    text = resources.files("segmint.report").joinpath("static", name).read_text("utf-8")
    return f"\n{text.replace(chr(13), '').strip()}\n"


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def printable_dict(value: Any, *, unparted: bool = True) -> Any:
    """The same dict without characters that break a page or hide what is written.

    Parameters
    ----------
    value : any
        Dicts, lists and texts; anything else stays as it is.
    unparted : bool
        Whether no number may be parted from its unit, and no word written from right to left may turn what stands beside it: a
        "(32 %)" became "(% 32)". False where a text is more than read, as code is that may be copied.
    """
    if isinstance(value, dict):
        unparted = unparted and value.get("kind") != "code"
        return {name: printable_dict(part, unparted=unparted) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [printable_dict(part, unparted=unparted) for part in value]
    if not isinstance(value, str):
        return value
    clean = printable(_TURNED.sub(r"\1", value))
    return _TURNED.sub("\u2068\\1\u2069", _UNIT.sub(_NO_BREAK, clean)) if unparted else clean
