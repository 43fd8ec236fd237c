"""TOML as editors save it, and what is none told in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segmint.config import load_config
from segmint.contract.contract import load_contract
from segmint.errors import ConfigError, ContractError
from segmint.flows.steps.call_results import read_codes
from segmint.flows.steps.settings import load_policy
from segmint.segments.word_file import load_words
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
    readers = ((load_contract, ContractError), (load_policy, ConfigError), (read_codes, ConfigError))
    for read, error in readers:
        with pytest.raises(
            error, match=r"^The (contract|settings in|codes) '.*nowhere.toml' cannot be read: "
        ) as caught:
            read(tmp_path / "nowhere.toml")
        assert caught.value.fix.startswith("check the path")


@pytest.mark.parametrize("cause", HOSTILE)
def test_toml_that_python_cannot_hold_is_refused(tmp_path: Path, cause: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(HOSTILE[cause])
    for read, error in ((load_contract, ContractError), (load_config, ConfigError)):
        with pytest.raises(error, match=cause):
            read(path)


@pytest.mark.timeout(20)
def test_a_pipe_with_a_name_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "link.toml").symlink_to("pipe.toml")
    readers = ((load_contract, ContractError), (load_policy, ConfigError), (load_config, ConfigError))
    for read, error in (*readers, (read_codes, ConfigError), (load_words, ConfigError)):
        for name in ("pipe.toml", "link.toml"):
            with pytest.raises(error, match="it is a pipe or a device"):
                read(tmp_path / name)
    with pytest.raises(ConfigError, match="it is a pipe or a device"):
        load_config(Path("/dev/zero"))


def test_nothing_and_what_the_shell_hands_over_are_read(tmp_path: Path) -> None:
    assert read_toml_text(Path(os.devnull)) == ""
    reader, writer = os.pipe()
    os.write(writer, b"[split]\nfolds = 4\n")
    os.close(writer)
    assert load_config(Path(f"/dev/fd/{reader}")).split.folds == 4
    os.close(reader)
