"""Keys: shown once, stored hashed, with scopes and an end; unsafe starts are refused."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmint.cli import main
from segmint.errors import ConfigError
from segmint.service.keys import FileRing, Key, KeyRing, add_key, digest_of, read_keys, revoke_keys
from segmint.service.start import is_local, prepare


def test_a_key_is_stored_as_a_hash_by_its_owner_only(tmp_path: Path) -> None:
    text = add_key(tmp_path / "keys.toml", "analyst", ["read", "predict"])
    assert text not in (tmp_path / "keys.toml").read_text()
    assert (tmp_path / "keys.toml").stat().st_mode & 0o777 == 0o600
    found = FileRing(tmp_path / "keys.toml").find(text)
    assert found is not None
    assert found.scopes == {"read", "predict"}


def test_a_key_that_has_ended_opens_nothing() -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    assert KeyRing([Key("a", digest_of("sgm_x"), frozenset({"read"}), past)]).find("sgm_x") is None


def test_a_revoked_key_opens_nothing_a_second_later(tmp_path: Path) -> None:
    path, now = tmp_path / "keys.toml", [0.0]
    text, other = add_key(path, "gone", ["read"]), add_key(path, "stays", ["read"])
    ring = FileRing(path, clock=lambda: now[0])
    assert ring.find(text) is not None
    assert revoke_keys(path, "gone") == 1
    now[0] = 1.5
    assert ring.find(text) is None
    assert ring.find(other) is not None


def test_two_keys_of_one_name_overlap_while_one_replaces_the_other(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    texts = [add_key(path, "dialler", ["predict"]) for _ in range(2)]
    assert all(KeyRing(read_keys(path)).find(text) for text in texts)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_api_16_keys_that_others_may_read_are_refused(tmp_path: Path, mode: int) -> None:
    add_key(tmp_path / "keys.toml", "a", ["read"])
    (tmp_path / "keys.toml").chmod(mode)
    with pytest.raises(ConfigError, match="Others on this machine"):
        FileRing(tmp_path / "keys.toml")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "bank.example"])
def test_api_16_beyond_this_machine_nothing_starts_without_keys(tmp_path: Path, host: str) -> None:
    assert not is_local(host)
    with pytest.raises(ConfigError, match="without keys"):
        prepare("PROMOTED", tmp_path, host=host, keys=None)


@pytest.mark.parametrize("text", ["", "keys = 1", "[[keys]]\nname = 'a'", "\x00", "[[keys]]\nname='../x'\nsha256='1'"])
def test_a_strange_file_of_keys_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    (tmp_path / "keys.toml").chmod(0o600)
    with pytest.raises(ConfigError):
        FileRing(tmp_path / "keys.toml")


def test_keys_at_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "keys.toml")
    assert main(["keys", "add", "analyst", "--scope", "read,predict", "--keys", path]) == 0
    text = capsys.readouterr().out.strip()
    assert main(["keys", "list", "--keys", path]) == 0
    told = capsys.readouterr().out
    assert "analyst" in told
    assert text not in told
    assert main(["keys", "add", "x", "--scope", "everything", "--keys", path]) == 2
    assert main(["keys", "revoke", "nobody", "--keys", path]) == 2
    assert main(["keys", "revoke", "analyst", "--keys", path]) == 0


def test_serving_what_is_not_promoted_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--runs", str(tmp_path)]) == 2
    assert "promote" in capsys.readouterr().err


def test_keys_that_several_processes_add_and_take_away_at_once_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    add_key(path, "stays", ["read"])
    code = (
        "import sys; from pathlib import Path; from segmint.service.keys import add_key, revoke_keys\n"
        f"path, who = Path({str(path)!r}), sys.argv[1]\n"
        "for n in range(12):\n"
        "    add_key(path, f'{who}-{n}', ['read']); add_key(path, f'{who}-gone', ['read'])\n"
        "    revoke_keys(path, f'{who}-gone')\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(who)]) for who in range(4)]
    assert [child.wait(120) for child in children] == [0, 0, 0, 0]
    assert {key.name for key in read_keys(path)} == {"stays", *(f"{who}-{n}" for who in range(4) for n in range(12))}
    assert [file.name for file in tmp_path.iterdir()] == ["keys.toml"]
