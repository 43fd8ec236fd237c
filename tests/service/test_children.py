"""Lists are made by children: ended when nobody waits, and their errors reach the caller without paths and values."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from segmint.cli.app import main
from segmint.errors import BundleError, ContractError
from segmint.flows.standing import StandingPolicy
from segmint.service.app import Service
from segmint.service.children import Children, Errand, in_turn, make_list
from segmint.service.limits import Workers
from segmint.service.problems import Problem

from .small import GOOD

Ask = Callable[..., httpx.Response]
ECONOMICS = "economics.cost_per_call=1&economics.value_per_success=100&policy.holdout_share=0"
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_child_is_ended_when_whoever_waits_gives_up_and_none_is_begun_for_who_has() -> None:
    children, workers = Children(), Workers(threads=1, queue=2, seconds=0.5)
    start, ended = time.monotonic(), []

    def work(given_up: threading.Event) -> None:
        try:
            children.run(SLEEP, 60, given_up)
        finally:
            ended.append(time.monotonic() - start)

    async def both() -> list[Any]:
        late = await asyncio.gather(in_turn(workers, work), in_turn(workers, work), return_exceptions=True)
        await asyncio.sleep(1.0)  # or the end of the loop would take the second one out of the queue
        return late

    late = asyncio.run(both())
    assert [getattr(problem, "status", problem) for problem in late] == [504, 504]
    while len(ended) < 2 and time.monotonic() - start < 20:
        time.sleep(0.05)
    assert len(ended) == 2
    assert children._at_work == set()
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(Problem, match="deadline"):
        children.run(["no such program"], 60, given_up)


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Problem) as told:
        Children().run(SLEEP, 0.3)
    assert told.value.status == 504


def saying(code: int, out: str, err: str = "") -> Children:
    children = Children()
    children.run = lambda *_: (code, out, err)  # type: ignore[method-assign]
    return children


def test_a_childs_error_comes_back_as_its_kind_and_names_no_folder() -> None:
    errand = Errand(Path("a.csv"), Path("p.toml"), "PROMOTED", "digest", Path("runs"))
    said = {"kind": "ContractError", "came": "The table '/tmp/segmint-x1/table.csv' lacks 'age'.", "expected": ""}
    for expected in (ContractError, BundleError):
        out = json.dumps({"error": said | {"kind": expected.__name__, "fix": "segmint check /srv/runs/a b/table.csv"}})
        with pytest.raises(expected) as told:
            make_list(saying(2, out), errand, threading.Event())
        assert "'table.csv' lacks 'age'" in told.value.came
        assert "/tmp" not in str(told.value)
        assert "/srv" not in str(told.value)
    why = json.dumps({"error": said | {"kind": "why", "fix": ""}})
    for out in ("", "Usage: segmint", '{"error": 1}', why):
        with pytest.raises(Problem) as problem:
            make_list(saying(2, out, "usage: SECRET"), errand, threading.Event())
        assert (problem.value.status, "SECRET" in problem.value.detail) == (500, False)


def test_what_is_wrong_with_a_table_a_policy_or_the_bundle_is_told_apart(
    ask: Ask, service: Service, bundle: Path, tmp_path: Path
) -> None:
    def asked(query: str = "", body: bytes = b"age,job\n41,student\n") -> httpx.Response:
        return ask("POST", f"/v1/target?{ECONOMICS}{query}", body, headers={"content-type": "text/csv"})

    lacking = asked(body=b"age,work\n41,SECRET\n")
    assert (lacking.status_code, lacking.json()["code"]) == (422, "contract")
    assert "job" in lacking.json()["detail"]
    strange = asked("&policy.sensitive=['SECRET']")
    assert (strange.status_code, strange.json()["code"]) == (422, "policy")
    policy = tmp_path / "policy.toml"
    policy.write_text(f"[policy]\nsuppress = ['{policy}']\n")
    service.standing = StandingPolicy.load(policy)
    unreadable = asked()
    assert unreadable.status_code == 422
    service.standing = StandingPolicy()
    (bundle / "golden.json").write_text("{}")
    damaged = asked()
    assert (damaged.status_code, damaged.json()["code"]) == (503, "bundle")
    for answer in (lacking, strange, unreadable, damaged):
        assert str(tmp_path) not in answer.text
        assert "SECRET" not in answer.text
        assert "/tmp" not in answer.text
    assert asked(f"&policy.budget_calls={GOOD['age']}").status_code == 503


def test_an_error_is_json_too_where_json_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["target", str(tmp_path / "no.csv"), "--bundle", str(tmp_path), "--runs", str(tmp_path)]
    assert main([*argv, "--json"]) == 2
    said = capsys.readouterr()
    assert set(json.loads(said.out)["error"]) == {"kind", "came", "expected", "fix"}
    assert said.err.startswith("error: ")
    assert main(argv) == 2
    assert capsys.readouterr().out == ""
