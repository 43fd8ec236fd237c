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
from starlette.types import Receive

from segmint.cli.app import main
from segmint.errors import BundleError, ContractError, DataError
from segmint.flows.standing import StandingPolicy
from segmint.service import tables
from segmint.service.app import Service, make_app
from segmint.service.children import Children, Errand, in_turn, make_list
from segmint.service.limits import Workers
from segmint.service.problems import Problem
from segmint.service.request_id import for_whom, named
from segmint.store.runs import runs_in
from segmint.wording import terms_in

from .small import GOOD

pytestmark = pytest.mark.usefixtures("undrawn_lists")
Ask = Callable[..., httpx.Response]
ECONOMICS = "economics.cost_per_call=1&economics.value_per_success=100&policy.holdout_share=0"
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


async def stays() -> dict[str, Any]:
    """What a request's `receive` does while its caller waits."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


async def leaves() -> dict[str, Any]:
    await asyncio.sleep(0.5)
    return {"type": "http.disconnect"}


@pytest.mark.parametrize(("receive", "seconds", "status"), [(stays, 0.5, 504), (leaves, 60, 400)])
def test_a_child_is_ended_when_whoever_waits_gives_up_and_none_is_begun_for_who_has(
    receive: Receive, seconds: float, status: int
) -> None:
    children, workers = Children(), Workers(threads=1, queue=2, seconds=seconds)
    start, begun, ended = time.monotonic(), [], []

    def work(given_up: threading.Event) -> None:
        begun.append(1)
        try:
            children.run(SLEEP, 60, given_up)
        finally:
            ended.append(1)

    async def both() -> list[Any]:
        late = await asyncio.gather(*(in_turn(workers, work, receive) for _ in range(2)), return_exceptions=True)
        await asyncio.sleep(1.0)
        return late

    late = asyncio.run(both())
    assert [getattr(problem, "status", problem) for problem in late] == [status] * 2
    while not ended and time.monotonic() - start < 20:
        time.sleep(0.05)
    assert (len(begun), len(ended), workers.busy) == (1, 1, 0)
    assert children._at_work == set()
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(Problem, match="deadline"):
        children.run(["no such program"], 60, given_up)


def test_a_list_is_given_up_when_its_caller_hangs_up(service: Service, keys: dict[str, str]) -> None:
    given_up = []

    def run(command: list[str], seconds: float, gone: threading.Event, by: str) -> tuple[int, str, str]:
        given_up.append(gone.wait(20))
        raise Problem(504, "deadline", "")

    service.children.run = run  # type: ignore[method-assign,assignment]
    said = hang_up(make_app(service), "/v1/target", ECONOMICS, b"age,job\n41,student\n", keys["target"])
    assert said == 400
    service.lists.close()
    assert service.lists.is_idle(20)
    assert given_up == [True]


def test_a_table_is_given_up_when_its_caller_hangs_up(
    service: Service, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = []
    monkeypatch.setattr(tables, "predict_file", lambda *given: given_up.append(given[-1].wait(20)))
    assert hang_up(make_app(service), "/v1/predict", "", b"age,job\n41,student\n", keys["predict"]) == 400
    service.tables.close()
    assert service.tables.is_idle(20)
    assert given_up == [True]


def hang_up(app: Any, path: str, query: str, body: bytes, key: str) -> int:
    """Send a request whole and hang up; return what would have been answered."""
    messages = [{"type": "http.request", "body": body}]
    said: list[int] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.3)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message.get("status", 0))

    headers = {"host": "127.0.0.1", "authorization": f"Bearer {key}", "content-type": "text/csv"}
    scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode(), "client": None}
    scope |= {"scheme": "http", "server": ("127.0.0.1", 80), "http_version": "1.1"}
    scope["headers"] = [(name.encode(), text.encode()) for name, text in headers.items()]
    asyncio.run(app(scope, receive, send))
    return said[0]


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Problem) as told:
        Children().run(SLEEP, 0.3)
    assert told.value.status == 504


def test_a_child_knows_who_asked_and_by_which_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGMINT_BY", raising=False)
    with named("10.0.0.7", b"abc"):
        by = for_whom("crm/3f9c12ab")
    child = [sys.executable, "-c", "from segmint.store.asked_by import asked_by; print(asked_by())"]
    assert Children().run(child, 60, None, by)[1].startswith("crm/3f9c12ab, request abc (account ")
    monkeypatch.setenv("SEGMINT_BY", "Ann Example")
    assert Children().run(child, 60, None, by)[1].startswith("crm/3f9c12ab, request abc; Ann Example (account ")
    assert Children().run(child, 60)[1].startswith("Ann Example (account ")


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
    spaced = said | {"came": "Kept in '/srv/our runs/one/rejected.csv'.", "kind": "DataError", "fix": ""}
    with pytest.raises(DataError) as kept:
        make_list(saying(2, json.dumps({"error": spaced})), errand, threading.Event())
    assert kept.value.came == "Kept in 'rejected.csv'."
    parts = {"fix": ["see '/srv/a.toml': set ", {"term": "policy.quotas"}]}
    with pytest.raises(DataError) as named:
        make_list(saying(2, json.dumps({"error": spaced | {"parts": parts}})), errand, threading.Event())
    assert (named.value.fix, terms_in(named.value.fix)) == ("see 'a.toml': set policy.quotas", ("policy.quotas",))
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
    assert lacking.json()["detail"] == (
        "'table.csv' does not meet the contract 'small'. missing: job. unexpected: work. "
        "Next: deliver the column under the name 'job'; where nobody knows it, deliver it empty: it then counts as no value "
        "for every customer, and the answers say less."
    )
    rows = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": [{"age": 41, "work": "SECRET"}]})
    assert rows.json()["detail"].startswith("'rows' does not meet the contract 'small'.")
    assert (lacking.json()["field"], rows.json()["field"]) == ("body", "rows")
    unsafe, unsafe_rows = asked(), ask("POST", f"/v1/target?{ECONOMICS}", {"rows": [GOOD]})
    for answer, field in ((unsafe, "body"), (unsafe_rows, "rows")):
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "contract", field)
        assert "no column 'phone', which the contract reads as 'phone'" in answer.json()["detail"]
    strange = asked("&policy.sensitive=['SECRET']", body=b"age,job,phone\n41,student,+48221234567\n")
    assert (strange.status_code, strange.json()["code"]) == (422, "policy")
    assert runs_in(tmp_path) == []  # no alarm for everybody, and nothing on the disk
    policy = tmp_path / "policy.toml"
    policy.write_text(f"[policy]\nsuppress = ['{policy}']\n")
    service.standing = StandingPolicy.load(policy)
    unreadable = asked()
    assert unreadable.status_code == 422
    service.standing = StandingPolicy()
    (bundle / "golden.json").write_text("{}")
    damaged = asked()
    assert (damaged.status_code, damaged.json()["code"]) == (503, "bundle")
    for answer in (lacking, rows, strange, unreadable, damaged):
        assert str(tmp_path) not in answer.text
        assert "SECRET" not in answer.text
        assert "/tmp" not in answer.text
    assert asked(f"&policy.budget_calls={GOOD['age']}").status_code == 503


def test_an_error_is_json_too_where_json_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["target", str(tmp_path / "no.csv"), "--bundle", str(tmp_path), "--runs", str(tmp_path)]
    assert main([*argv, "--json"]) == 2
    said = capsys.readouterr()
    assert set(json.loads(said.out)["error"]) - {"parts"} == {"kind", "came", "expected", "fix"}
    assert said.err.startswith("error: ")
    assert main(argv) == 2
    assert capsys.readouterr().out == ""
