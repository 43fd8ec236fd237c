"""OUT-03: through the doors too, names, account and phone numbers of a table are in its lists and rejects and nowhere else."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.dashboard.app import beside, dashboard
from segmint.dashboard.desk import Desk
from segmint.service.app import WAYS, Service, make_app
from segmint.service.champion import Champion
from segmint.service.keys import KeyRing, session_key
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.service.small import CONTRACT, small_parts

MARK = re.compile(r"Quokka\d|DE77QK\d|\+49777\d")
OURS = """
[columns.customer]
kind = "text"
role = "id"
label = "customer"
[columns.name]
kind = "text"
role = "name"
label = "name"
"""
# the list, the quarantine, and what was brought
MAY = {"call_list.parquet", "call_list.xlsx", "dialler.csv", "rejected.csv", "predictions.parquet", "segments.parquet"}
POLICY = {"economics.cost_per_call": "1", "economics.value_per_success": "100", "policy.holdout_share": "0"}

Ask = Callable[..., httpx.Response]


def customers(count: int) -> list[dict[str, str]]:
    """Customers with marked values; every twentieth is a bad row with one where it does not belong."""
    rows = []
    for n in range(count):
        name, account = f"Quokka{n} Wombat", f"DE77QK{n:05}"
        row = {"customer": account, "name": name, "phone": f"+49777{n:07}", "age": str(20 + n % 60), "job": "student"}
        row |= {"note": f"{name}, {account}"}  # a column that no contract knows
        row |= ({"age": name}, {"age": account, "job": name}, {"job": name})[n // 20 % 3] if n % 20 == 0 else {}
        rows.append(row)
    return rows


def hits(text: str) -> list[str]:
    return MARK.findall(text)


def leaks(folder: Path) -> list[tuple[str, str]]:
    """Files of a folder, other than lists and rejects, that hold a marked value."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in MAY and "tables" not in path.relative_to(folder).parts:
            text = path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".parquet":
                text = str(pl.read_parquet(path).to_dicts())
            found += [(path.name, mark) for mark in hits(text)[:1]]
    return found


def asker(app: Any, **headers: str) -> Ask:
    def ask(method: str, path: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=120) as client:
                return await client.request(method, path, **{**more, "headers": headers | more.get("headers", {})})

        return asyncio.run(go())

    return ask


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs with a bundle, and a place of its own for what is only there for a while."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    parts = small_parts() | {"contract": parse_contract(CONTRACT + OURS, origin="test")}
    parts["golden"]["rows"] = [row | {"customer": str(n)} for n, row in enumerate(parts["golden"]["rows"])]
    with Run.create(tmp_path / "runs", "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    return tmp_path / "runs"


def ask_service(runs: Path, rows: list[dict[str, str]], table: Path, commands: list[str]) -> None:
    """Ask for everything, in right ways and wrong; no answer that refuses may hold a marked value."""
    text, key = session_key()
    service = Service(Champion(next(runs.iterdir()).name, runs), KeyRing([key]), runs)
    run = service.children.run
    service.children.run = lambda command, *more: (commands.append(" ".join(command)), run(command, *more))[1]  # type: ignore[method-assign]
    ask = asker(make_app(service), authorization=f"Bearer {text}")
    csv, parquet = table.read_bytes(), pl.DataFrame(rows)
    parquet.write_parquet(table.with_suffix(".parquet"))
    said = [ask("POST", "/v1/predict", json={"rows": [row]}) for row in rows]
    said += [ask("POST", path, json={"rows": rows[:200]}) for path in ("/v1/predict", "/v1/explain")]
    assert all(answer.status_code == 200 for answer in said)
    bodies = [
        ("application/json", json.dumps(row).encode()) for row in rows[:20]
    ] + [
        ("application/json", json.dumps({"rows": [rows[0]]}).encode()[:-3]), ("application/json", f'{{"{rows[1]["name"]}":1}}'.encode()),
        ("text/csv", csv.split(b"\n", 1)[1]), ("text/csv", b"age;customer\n" + csv[:400]), ("text/csv", csv[-200:]), ("text/plain", csv),
        ("application/vnd.apache.parquet", b"PAR1" + csv), ("text/csv", b"PAR1" + csv[:-9]),
    ]  # fmt: skip
    for way in WAYS:
        for media, body in bodies:
            answer = ask("POST", way.path, content=body, headers={"content-type": media})
            assert 400 <= answer.status_code < 500, (way.path, media, body[:60])
            said.append(answer)
    said += [
        ask(method, f"/v1/{rows[1]['name']}", params={"customer": rows[1]["customer"]}) for method in ("GET", "PUT")
    ]
    made = ask("POST", "/v1/target", params=POLICY, content=csv, headers={"content-type": "text/csv"})
    assert made.status_code == 200, made.text
    assert made.json()["counts"]["listed"] > len(rows) // 2
    assert hits(made.text)  # the list itself names whom to call
    for kind in ("text/csv", "application/vnd.apache.parquet"):
        body = csv if kind == "text/csv" else table.with_suffix(".parquet").read_bytes()
        assert ask("POST", "/v1/predict", content=body, headers={"content-type": kind}).status_code == 200
    said.append(ask("GET", "/metrics"))
    assert [answer.text[:300] for answer in said if hits(answer.text)] == []
    assert service.close()


def ask_pages(runs: Path, rows: list[dict[str, str]], table: Path) -> None:
    """Walk the pages with the table; refusals and previews of counts hold nothing of it."""
    desk = Desk(runs)
    code = str(desk.keeper.code)
    session = desk.keeper.open(code)
    assert session is not None
    headers = {
        "cookie": f"segmint_session={session}",
        "x-token": desk.keeper.token(session),
        "accept": "application/json",
    }
    ask = asker(beside(None, dashboard(desk), api_paths=frozenset()), **headers)
    place = ask("PUT", "/tables?name=a.csv", content=table.read_bytes()).json()["location"]
    key, said = place.rsplit("/", 1)[-1], []
    form = {"table": key, "cost": "1", "value": "100", "holdout": "0"}
    assert ask("POST", "/customer", data={"table": key, "customer": rows[1]["customer"]}).status_code == 200
    said.append(ask("POST", "/customer", data={"table": key, "customer": "nobody"}))
    said += [ask("POST", "/lists/preview", json=form | wrong) for wrong in ({"cost": rows[1]["name"]}, {"table": "x"})]
    said += [ask("GET", path) for path in ("/", "/runs", "/lists", "/upload", "/monitoring")]
    made = ask("POST", "/lists", data=form)
    assert made.status_code == 303
    said.append(ask("GET", made.headers["location"]))
    bad = ask("PUT", "/tables?name=b.csv", content=table.read_bytes().split(b"\n", 1)[1]).json()["location"]
    said.append(ask("GET", f"/lists?table={bad.rsplit('/', 1)[-1]}"))
    assert [answer.text[:300] for answer in said if hits(answer.text)] == []


def prove(count: int, runs: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    rows, commands = customers(count), list[str]()
    table = runs.parent / "table.csv"
    pl.DataFrame(rows).write_csv(table)
    with caplog.at_level(logging.DEBUG, "segmint"):
        ask_service(runs, rows, table, commands)
        ask_pages(runs, rows, table)
    told = capfd.readouterr()
    assert "segmint target" in commands[0]
    assert [hits(text) for text in (caplog.text, told.out, told.err, " ".join(commands))] == [[], [], [], []]
    assert list((runs.parent / "temporary").rglob("*")) == []
    assert leaks(runs) == []
    assert any(hits(str(pl.read_parquet(path).to_dicts())) for path in runs.rglob("call_list.parquet"))


def test_out_03_sixty_customers_are_in_lists_and_rejects_only(
    runs: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    prove(60, runs, caplog, capfd)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_out_03_a_thousand_customers_are_in_lists_and_rejects_only(
    runs: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    prove(1_000, runs, caplog, capfd)
