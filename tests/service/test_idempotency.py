"""A caller whose reply was lost asks again with the same key and gets the same list: nobody is called twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from segmint.contract.contract import parse_contract
from segmint.errors import DataError
from segmint.service import idempotency
from segmint.service.app import Service
from segmint.service.champion import Champion
from segmint.service.idempotency import Once, key_of, made_before
from segmint.service.problems import Problem
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from segmint.store.runs import runs_in

from .small import CONTRACT, GOOD, small_parts

pytestmark = pytest.mark.usefixtures("undrawn_lists")
Ask = Callable[..., httpx.Response]
PATH = "/v1/target?economics.cost_per_call=1&economics.value_per_success=100"
ROWS = {
    "rows": [GOOD | {"phone": f"+4822123{n:04}"} for n in range(20)] + [{"age": "x", "job": "student", "phone": "1"}]
}
KEY = {"idempotency-key": "order/+48221230001"}
ONCE = Once("a" * 32, "b" * 32)


def test_the_same_request_gets_the_same_list_also_after_a_restart_and_with_another_bundle(
    ask: Ask, service: Service, tmp_path: Path
) -> None:
    def asked(**more: Any) -> httpx.Response:
        return ask("POST", more.pop("path", PATH), more.pop("body", ROWS), headers=KEY | more)

    with ThreadPoolExecutor(2) as both:
        answers = [answer.result() for answer in (both.submit(asked), both.submit(asked))]
    (first,) = (
        answer for answer in answers if answer.status_code == 200 and "idempotent-replayed" not in answer.headers
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert first.json()["list"]
    assert [each["row"] for each in first.json()["rejected"]] == [20]
    (run,) = runs_in(tmp_path)
    assert run.record["by"].startswith("all/")
    assert KEY["idempotency-key"] not in (run.folder / "run.json").read_text()

    contract = parse_contract(f'{CONTRACT}[columns.ok]\nkind = "text"\nrole = "consent"\nlabel = "ok"\n', origin="test")
    write_bundle(tmp_path / "other", **small_parts() | {"contract": contract})
    service.champion = Champion(tmp_path / "other", tmp_path)
    assert ask("POST", PATH, ROWS).json()["code"] == "contract"  # that one needs a column more
    again = asked()
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["segmint-bundle"] == first.headers["segmint-bundle"] == first.json()["bundle"]
    assert 'segmint_rows_total{became="accepted"} 20.0' in ask("GET", "/metrics").text  # they were weighed once

    others = (
        {"path": PATH + "&policy.budget_calls=3"},
        {"body": {"rows": ROWS["rows"][:5]}},
        {"body": b"age,job,phone\n41,student,+48221230001\n", "content-type": "text/csv"},
    )
    for other in others:
        refused = asked(**other)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency"), other
    assert [each.id for each in runs_in(tmp_path)] == [run.id]


@pytest.mark.parametrize("key", [b"", b"x" * 129, b'"quoted"', b"two words", "\u00e9".encode()])
def test_a_key_that_is_none_is_refused_and_not_repeated(ask: Ask, key: bytes) -> None:
    refused = ask("POST", PATH, ROWS, headers={"idempotency-key": key})
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency")
    assert not key or key.decode() not in refused.text


def begun(runs: Path, once: Once, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SEGMINT_BY", f"crm/3f9c12ab, request abc{once.words}")
    return Run.create(runs, "target", "", None)


def test_a_list_that_is_being_made_is_waited_for_and_one_that_failed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(tmp_path, ONCE, monkeypatch)
    with pytest.raises(Problem, match="under_way") as told:
        made_before(tmp_path, ONCE)
    assert (told.value.status, told.value.headers) == (409, {"retry-after": "5"})
    run.failed(DataError("no"))
    other = ONCE._replace(request="c" * 32)
    assert made_before(tmp_path, ONCE) is made_before(tmp_path, other) is None
    begun(tmp_path, ONCE, monkeypatch).interrupted()
    assert made_before(tmp_path, ONCE) is None
    done = begun(tmp_path, ONCE, monkeypatch)
    done.done()
    found = made_before(tmp_path, ONCE)
    assert found is not None
    assert found.id == done.id
    with pytest.raises(Problem, match="idempotency"):
        made_before(tmp_path, other)


def test_a_key_of_somebody_else_or_of_another_day_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key(name: str, *sent: bytes) -> str | None:
        request = Request({"type": "http", "headers": [(b"idempotency-key", each) for each in sent]})
        request.state.name = name
        return key_of(request)

    assert key("crm") is None
    assert key("crm", b"a") == key("crm", b"a")
    assert len({key("crm", b"a"), key("crm", b"b"), key("dialler", b"a")}) == 3
    with pytest.raises(Problem):
        key("crm", b"a", b"a")
    begun(tmp_path, ONCE, monkeypatch).done()
    assert made_before(tmp_path, ONCE._replace(key="d" * 32)) is None
    monkeypatch.setattr(idempotency, "REMEMBERED", timedelta(seconds=-5))
    assert made_before(tmp_path, ONCE) is None
