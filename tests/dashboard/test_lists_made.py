"""Lists made from the pages: by a child, which ends with the pages, and whose errors are shown in words."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from segmint.dashboard import pages
from segmint.dashboard.app import dashboard
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.lists import on_the_page
from segmint.dashboard.policy_form import config_of
from segmint.dashboard.sign_in import COOKIE
from segmint.errors import PolicyError
from segmint.flows.target import target
from segmint.service import start as start_file
from segmint.service.start import Door, bound, server_config
from segmint.store.champion import promote
from segmint.targeting.suppress import Doubt
from segmint.wording import Said, Term
from tests.labels import controls_without_a_name
from tests.service.test_champion import GATE, run_with_bundle
from tests.service.test_children import hang_up

from .test_app import Asker, client
from .test_desk import FORM, bring


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    run_with_bundle(tmp_path, 1)
    return Desk(tmp_path)


def post(browser: Asker, desk: Desk, form: dict[str, str]) -> httpx.Response:
    token = desk.keeper.token(browser.cookies["segmint_session"])
    return browser.post("/lists", data=form | {"token": token})


@pytest.mark.usefixtures("undrawn_lists")
def test_a_list_is_made_and_what_is_wrong_is_said(desk: Desk) -> None:
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    made = post(browser, desk, FORM | {"table": table, "campaign": "spring"})
    assert made.status_code == 303
    record = desk.run(made.headers["location"].rsplit("/", 1)[-1]).record
    assert record["command"] == "target"
    assert record["by"].startswith("this machine (account ")
    (desk.tables.find(table).path).write_text("age;jobs\n1;2\n")
    wrong = post(browser, desk, FORM | {"table": table})
    assert wrong.status_code == 422
    assert "job" in wrong.text
    assert str(desk.runs) not in wrong.text
    assert post(browser, desk, FORM | {"table": table, "cost": "5000"}).status_code == 422
    none = post(browser, desk, FORM | {"table": table, "calls": "0"})
    assert (none.status_code, "“Calls at most” is 0" in none.text, "policy." in none.text) == (422, True, False)


@pytest.mark.usefixtures("undrawn_lists")
def test_a_quota_that_cannot_be_filled_is_said_in_words_of_the_page_also_when_the_list_is_made(desk: Desk) -> None:
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    wrong = post(browser, desk, FORM | STUDENTS | {"table": table, "quota_least_0": "50"})
    assert (wrong.status_code, "the minimum in the quotas" in wrong.text, "policy." in wrong.text) == (422, True, False)


def test_a_table_that_is_forgotten_while_its_list_is_made_is_said_to_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.runs.parent)
    desk = Desk(Path(desk.runs.name))
    table, browser, run = bring(desk, "a"), client(desk, signed_in=True), desk.children.run

    def forgotten(command: list[str], *more: Any) -> tuple[int, str, str]:
        desk.forget(table)
        return run(command, *more)

    monkeypatch.setattr(desk.children, "run", forgotten)
    told = post(browser, desk, FORM | {"table": table})
    assert "The table was forgotten while its list was being made." in told.text
    assert ("bring it again" in told.text, "check the path" in told.text) == (True, False)


STUDENTS = {"quota_column_0": "job", "quota_level_0": "student"}


@pytest.mark.parametrize(
    ("moved", "control", "words"),
    [
        ({"calls": "0"}, "calls", "“Calls at most” is 0"),
        ({"money": "0"}, "money", "“Money at most” is 0"),
        ({"value": "0"}, "value", "“Value of a yes” is 0"),
        (STUDENTS | {"calls": "10", "quota_least_0": "15"}, "calls", "ask for 15 calls, the budget allows 10"),
        (STUDENTS | {"quota_least_0": "50"}, None, "quota"),
    ],
)
def test_what_makes_no_list_is_said_while_a_control_moves_in_words_of_the_page(
    desk: Desk, moved: dict[str, str], control: str | None, words: str
) -> None:
    table = bring(desk, "a")
    for exact in (False, True):
        with pytest.raises(PolicyError, match=words) as told:
            pages.preview(desk, table, FORM | moved, exact=exact, before=None)
        assert getattr(told.value, "control", None) == control
        assert "policy." not in str(told.value)


def test_a_holdout_that_can_show_nothing_is_said_as_the_list_will_say_it(desk: Desk) -> None:
    table = bring(desk, "a")

    def said(holdout: str) -> list[str]:
        seen = pages.preview(desk, table, FORM | {"holdout": holdout}, exact=True, before=None)
        doubts = {doubt["sentence"]: doubt["title"] for doubt in seen["doubts"] if "held out" in doubt["sentence"]}
        assert set(doubts.values()) <= {"The holdout cannot show what calling brings"}
        return list(doubts)

    assert said("0") == []
    (sentence,) = said("10")
    assert "too few to show what calling brings" in sentence
    config = config_of(FORM | {"holdout": "10"}, desk.standing)
    made = target(desk.tables.find(table).path, desk.origin(), config, runs=desk.runs)
    assert made.summary["holdout"]["sentence"].replace("policy.holdout_share", "“Held out”") == f"{sentence}."


def test_doubts_name_the_controls_and_only_settings_without_one_ask_for_a_policy_of_the_bank(desk: Desk) -> None:
    doubt = Doubt(
        title="a",
        sentence=Said("lower ", Term("policy.campaign"), " or ", Term("policy.history"), " or ", Term("policy.quotas")),
    )
    (said,) = on_the_page([doubt])
    assert said["sentence"] == "lower “Campaign” or policy.history or the quotas"
    assert said["settings"] == ["policy.history"]


@pytest.mark.usefixtures("undrawn_lists")
def test_a_list_is_made_with_a_bundle_of_another_moment_than_the_default(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1, at="dialling")
    desk = Desk(tmp_path)
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    assert post(browser, desk, FORM | {"table": table}).status_code == 303


def test_every_control_of_the_pages_has_a_name(desk: Desk) -> None:
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    listed = post(browser, desk, FORM | {"table": table}).headers["location"]
    paths = {f"/lists?table={table}": 10, f"/tables/{table}": 3, "/try": 2, "/upload": 1, "/customer": 2, listed: 3}
    for path, least in paths.items():
        assert controls_without_a_name(browser.get(path).text, least=least) == [], path
    assert controls_without_a_name(client(desk).get("/sign-in").text, least=1) == []


@pytest.mark.usefixtures("undrawn_lists")
def test_a_table_that_was_brought_is_called_by_its_name_in_the_runs_made_of_it(desk: Desk) -> None:
    browser = client(desk, signed_in=True)
    token = desk.keeper.token(browser.cookies["segmint_session"])
    body = desk.tables.find(bring(desk, "a")).path.read_bytes()
    place = browser.request("PUT", "/tables?name=Spring wave.csv", content=body, headers={"x-token": token})
    made = post(browser, desk, FORM | {"table": place.json()["location"].rsplit("/", 1)[-1]})
    assert "Spring_wave.csv" in browser.get("/runs").text
    assert "Spring_wave.csv" in browser.get(made.headers["location"]).text


def test_no_more_lists_are_made_at_once_than_there_is_room_for(desk: Desk) -> None:
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    desk.lists.busy = 99
    busy = post(browser, desk, FORM | {"table": table})
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    assert "wait a moment" in busy.text


def test_told_to_stop_the_pages_answer_who_waits_for_a_list_and_end_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(start_file, "GRACE", 2)
    table, run, begun = bring(desk, "a"), desk.children.run, threading.Event()

    def slow(*given: object) -> tuple[int, str, str]:
        begun.set()
        return run([sys.executable, "-c", "import time; time.sleep(60)"], 60)

    desk.children.run = slow  # type: ignore[method-assign,assignment]
    sockets = bound("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    door = Door(server_config(dashboard(desk), "127.0.0.1", port), desk.stop)
    serving = threading.Thread(target=lambda: asyncio.run(door.serve(sockets)), daemon=True)
    serving.start()
    said: list[httpx.Response] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
        assert browser.get(f"/sign-in?code={desk.keeper.code}").status_code == 303
        token = desk.keeper.token(browser.cookies[f"segmint_session_{port}"])
        form = FORM | {"table": table, "token": token}
        asking = threading.Thread(target=lambda: said.append(browser.post("/lists", data=form)))
        asking.start()
        assert begun.wait(30)
        start = time.monotonic()
        door.handle_exit(signal.SIGTERM, None)
        asking.join(20)
        serving.join(20)
    desk.close()
    assert time.monotonic() - start < 15
    assert said[0].status_code == 503
    assert "Traceback" not in caplog.text
    assert desk.lists.is_idle(5)


def test_told_to_stop_the_pages_answer_who_waits_for_a_page_that_is_stuck(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(start_file, "GRACE", 2)
    begun, stuck = threading.Event(), threading.Event()

    def slow(*given: object) -> dict[str, object]:
        begun.set()
        stuck.wait(60)
        return {}

    monkeypatch.setattr(pages, "run_list", slow)
    sockets = bound("127.0.0.1", 0)
    door = Door(server_config(dashboard(desk), "127.0.0.1", sockets[0].getsockname()[1]), desk.stop)
    serving = threading.Thread(target=lambda: asyncio.run(door.serve(sockets)), daemon=True)
    serving.start()
    said: list[httpx.Response] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{sockets[0].getsockname()[1]}", timeout=30) as browser:
        assert browser.get(f"/sign-in?code={desk.keeper.code}").status_code == 303
        asking = threading.Thread(target=lambda: said.append(browser.get("/runs")))
        asking.start()
        assert begun.wait(30)
        door.handle_exit(signal.SIGTERM, None)
        asking.join(20)
        serving.join(20)
    assert not serving.is_alive()
    assert said[0].status_code == 503
    assert "The service is stopping." in said[0].text
    assert "Traceback" not in caplog.text
    assert desk.close() is False  # so that the process is ended without it
    stuck.set()
    assert desk.workers.is_idle(20)


def test_a_page_that_takes_long_says_so_and_signing_in_waits_for_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, browser = threading.Event(), client(desk, signed_in=True)
    monkeypatch.setattr(pages, "run_list", lambda *_: stuck.wait(60))
    desk.workers.seconds = 0.2
    late = browser.get("/runs")
    assert (late.status_code, "wait a moment" in late.text) == (504, True)
    desk.workers.busy = 99
    assert browser.get("/segments").status_code == 503
    assert browser.get("/sign-in").status_code == 200
    assert browser.get("/static/icon.svg").status_code == 200
    stuck.set()


def test_a_list_from_the_pages_is_made_also_when_the_browser_leaves(desk: Desk) -> None:
    given_up, app, run = [], dashboard(desk), desk.children.run

    def slow(command: list[str], seconds: float, gone: threading.Event, by: str) -> tuple[int, str, str]:
        given_up.append(gone.wait(1))
        return run(command, seconds, gone, by)

    desk.children.run = slow  # type: ignore[method-assign,assignment]
    session = str(desk.keeper.open_once(str(desk.keeper.code)))
    form = urlencode(FORM | {"table": bring(desk, "a"), "token": desk.keeper.token(session)}).encode()

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        cookie = (b"cookie", f"{COOKIE}={session}".encode())
        headers = [header for header in scope["headers"] if header[0] != b"content-type"]
        await app(scope | {"headers": [*headers, cookie]}, receive, send)

    assert hang_up(signed_in, "/lists", "", form, "") == 303
    assert given_up == [False]
    newest = desk.all_runs()[0]
    assert (newest.record["command"], newest.status) == ("target", "done")


@pytest.mark.usefixtures("undrawn_lists")
def test_a_page_opened_under_another_model_makes_no_list_and_leads_back(desk: Desk) -> None:
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    page = browser.get(f"/lists?table={table}").text
    digest = re.search('name="model" value="([0-9a-f]{64})"', page)
    assert digest is not None
    made = desk.run(str(desk.bundle_run())).record["made"]
    assert f"The model was trained on {datetime.fromisoformat(made):%d %b %Y, %H:%M} UTC" in page.replace("\u00a0", " ")
    form, lists = FORM | {"table": table, "model": digest.group(1)}, len(desk.all_runs())
    json = {"accept": "application/json", "x-token": desk.keeper.token(browser.cookies["segmint_session"])}
    assert browser.post("/lists/preview", json=form, headers=json).status_code == 200
    promote(desk.runs, run_with_bundle(desk.runs, 2), GATE)
    for asked in (post(browser, desk, form), browser.post("/lists/preview", json=form, headers=json)):
        assert asked.status_code == 409
        assert "The model in use has changed since this page was opened" in asked.text
    assert f'data-back href="/lists?table={table}">Back to the list builder' in post(browser, desk, form).text
    assert len(desk.all_runs()) == lists + 1  # the other training
    again = re.search('name="model" value="([0-9a-f]{64})"', browser.get(f"/lists?table={table}").text)
    assert again is not None
    assert post(browser, desk, form | {"model": again.group(1)}).status_code == 303


@pytest.mark.usefixtures("undrawn_lists")
def test_a_second_list_of_a_campaign_says_whom_the_first_one_calls(desk: Desk) -> None:
    table, browser = bring(desk, "a"), client(desk, signed_in=True)

    def said(campaign: str) -> list[str]:
        form = FORM | {"campaign": campaign}
        return [doubt["title"] for doubt in pages.preview(desk, table, form, exact=True, before=None)["doubts"]]

    before = said("spring")
    assert post(browser, desk, FORM | {"table": table, "campaign": "spring", "calls": "7"}).status_code == 303
    assert said("spring") == ["A list of the campaign 'spring' was made before", *before]
    assert said("autumn") == before
