"""Each command answers with the keys that the reference names; what trains a network is held to it beside its own tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import typer.main

from segmint.cli.app import app
from segmint.contract.contract import parse_contract
from segmint.contract.export import contract_to_toml
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.json_keys import documented, require_documented
from tests.service.small import CONTRACT, small_parts

Said = Callable[..., tuple[int, str, str]]
CLIENT = '[columns.client]\nkind = "text"\nrole = "id"\nlabel = "client"\n'
MONEY = ("--set", "economics.cost_per_call=5", "--set", "economics.value_per_success=100")


def commands_with_json(command: Any, name: str = "") -> Iterator[str]:
    for word, inner in getattr(command, "commands", {}).items():
        yield from commands_with_json(inner, f"{name} {word}".strip())
    if any("--json" in option.opts for option in command.params):
        yield name


def test_every_command_that_answers_as_json_is_in_the_reference_and_no_other() -> None:
    told = {command.partition(" --")[0] for command in documented()}
    assert told == set(commands_with_json(typer.main.get_command(app)))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small bundle in a run, its contract, a table of customers with answers, and a list with results."""
    folder = tmp_path_factory.mktemp("answers")
    parts, draw = small_parts(), np.random.default_rng(3)
    parts["contract"] = parse_contract(CONTRACT + CLIENT, origin="test")
    parts["golden"]["rows"] = [row | {"client": "C0"} for row in parts["golden"]["rows"]]
    (folder / "small.toml").write_text(contract_to_toml(parts["contract"]))
    with Run.create(folder / "runs", "run", "", 1, {}) as run:
        write_bundle(run.folder / "bundle", **parts)
        run.done({})
    (folder / "trained").write_text(run.id)
    ids = [f"C{n}" for n in range(400)]
    people = {
        "client": ids,
        "age": draw.integers(20, 80, 400),
        "job": draw.choice(["admin.", "student"], 400),
        "phone": [f"+1-555-01{n:04d}" for n in range(400)],
        "y": draw.choice(["no", "no", "yes"], 400),
    }
    pl.DataFrame(people).write_csv(folder / "people.csv")
    held = np.arange(400) % 4 == 0
    status = np.where(held, "held_out", "listed")
    listed = pl.DataFrame({"customer": ids, "status": status}).with_columns(propensity=0.15, value=60.0, cost=2.0)
    listed.write_parquet(folder / "list.parquet")
    calls = pl.DataFrame({"customer": ids, "code": draw.choice(["SALE", "NO"], 400)}).filter(~held)
    calls.write_csv(folder / "calls.csv")
    (folder / "codes.toml").write_text('[codes]\nSALE = "success"\nNO = "refused"\n')
    (folder / "ids.txt").write_text("C17\n")
    return folder


@pytest.fixture
def answer(here: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Call a command there and return its answer; `RUN` stands for the run that holds the bundle."""
    monkeypatch.chdir(here)

    def call(*argv: object) -> dict[str, Any]:
        words = [(here / "trained").read_text() if word == "RUN" else word for word in argv]
        code, out, err = said(*words, "--json")
        assert code == 0, (out, err)
        told: dict[str, Any] = json.loads(out)
        return told

    return call


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("simulate", ("simulate", "--rows", 60, "--out", "made.csv")),
        ("contract list", ("contract", "list")),
        ("check", ("check", "people.csv", "--contract", "small.toml")),
        ("runs", ("runs",)),
        ("runs --older-than", ("runs", "--older-than", "3d")),
        ("verify", ("verify", "RUN")),
        ("report", ("report", "RUN")),
        ("predict", ("predict", "people.csv", "--bundle", "RUN")),
        ("explain", ("explain", "people.csv", "--bundle", "RUN")),
        ("explain --customer", ("explain", "people.csv", "--bundle", "RUN", "--customer", "C3")),
        ("target", ("target", "people.csv", "--bundle", "RUN", *MONEY)),
        ("monitor", ("monitor", "people.csv", "--bundle", "RUN")),
        ("measure", ("measure", "list.parquet", "calls.csv", "--codes", "codes.toml", "--silence-means-no")),
        ("find", ("find", "--ids", "ids.txt")),
    ],
)  # fmt: skip
def test_the_keys_are_those_of_the_reference(
    command: str, argv: tuple[object, ...], answer: Callable[..., dict[str, Any]]
) -> None:
    require_documented(command, answer(*argv))


def test_segments_and_a_later_wave_of_them(answer: Callable[..., dict[str, Any]]) -> None:
    found = answer("segment", "people.csv", "--contract", "small.toml", "--count", 2)
    require_documented("segment", found)
    require_documented("segment --assign-with", answer("segment", "people.csv", "--assign-with", found["run"]))


def test_a_challenger(answer: Callable[..., dict[str, Any]]) -> None:
    answer("predict", "people.csv", "--bundle", "RUN", "--out", "scored.parquet")
    argv = ("update", "people.csv", "--scored", "scored.parquet", "--bundle", "RUN", *MONEY)
    require_documented("update", answer(*argv))


def test_what_is_in_use(answer: Callable[..., dict[str, Any]]) -> None:
    promoted = answer("promote", "RUN")
    require_documented("promote", promoted)
    assert "/" not in promoted["run"]
    require_documented("promote --history", answer("promote", "--history"))
    assert documented()["rollback"] == documented()["promote"]


def test_a_policy_keys_and_an_error(answer: Callable[..., dict[str, Any]], said: Said, here: Path) -> None:
    (here / "policy.toml").write_text(said("policy", "init")[1])
    require_documented("policy check", answer("policy", "check", "policy.toml"))
    said("keys", "add", "bank", "--keys", "keys.toml")
    require_documented("keys list", answer("keys", "list", "--keys", "keys.toml"))
    code, out, _ = said("check", "nothing.csv", "--contract", "small.toml", "--json")
    assert (code, list(json.loads(out))) == (2, ["error"])
    assert {"kind", "came", "expected", "fix"} <= json.loads(out)["error"].keys()
