"""OUT-01, OUT-02: hostile strings in everything that a list shows: no script on the page, no command to the terminal."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from segmint.cli import results
from segmint.cli.screen import Screen
from segmint.flows.target import Targeted
from segmint.targeting.call_list import build_call_list
from tests.report.conftest import render_report
from tests.report.pages.test_call_list import PEOPLE, campaign, write_target
from tests.report.test_html import PAYLOADS

OTHERS = (
    "\x1b]0;hit\x07",
    "\x1b[2J",
    "=cmd|' /C calc'!A0",
    "\r\nhit",
    "</script><script>hit=1</script>",
    "\u202etxt.exe",
)
SIZES = [300, pytest.param(5_000, marks=pytest.mark.slow)]


def hostile(count: int) -> list[str]:
    every = (*PAYLOADS, *OTHERS)
    return [f"{every[place % len(every)]} #{place}" for place in range(count)]


class _Page(HTMLParser):
    """Counts what could run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "link", "base", "form", "img"):
            self.found.append(tag)
        for name, value in attrs:
            outside = name in ("href", "src", "action") and not (value or "").startswith("#")
            if name.startswith("on") or outside or name == "srcdoc":
                self.found.append(f"{tag} {name}={value}")


def what_could_run(page: str) -> list[str]:
    parser = _Page()
    parser.feed(page)
    return parser.found


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return what_could_run(render_report(write_target(tmp_path_factory.mktemp("harmless"))))


def spoilt(folder: Path, texts: list[str]) -> Path:
    """Put the strings wherever a list shows a text of the table, the policy or a file."""
    write_target(folder)
    found = json.loads((folder / "target.json").read_text())
    found["suppressed_because"] = dict.fromkeys(texts, 3)
    found["files"] = found["sentences"] = texts
    found["currency"] = texts[0]
    found["labels"] = {"age": texts[1], "branch": texts[2]}
    found["limits"] = (
        [{**found["limits"][0], "limit": text, "sentence": text} for text in texts] if found["limits"] else []
    )
    for part in (found["groups"], found["fairness"][0]["rows"]):
        for place, row in enumerate(part):
            row["group"] = texts[place % len(texts)]
    (folder / "target.json").write_text(json.dumps(found))
    return folder


@pytest.mark.parametrize("count", SIZES)
def test_hostile_strings_add_nothing_to_the_page_that_could_run(
    tmp_path: Path, harmless: list[str], count: int
) -> None:
    texts = hostile(count)
    page = render_report(spoilt(tmp_path, texts))
    assert {str(place) for place in range(count)} <= set(re.findall(r"#(\d+)<", page))
    assert what_could_run(page) == harmless


@pytest.mark.parametrize("count", SIZES)
def test_hostile_strings_give_the_terminal_no_commands(capsys: pytest.CaptureFixture[str], count: int) -> None:
    texts = hostile(count)
    frame, choice, policy = campaign()
    made = build_call_list(frame["client"], choice, pl.Series("b", [""] * PEOPLE, dtype=pl.String), policy)
    screen = Screen()
    results.targeted(screen, Targeted(Path(texts[0]), Path(texts[1]), made, tuple(texts), {}))
    for text in texts:
        screen.notice(text)
        screen.progress(text, 1, 1)
    said = capsys.readouterr()
    assert said.out.count("\n") == count + 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said.out + said.err)


def test_an_error_that_names_a_hostile_column_gives_the_terminal_no_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from segmint.cli import main

    pl.DataFrame({text: ["a", "b"] for text in hostile(20)}).write_parquet(tmp_path / "t.parquet")
    assert main(["check", str(tmp_path / "t.parquet"), "--contract", "bank-marketing"]) == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", capsys.readouterr().err)
