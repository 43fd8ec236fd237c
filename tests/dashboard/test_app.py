"""The door holds: no page without a session, no form without its token, no foreign host; same figures as in batch."""

from __future__ import annotations

import asyncio
import html
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl
import pytest
import uvicorn

from segmint.config import load_config
from segmint.dashboard import pages
from segmint.dashboard.app import beside, dashboard, open_door, routes
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages import FILE_SCOPES, FILES
from segmint.errors import DataError, RunError
from segmint.flows.monitor import monitor
from segmint.flows.segment import CUSTOMERS
from segmint.service.app import WAYS, Service, make_app
from segmint.service.champion import Champion
from segmint.service.keys import KeyRing, session_key
from segmint.service.problems import Problem
from segmint.service.slow import Impatient
from segmint.store.bundle import write_bundle
from segmint.store.champion import promote
from segmint.store.run import Run
from tests.service.conftest import served
from tests.service.small import small_parts
from tests.service.test_champion import GATE, run_with_bundle

from .conftest import Here


class Asker:
    """Asks the app without a network; keeps cookies, follows nothing."""

    def __init__(self, desk: Desk) -> None:
        self.app, self.desk, self.cookies = dashboard(desk), desk, httpx.Cookies()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", cookies=self.cookies
            ) as client:
                return await client.request(method, path, **more)

        answer = asyncio.run(ask())
        self.cookies.update(answer.cookies)
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


def client(desk: Desk, *, signed_in: bool = False) -> Asker:
    asker = Asker(desk)
    if signed_in:
        desk.keeper.code = "code"
        assert asker.get("/sign-in?code=code").status_code == 303
    return asker


def test_whoever_is_signed_in_is_given_the_token_of_forms(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    browser = client(desk, signed_in=True)
    assert browser.get("/token").json() == {"token": desk.keeper.token(browser.cookies["segmint_session"])}
    out = client(desk).get("/token", headers={"accept": "application/json"})
    assert (out.status_code, out.json()["came"]) == (401, "You are not signed in any more.")


def test_without_a_session_every_page_stays_closed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    browser = client(desk)
    asked = 0
    for route in routes(desk):
        if route.path.startswith(("/sign-in", "/static")):
            continue
        for method in route.methods or ():
            path = route.path.replace("{", "").replace("}", "")
            assert browser.request(method, path).status_code == 401, (method, path)
            asked += 1
    assert asked > 20


def test_whoever_is_signed_out_is_answered_in_the_way_that_was_asked(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path))
    for method, path in (("GET", "/runs"), ("POST", "/lists"), ("POST", "/sign-out")):
        page = browser.request(method, path, headers={"accept": "text/html,*/*"})
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
        told = browser.request(method, path, headers={"accept": "application/json"})
        assert (told.status_code, told.json()["fix"]) == (401, "sign in again")


def test_two_doors_of_one_machine_do_not_sign_each_other_out(tmp_path: Path) -> None:
    """Browsers tell the cookies of one machine apart by their names, not by the port."""
    doors = {f"127.0.0.1:{port}": client(Desk(tmp_path)) for port in (8000, 8001)}
    one_jar = httpx.Cookies()
    for host, browser in doors.items():
        browser.cookies = one_jar
        code = f"/sign-in?code={browser.desk.keeper.code}"
        assert browser.get(code, headers={"host": host}).status_code == 303
    for host, browser in doors.items():
        assert browser.get("/", headers={"host": host}).status_code == 200
    assert sorted(one_jar) == ["segmint_session_8000", "segmint_session_8001"]


def test_a_form_needs_its_token_and_our_own_host(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path), signed_in=True)
    assert browser.post("/sign-out", data={"token": "x"}).status_code == 422
    assert browser.request("PUT", "/tables?name=a.csv", content=b"a,b").status_code == 422
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 421
    assert browser.get("/", headers={"origin": "http://evil.example"}).status_code == 403
    assert not (tmp_path / "tables").exists()


def test_who_sends_too_much_is_not_told_to_send_it_again(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path), signed_in=True)
    refused = browser.post("/lists", data={"token": "x" * (2 << 20)})
    assert refused.status_code == 413
    assert "The body is larger than 1 MiB." in refused.text
    assert "Next: send less<" in refused.text


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (429, "wait a moment"),
        (503, "wait a moment"),
        (504, "wait a moment"),
        (408, "send it again over a faster connection"),
        (400, "send it again"),
    ],
)
def test_what_to_do_next_fits_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, advice: str
) -> None:
    def refuse(desk: Desk) -> None:
        raise Problem(status, "x", "Not so.")

    monkeypatch.setattr(pages, "overview", refuse)
    refused = client(Desk(tmp_path), signed_in=True).get("/")
    assert refused.status_code == status
    assert f"Next: {advice}" in refused.text


def test_every_answer_carries_the_guarding_headers(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path), signed_in=True)
    for path in ("/", "/runs", "/static/dashboard.js", "/nothing", "/runs/nope"):
        headers = browser.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    cookie = client(Desk(tmp_path))
    cookie.app.desk.keeper.code = "code"
    said = cookie.get("/sign-in?code=code").headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said


def test_over_tls_the_cookie_is_for_tls_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for scheme in ("http", "https"):
        desk.keeper.code = "code"
        answer = client(desk).get(f"{scheme}://127.0.0.1/sign-in?code=code")
        assert answer.status_code == 303
        assert ("secure" in answer.headers["set-cookie"].lower()) == (scheme == "https")


def test_a_proxy_on_this_machine_says_that_it_speaks_tls(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with served(dashboard(desk)) as port:
        for proto in ("http", "https"):
            desk.keeper.code = "code"
            head = {"x-forwarded-proto": proto, "x-forwarded-for": "192.0.2.7"}
            answer = httpx.get(f"http://127.0.0.1:{port}/sign-in?code=code", headers=head)
            assert answer.status_code == 303
            assert ("secure" in answer.headers["set-cookie"].lower()) == (proto == "https")


def test_the_dashboard_alone_is_served_as_the_service_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[uvicorn.Config] = []
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: seen.append((self.config, sockets[0].close())[0]))
    open_door(Desk(tmp_path), 8123)
    assert seen[0].http is Impatient
    assert (seen[0].host, seen[0].port, seen[0].access_log, seen[0].server_header) == ("127.0.0.1", 8123, False, False)


def test_without_runs_every_page_says_what_to_do(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path), signed_in=True)
    words = {"/": "No model yet", "/runs": "No runs yet", "/segments": "No segments yet", "/lists": "Bring a table"}
    words |= {"/customer": "Bring a table", "/try": "There is no model yet", "/monitoring": "segmint monitor"}
    words |= {"/compare": "Fewer than two", "/upload": "Drop a table here"}
    for path, word in words.items():
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert word in answer.text, path


def test_only_what_can_be_continued_is_said_to_be(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("a;b\n1;2\n")
    going_on = Run.create(tmp_path / "runs", "backtest", "", None, {}, source=table, contract_toml="")
    gone = Run.create(tmp_path / "runs", "measure", "", None, {})
    for run in (going_on, gone):
        run.interrupted()
    overview = client(Desk(tmp_path / "runs"), signed_in=True).get("/").text
    again = f"segmint resume {going_on.id} --runs {tmp_path / 'runs'} continues it"
    assert again in overview
    assert f"segmint resume {gone.id}" not in overview
    assert "begin it again" in overview
    pages_of = [client(Desk(tmp_path / "runs"), signed_in=True).get(f"/runs/{run.id}").text for run in (going_on, gone)]
    assert f"The run stopped before its end; {again}." in pages_of[0]
    assert "The run stopped before its end; begin it again." in pages_of[1]
    assert not any("segmint report" in page for page in pages_of)


def test_commands_to_type_name_the_folder_of_runs_where_it_is_not_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for runs, named in ((Path("runs"), ""), (Path("our runs"), " --runs &#39;our runs&#39;")):
        finished = run_with_bundle(runs, 1)
        browser = client(Desk(runs), signed_in=True)
        assert f"(segmint promote {finished}{named})" in browser.get("/").text
    at_work = Run.create(tmp_path / "runs", "run", "", None, {})
    shown = client(Desk(Path("runs")), signed_in=True).get(f"/runs/{at_work.id}").text
    assert "The run is still at work" in shown
    assert "segmint report" not in shown


def test_a_command_that_writes_no_report_is_not_taken_for_an_old_one(tmp_path: Path) -> None:
    with Run.create(tmp_path, "predict", "", None, {}) as run:
        run.done({})
    shown = client(Desk(tmp_path), signed_in=True).get(f"/runs/{run.id}").text
    assert "This run has none; what it found is in the files of its folder." in shown
    assert shown.index("config.toml") < shown.index("This run has none")


def test_a_run_that_failed_unexpectedly_has_a_page_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Run.create(tmp_path, "predict", "", None, {}) as run:
        raise ZeroDivisionError("a secret of a customer")
    shown = client(Desk(tmp_path), signed_in=True).get(f"/runs/{run.id}")
    assert shown.status_code == 200
    assert "an unexpected error" in shown.text
    assert "Next: begin it again" in shown.text
    assert "a secret" not in shown.text


def test_the_segments_of_customers_are_offered_under_the_name_they_are_written_by() -> None:
    assert CUSTOMERS in FILES
    assert FILE_SCOPES[CUSTOMERS] == "predict"


def test_the_list_names_runs_that_cannot_be_read_and_a_champion_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "2026-03-14T10-15-02Z-3f9c"
    gone.mkdir()
    (gone / "run.json").touch()
    used = run_with_bundle(tmp_path, 1)
    promote(tmp_path, used, GATE)
    shutil.rmtree(tmp_path / used)
    page = html.unescape(client(Desk(tmp_path), signed_in=True).get("/runs").text).replace("\u00a0", " ")
    assert f"{gone.name} (run.json: it is no JSON)" in page
    assert f"PROMOTED names {used}, which is not here." in page
    assert "No runs yet" not in page


def test_what_monitoring_found_stands_on_the_overview_and_on_its_page(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    older = pl.DataFrame({"age": [str(89 + i % 5) for i in range(200)], "job": ["student"] * 200, "phone": ["1"] * 200})
    found = monitor(older, tmp_path / "bundle", load_config(), runs=tmp_path / "runs")
    assert found.summary["alarms"]
    browser = client(Desk(tmp_path / "runs"), signed_in=True)
    overview = browser.get("/").text
    assert f"Monitoring raised {len(found.summary['alarms'])} alarm" in overview
    assert html.escape(found.summary["alarms"][0]["sentence"].split(",")[0]) in overview
    assert found.folder.name in browser.get("/monitoring").text


def watched(runs: Path, day: str, bundle: str, table: str, *alarms: str) -> str:
    """Leave a monitoring of that day; return its id."""
    with Run.create(runs, "monitor", "", None, {table: "sha256:1", "bundle": f"sha256:{bundle}"}) as run:
        run.keep("monitor.json", {"bundle": "/a/folder/model", "alarms": [{"sentence": words} for words in alarms]})
        run.record["made"] = f"2026-03-{day}T10:00:00+00:00"
        run.done({})
    return run.folder.rename(runs / f"2026-03-{day}T10-00-00Z-0000").name


def test_an_alarm_ends_with_the_next_monitoring_and_with_its_model_and_has_a_day(tmp_path: Path) -> None:
    def told() -> list[tuple[str, str]]:
        return [(alarm["about"], alarm["text"]) for alarm in pages.overview(Desk(tmp_path))["alarms"]]

    watched(tmp_path, "01", "one", "march.csv", "Ages have moved.")
    assert told() == [("01 Mar 2026, march.csv, the model model", "Ages have moved.")], "no model is in use yet"
    watched(tmp_path, "02", "one", "march.csv")
    assert told() == []
    watched(tmp_path, "03", "one", "april.csv", "Jobs have moved.")
    watched(tmp_path, "04", "two", "april.csv")
    assert len(told()) == 1, "of another model"
    run = run_with_bundle(tmp_path, 1)
    digest = Desk(tmp_path, run).bundle().digest
    assert told() == [], "that model is not in use"
    watched(tmp_path, "05", digest, "april.csv", "Jobs have moved.", "Ages have moved.")
    assert told() == [("05 Mar 2026, april.csv, the model in use", "Jobs have moved. And 1 more.")]
    (tmp_path / watched(tmp_path, "06", digest, "april.csv") / "monitor.json").write_text("{")
    assert len(told()) == 1, "what cannot be read ends no alarm"
    assert "05 Mar 2026, april.csv, the model in use" in client(Desk(tmp_path), signed_in=True).get("/").text


@pytest.mark.parametrize("alarms", ["many", [1], {"sentence": "x"}, None])
def test_alarms_of_another_shape_take_no_overview_away(tmp_path: Path, alarms: object) -> None:
    with Run.create(tmp_path, "monitor", "", None, {}) as run:
        run.keep("monitor.json", {"alarms": alarms})
        run.done({})
    assert pages.overview(Desk(tmp_path))["alarms"] == []


def test_the_overview_says_what_monitoring_raised_first_and_what_failed_alike_once(tmp_path: Path) -> None:
    with Run.create(tmp_path, "monitor", "", None, {}) as watched:
        watched.keep("monitor.json", {"alarms": [{"sentence": "Ages have moved."}]})
        watched.done({})
    for command, times in (("target", 25), ("run", 3)):
        for _ in range(times):
            with pytest.raises(DataError), Run.create(tmp_path, command, "", None, {}):
                raise DataError("Too few rows.")
    alarms = pages.overview(Desk(tmp_path))["alarms"]
    titles = [alarm["title"] for alarm in alarms]
    assert titles == ["Monitoring raised an alarm", "Training failed 3 times"]
    assert "Ages have moved." in alarms[0]["text"]
    assert "Ages have moved." in client(Desk(tmp_path), signed_in=True).get("/").text


def test_a_failure_is_no_alarm_once_the_same_was_done_with_the_same_table(tmp_path: Path) -> None:
    for day, name in enumerate(("results.csv", "others.csv"), start=1):
        with pytest.raises(DataError), Run.create(tmp_path, "measure", "", None, {name: "sha256:1"}) as failed:
            raise DataError("No column 'code'.")
        failed.folder.rename(tmp_path / f"2026-01-0{day}T00-00-00Z-0000")
    assert len(pages.overview(Desk(tmp_path))["alarms"]) == 1
    with Run.create(tmp_path, "measure", "", None, {"results.csv": "sha256:2"}) as again:
        again.done({})
    left = pages.overview(Desk(tmp_path))["alarms"]
    assert [alarm["title"] for alarm in left] == ["Effect of calling failed"]
    with Run.create(tmp_path, "measure", "", None, {"others.csv": "sha256:2"}) as again:
        again.done({})
    assert pages.overview(Desk(tmp_path))["alarms"] == []


def test_a_page_that_there_is_not_leads_back(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path), signed_in=True)
    for method, path, status in (("GET", "/nosuch", 404), ("GET", "/runs/a/b/c", 404), ("POST", "/runs", 405)):
        shown = browser.request(method, path)
        assert (shown.status_code, "Back to the overview" in shown.text) == (status, True)
    told = browser.get("/nosuch", headers={"accept": "application/json"})
    assert (told.status_code, told.json()["fix"]) == (404, "go back to the overview")
    assert browser.get("/runs", headers={"host": "LOCALHOST", "origin": "http://localhost"}).status_code == 200


def test_a_program_with_a_key_is_told_of_a_mistaken_path_by_the_service_and_a_browser_by_the_pages(
    tmp_path: Path,
) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    text, key = session_key()
    service = Service(Champion(tmp_path / "bundle", tmp_path), KeyRing([key]), tmp_path)
    browser = client(Desk(tmp_path), signed_in=True)
    browser.app = beside(make_app(service), browser.app, api_paths=frozenset(way.path for way in WAYS))
    by_key = {"authorization": f"Bearer {text}"}
    assert browser.get("/runs", headers=by_key).status_code == 200  # as a proxy in front may send it
    assert browser.get("/v2/predict").headers["content-type"].startswith("text/html")
    browser.cookies.clear()
    for path in ("/v2/predict", "/predict"):
        for headers, status in ((by_key, 404), ({"authorization": "Bearer wrong"}, 401)):
            told = browser.post(path, headers=headers, content=b"{}")
            assert told.headers["content-type"] == "application/problem+json"
            assert told.status_code == told.json()["status"] == status
    assert browser.get("/v2/predict").status_code == 401


def test_a_run_that_is_not_there_is_chosen_in_the_browser_and_commands_stand_as_code(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path), signed_in=True)
    assert "<p>Next: choose one under “Runs”</p>" in browser.get("/runs/2026-01-01T00-00-00Z-aaaa").text
    with pytest.raises(RunError), Run.create(tmp_path, "predict", "", None, {}) as run:
        raise RunError("`<b>` is no run", fix="list the runs: `segmint runs`, or ` alone")
    shown = browser.get(f"/runs/{run.id}").text
    assert '<div class="stack"><div class="banner danger"' in shown
    assert "<code>&lt;b&gt;</code> is no run" in shown
    assert "<p>Next: list the runs: <code>segmint runs</code>, or ` alone</p>" in shown


@pytest.mark.parametrize("name", ["..%2f..%2fetc", "PROMOTED", "tables", "%00", "x" * 3000])
def test_a_strangers_run_name_leads_nowhere(name: str, tmp_path: Path) -> None:
    assert client(Desk(tmp_path), signed_in=True).get(f"/runs/{name}").status_code in (404, 414)


def test_serving_loads_no_training_library() -> None:
    code = (
        "import sys, segmint.dashboard.app, segmint.flows.target, segmint.flows.draft, segmint.flows.customer\n"
        "bad = {'tensorflow', 'keras', 'sklearn', 'lightgbm', 'altair', 'vl_convert'} & set(sys.modules)\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.network
def test_pages_and_batch_say_the_same_propensities_in_the_same_order(here: Here, tmp_path: Path) -> None:
    from segmint.flows.predict import predict

    batch = predict(here.path, here.desk.runs / here.run, load_config(), runs=tmp_path)
    likely = pl.read_parquet(batch.folder / "predictions.parquet")["propensity"].to_numpy()
    form = {"holdout": "0", "cost": "1", "value": "100"}
    from segmint.dashboard.policy_form import config_of
    from segmint.flows.steps.settings import policy_of

    prepared = here.desk.prepared(here.table, config_of(form))
    # rounded to 1e-6 so that two machines make one list
    assert np.abs(prepared.preview.propensity - likely).max() <= 5e-7
    assert (np.diff(likely[prepared.preview.ranked(policy_of(config_of(form))).order]) <= 1e-6).all()
    for row in (0, 5, 17):
        name = str(prepared.preview.customers[row])
        context = pages.customer(here.desk, here.table, name)
        assert context["found"]["propensity"] == pytest.approx(likely[row], abs=1e-7)  # single precision


@pytest.mark.network
def test_a_smaller_budget_shows_who_drops_out(here: Here) -> None:
    before = {"holdout": "0", "cost": "1", "value": "100", "calls": "50"}
    seen = pages.preview(here.desk, here.table, before | {"calls": "40"}, exact=False, before=before)
    exact = pages.preview(here.desk, here.table, before | {"calls": "40"}, exact=True, before=before)
    assert (seen["customers"], seen["joined"], seen["left"]) == (40, 0, 10)
    assert {k: exact[k] for k in ("customers", "expected_profit", "left")} == {
        k: seen[k] for k in ("customers", "expected_profit", "left")
    }


@pytest.mark.network
def test_errors_are_words_and_hold_no_customer(here: Here) -> None:
    browser = client(here.desk, signed_in=True)
    session = browser.cookies["segmint_session"]
    token = {"x-token": here.desk.keeper.token(session), "accept": "application/json"}
    told = browser.post("/lists/preview", json={"table": here.table, "calls": "x"}, headers=token)
    assert told.status_code == 422
    assert "“Calls at most”" in told.json()["came"]
    told = browser.post("/lists/preview", json={"table": "../x"}, headers=token)
    assert told.status_code == 404
