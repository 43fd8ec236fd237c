"""What the documentation tells people to type exists, and its Python runs."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer.main

from segmint.cli.app import app
from segmint.config import Config, load_config

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A policy needs both; a page may change one of them.
MONEY = ["economics.cost_per_call=1", "economics.value_per_success=1"]
BLOCK = re.compile(r"^(<!-- runs -->\n)?```python\n(.*?)^```", re.M | re.S)
OURS = {page.relative_to(ROOT).as_posix(): page for page in PAGES}


def commands_of(page: Path) -> list[list[str]]:
    """The command lines of a page: fenced or indented lines that begin with segmint."""
    text = page.read_text("utf-8")
    fenced = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S))
    lines = re.findall(r"^(?:\$ )?(segmint [^\n]+)$", fenced, re.M) + re.findall(r"^ {4}(segmint [^\n]+)$", text, re.M)
    return [shlex.split(line.replace("<", "").replace(">", " "), comments=True) for line in lines]


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command line, if anything."""
    command = typer.main.get_command(app)
    rest = words[1:]
    while hasattr(command, "commands"):
        if not rest:
            return None
        if rest[0].startswith("-"):
            break
        if rest[0] not in command.commands:
            return f"there is no command {' '.join(words[: len(words) - len(rest) + 1])}"
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{' '.join(words)}: unknown {unknown}" if unknown else None


@pytest.mark.parametrize("name", OURS)
def test_every_documented_command_and_flag_exists(name: str) -> None:
    assert [said for words in commands_of(OURS[name]) if (said := complaint(words))] == []


def test_a_command_or_flag_that_does_not_exist_is_noticed() -> None:
    assert "no command" in (complaint(["segmint", "cluster", "x.csv"]) or "")
    assert "--fold" in (complaint(["segmint", "run", "x.csv", "--fold", "3"]) or "")
    assert complaint(["segmint", "contract", "infer", "x.csv"]) is None


def test_the_commands_of_the_tutorial_and_the_readme_are_found() -> None:
    assert {words[1] for words in commands_of(OURS["docs/tutorial.md"])} >= {"check", "run", "segment", "target"}
    assert {words[1] for words in commands_of(OURS["README.md"])} >= {"run", "predict", "target"}


@pytest.mark.parametrize("name", OURS)
def test_every_documented_setting_exists(name: str) -> None:
    for text in re.findall(r"--set ([\w.]+=[^\s`]+)", OURS[name].read_text("utf-8")):
        assert isinstance(load_config(sets=[*MONEY, text]), Config)


@pytest.mark.parametrize("name", OURS)
def test_every_python_block_that_is_marked_runs_and_the_others_are_python(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, (mark, block) in enumerate(BLOCK.findall(OURS[name].read_text("utf-8"))):
        if not mark:
            compile(block.replace(", ...", ""), name, "exec")
            continue
        script = tmp_path / f"block_{place}.py"
        script.write_text(block, "utf-8")
        runpy.run_path(str(script))


def test_the_page_of_settings_names_every_setting() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"]("<!-- settings -->")
    for key in ("seed", "data.at", "split.folds", "model.recipe", "segments.count", "policy.holdout_share"):
        assert f"`{key}`" in page
    assert "economics.cost_per_call" in page


def test_the_page_of_decisions_links_every_decision() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"]("<!-- decisions -->")
    for decision in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"(decisions/{decision.name})" in page


def test_the_reference_names_every_public_name() -> None:
    import segmint

    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"](OURS["docs/reference/python.md"].read_text("utf-8"))
    assert set(re.findall(r"^::: segmint[\w.]*\.(\w+)$", page, re.M)) == set(segmint.__all__) - {"__version__"}
