"""The log of the pages: who asked for which page and what came of it, and never a customer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from segmint.dashboard import app as app_file
from segmint.dashboard import pages
from segmint.dashboard.desk import Desk
from segmint.dashboard.sign_in import COOKIE, Doorkeeper
from segmint.service.keys import KeyRing, add_key, read_keys
from segmint.service.limits import Buckets
from tests.service.test_champion import run_with_bundle

from .test_app import Asker, client
from .test_desk import FORM, bring

SECRET = "Quokka7"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    run_with_bundle(tmp_path, 1)
    text = add_key(tmp_path / "keys.toml", "analyst", ["read", "predict", "target"])
    found = Desk(tmp_path, keeper=Doorkeeper(KeyRing(read_keys(tmp_path / "keys.toml"))))
    found.keeper.code = text  # only to hand it on
    return found


@pytest.fixture
def signed_in(desk: Desk) -> tuple[Asker, dict[str, str]]:
    text, desk.keeper.code = str(desk.keeper.code), None
    browser = client(desk)
    assert browser.post("/sign-in", data={"key": text}).status_code == 303
    return browser, {"x-token": desk.keeper.token(str(browser.cookies[COOKIE]))}


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said at the usual level, without times."""
    said = [
        record for record in caplog.records if record.levelno >= logging.INFO and record.name == "segmint.dashboard"
    ]
    return [record.getMessage().rsplit(" ", 2)[0] for record in said]


def test_whoever_looks_up_downloads_uploads_or_is_refused_leaves_a_line(
    desk: Desk, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    with caplog.at_level(logging.DEBUG, "segmint"):
        browser, token = request.getfixturevalue("signed_in")
        who = f"analyst/{read_keys(desk.runs / 'keys.toml')[0].id}"
        table, run = bring(desk, "a"), desk.all_runs()[0].id
        (desk.runs / run / "call_list.xlsx").write_bytes(b"x")
        browser.get(f"/runs/{run}/call_list.xlsx")
        browser.get(f"/runs/{SECRET}")
        browser.post("/customer", data={"table": table, "customer": SECRET, "token": token["x-token"]})
        browser.get(f"/customer?table={table}&customer={SECRET}")
        browser.post("/lists/preview", json=FORM | {"table": table}, headers=token)
        browser.request("PUT", f"/tables?name={SECRET}.csv", content=b"age,job\n1,x\n", headers=token)
        browser.get("/static/report.css")
        stranger = client(desk)
        stranger.get(f"/runs/{SECRET}")
        stranger.post("/sign-in", data={"key": "sgm_wrong"})
    assert lines(caplog) == [
        f"{who} POST /sign-in 303",
        f"{who} GET /runs/{run}/call_list.xlsx 200",
        f"{who} GET /runs/{{run}} 404",
        f"{who} POST /customer 200",
        f"{who} GET /customer 200",
        f"{who} POST /lists/preview 200",
        f"{who} PUT /tables 201",
        "- GET (not let",
        "- POST /sign-in 401",
    ]
    assert SECRET not in caplog.text
    assert "sgm_" not in caplog.text


def test_what_nobody_expected_leaves_its_kind_and_place_and_not_its_words(
    signed_in: tuple[Asker, dict[str, str]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(pages, "run_list", broken)
    answer = signed_in[0].get("/runs")
    assert answer.status_code == 500
    assert SECRET not in answer.text + caplog.text
    assert any("/runs failed: ZeroDivisionError at app.py:" in record.getMessage() for record in caplog.records)


def test_a_table_that_cannot_be_kept_is_answered_and_noted(
    desk: Desk,
    signed_in: tuple[Asker, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, SECRET)

    monkeypatch.setattr(desk.tables, "receive", full)
    answer = signed_in[0].request("PUT", "/tables?name=a.csv", content=b"a", headers=signed_in[1])
    assert answer.status_code == 500
    assert "OSError" in caplog.text
    assert SECRET not in answer.text + caplog.text


def test_whoever_tries_wrong_keys_must_wait_even_with_the_right_one(desk: Desk) -> None:
    text, desk.keeper.code = str(desk.keeper.code), None
    now = [0.0]
    desk.keeper.wrong_keys = Buckets(rate=0.2, burst=10, clock=lambda: now[0])
    browser = client(desk)
    assert [browser.post("/sign-in", data={"key": f"sgm_{n}"}).status_code for n in range(12)] == [401] * 10 + [429] * 2
    late = browser.post("/sign-in", data={"key": text})
    assert (late.status_code, late.headers["retry-after"]) == (429, "5")
    assert browser.get(f"/sign-in?code={text}").status_code == 429
    assert browser.get("/sign-in").status_code == 200
    now[0] = 5.1
    assert browser.post("/sign-in", data={"key": text}).status_code == 303


def test_the_log_goes_to_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **more: asked.append(more))
    app_file.write_log()
    assert asked[0]["level"] == logging.INFO
    assert "filename" not in asked[0]
