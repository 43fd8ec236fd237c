"""Every setting says what it is; what is printed is what the documentation shows."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from segmint.cli import main
from segmint.config import Config
from segmint.contract.column import ROLES, Column, Role
from segmint.errors import ConfigError
from segmint.flows.list_settings import said, sections, sections_named

GENERATED = Path(__file__).parents[2] / "docs" / "generated.py"


def test_every_setting_has_a_meaning_and_a_default_that_is_toml() -> None:
    every = [setting for section in sections() for setting in section.settings]
    assert [setting.key for setting in every if not setting.meaning] == []
    assert {section.name for section in sections()} >= set(Config.model_fields) - {"seed"}
    for setting in every:
        tomllib.loads(f"x = {setting.default or 0}")
        assert "None" not in setting.meaning
    defaults = {setting.key: setting.default for setting in every}
    assert (defaults["split.folds"], defaults["split.inner"], defaults["economics.cost_per_call"]) == ("5", "", None)


def test_no_two_keys_share_one_sentence() -> None:
    meanings = {setting.key: setting.meaning for section in sections() for setting in section.settings}
    meanings |= {f"column {name}": meaning for name, meaning in said(Column)[1].items()}
    assert [key for key, meaning in meanings.items() if list(meanings.values()).count(meaning) > 1] == []
    assert "one character" in meanings["data.delimiter"]
    assert "any name that Python knows" in meanings["data.encoding"]


def test_a_section_is_found_by_its_name_and_a_misspelt_one_is_suggested() -> None:
    for name in ("segments", "[segments]", "segments.count"):
        assert [section.name for section in sections_named(name)] == ["segments"]
    with pytest.raises(ConfigError, match="did you mean 'segments'"):
        sections_named("segment")


def test_every_role_and_every_key_of_a_column_has_a_meaning() -> None:
    assert list(ROLES) == list(get_args(Role))
    meanings = said(Column)[1]
    assert set(meanings) == set(Column.model_fields)
    assert all(meanings.values())


def test_the_command_line_prints_what_the_pages_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "roles"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for name, meaning in (*ROLES.items(), *said(Column)[1].items()):
        assert f"{name}: {meaning}" in printed
    page = runpy.run_path(str(GENERATED))["on_page_markdown"]("<!-- roles -->")
    assert all(f"| `{role}` | {meaning} |" in page for role, meaning in ROLES.items())
    assert main(["settings", "split"]) == 0
    assert "split.folds (5): Parts to compare on" in capsys.readouterr().out
    assert main(["settings", "splits"]) == 2


def test_a_key_of_each_entry_of_a_list_is_told_from_one_that_can_be_set() -> None:
    keys = {setting.key for section in sections() for setting in section.settings}
    assert {"policy.exclude[].column", "policy.quotas[].level", "policy.budget_calls"} <= keys
    assert not any(key.startswith(("policy.exclude.", "policy.quotas.", "policy.capacities.")) for key in keys)
