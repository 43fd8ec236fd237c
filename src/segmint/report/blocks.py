"""The pieces a page is made of, as plain dicts that become JSON or HTML.

A page is ``{"name", "title", "short", "lead", "blocks"}``. Each block has a ``kind`` and the template of the same name in
``templates/blocks.html.j2`` shows it. Text is plain text and is escaped when shown; only ``svg`` is markup, made by `svg.tidy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

Block = dict[str, Any]
Page = dict[str, Any]
Tone = Literal["plain", "good", "caution", "danger"]


def make_page(name: str, *, title: str, short: str, blocks: Iterable[Block | None], lead: str = "") -> Page:
    """Make a page: `name` is its anchor, `short` its word in the contents, `lead` the sentence under its title."""
    kept = [block for block in blocks if block is not None]
    return {"name": name, "title": title, "short": short, "lead": lead, "blocks": kept}


def text(*sentences: str) -> Block:
    """Make a paragraph of running text."""
    return {"kind": "text", "text": " ".join(sentence for sentence in sentences if sentence)}


def heading(title: str, lead: str = "") -> Block:
    """Make a heading inside a page."""
    return {"kind": "heading", "title": title, "lead": lead}


def statements(items: Sequence[tuple[str, str]]) -> Block:
    """Make large sentences, each with a word above it that says what it answers."""
    return {"kind": "statements", "items": [{"word": word, "text": sentence} for word, sentence in items]}


def figures(items: Sequence[tuple[str, str, str]]) -> Block:
    """Make headline figures: (label, value, note) each."""
    return {
        "kind": "figures",
        "items": [{"label": label, "value": value, "note": note} for label, value, note in items],
    }


def banner(tone: Tone, title: str, sentence: str) -> Block:
    """Make a band that cannot be overlooked."""
    return {"kind": "banner", "tone": tone, "title": title, "text": sentence}


def others_banner(sentence: str | None) -> Block | None:
    """Results that are of another wave, most likely; nothing where they are of this one."""
    return banner("caution", "Most results are of other customers", sentence) if sentence else None


def points(sentences: Sequence[str]) -> Block:
    """Make a list of sentences."""
    return {"kind": "points", "items": list(sentences)}


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str = "",
    words: Sequence[int] = (0,),
    marked: Sequence[int] = (),
    note: str = "",
    stacked: bool = False,
) -> Block:
    """Make a table of texts.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequence of str
        Cells as they are shown; the first one is the row's heading.
    title, note : str
        Above and under the table.
    words : sequence of int
        Places of the columns that hold words, to be aligned left; the others hold numbers.
    marked : sequence of int
        Places of the rows that stand out.
    stacked : bool
        Whether each row becomes a list of its own, name beside value, where the screen is narrow.
    """
    return {
        "kind": "table",
        "title": title,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "words": list(words),
        "marked": list(marked),
        "note": note,
        "stacked": stacked,
    }


def key(
    color: str, label: str, shape: Literal["line", "dash", "dots", "dot", "square", "band"] = "line"
) -> dict[str, str]:
    """Make one entry of a chart's key; `color` is a name of the style sheet (accent, rival, signal, class-1 …)."""
    return {"color": color, "label": label, "shape": shape}


def chart(
    title: str,
    svg: str,
    *,
    caption: str,
    data: Block,
    keys: Sequence[dict[str, str]] = (),
    wide: bool = False,
    level: Literal[3, 4] = 3,
) -> Block:
    """Make a chart with its title in words, the text under the plot and the table of its data.

    Parameters
    ----------
    title, caption : str
    svg : str
        From `svg.draw`.
    data : dict
        A block from `table`.
    keys : sequence of dict
        From `key`.
    wide : bool
        Whether the text stands beside the plot on a wide screen.
    level : int
        Of its heading: 4 under a heading of the page.
    """
    return {
        "kind": "chart",
        "title": title,
        "svg": svg,
        "caption": caption,
        "data": data,
        "keys": list(keys),
        "wide": wide,
        "level": level,
    }


def grid(blocks: Iterable[Block | None]) -> Block:
    """Put blocks side by side where the screen is wide enough."""
    return {"kind": "grid", "blocks": [block for block in blocks if block is not None]}


def fold(title: str, blocks: Iterable[Block | None], *, printed: bool = False) -> Block:
    """Fold blocks away under a title; `printed` ones are opened for paper."""
    kept = [block for block in blocks if block is not None]
    return {"kind": "fold", "title": title, "blocks": kept, "printed": printed}


def code(content: str) -> Block:
    """Make a block of text shown letter by letter, such as a settings file."""
    return {"kind": "code", "text": content}


def definitions(items: Sequence[tuple[str, str]]) -> Block:
    """Make a glossary."""
    return {"kind": "definitions", "items": [{"word": word, "text": meaning} for word, meaning in items]}


def budget(customers: int, responders: int, reached: Sequence[float]) -> Block:
    """Make the slider "how many to call": `reached` is the share of responders reached at 1 %, 2 % … 100 %."""
    return {
        "kind": "budget",
        "data": {
            "customers": customers,
            "responders": responders,
            "reached": [round(float(share), 4) for share in reached],
        },
    }


def what_if(data: dict[str, Any]) -> Block:
    """Make the sliders "what if": `data` has the parts of the ranking, see `sensitivity.what_if_parts`, and today's settings."""
    return {"kind": "what_if", "data": data}
