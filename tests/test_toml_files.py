"""TOML as editors save it, and what is none told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.config import load_config
from segmint.contract.contract import load_contract
from segmint.errors import ConfigError, ContractError, PolicyError
from segmint.flows.results import read_codes
from segmint.targeting.policy import load_policy
from segmint.toml_files import parse_toml, read_toml_text

HOSTILE = {"nested too deeply": "a = " + "[" * 5_000, "too many digits": "a = " + "9" * 5_000}


def test_the_mark_that_windows_puts_before_utf_8_is_no_statement(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[split]\nfolds = 4\n", encoding="utf-8-sig")
    assert parse_toml(read_toml_text(path)) == {"split": {"folds": 4}}
    assert load_config(path).split.folds == 4


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    for content, cause in (("a = 1".encode("utf-16"), "UTF-16"), ('a = "\u00e4"'.encode("cp1252"), "byte 5")):
        path.write_bytes(content)
        for read, error in ((load_contract, ContractError), (load_config, ConfigError)):
            with pytest.raises(error, match=f"{cause}.*save it as UTF-8"):
                read(path)


def test_whoever_asks_for_a_file_refuses_it_as_an_error_of_its_own(tmp_path: Path) -> None:
    readers = ((load_contract, ContractError), (load_policy, PolicyError), (read_codes, ConfigError))
    for read, error in readers:
        with pytest.raises(error, match=r"^The (contract|policy|codes) '.*nowhere.toml' cannot be read: ") as caught:
            read(tmp_path / "nowhere.toml")
        assert caught.value.fix.startswith("check the path")


@pytest.mark.parametrize("cause", HOSTILE)
def test_toml_that_python_cannot_hold_is_refused(tmp_path: Path, cause: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(HOSTILE[cause])
    for read, error in ((load_contract, ContractError), (load_config, ConfigError)):
        with pytest.raises(error, match=cause):
            read(path)
