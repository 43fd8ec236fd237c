"""The door: a code works once, a key as long as it is valid, a form only with its session's token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmint.dashboard import pages, sign_in
from segmint.dashboard.app import WAYS
from segmint.dashboard.desk import Desk
from segmint.dashboard.sign_in import Doorkeeper
from segmint.service import keys as keys_file
from segmint.service.keys import FileRing, Key, KeyRing, add_key, digest_of, read_keys, revoke_keys
from tests.service.test_champion import run_with_bundle

from .test_app import client

ALL = ("read", "predict", "target")


def ring(*texts: str) -> KeyRing:
    ends = datetime.now(UTC) + timedelta(days=1)
    return KeyRing(Key(text, digest_of(text), frozenset(ALL), ends) for text in texts)


def test_the_one_time_code_works_once() -> None:
    keeper = Doorkeeper()
    code = str(keeper.code)
    session = keeper.open(code)
    assert keeper.knows(session)
    assert keeper.open(code) is None
    assert keeper.open_once(code) is None


def test_only_keys_of_the_ring_open() -> None:
    keeper = Doorkeeper(ring("right"))
    assert keeper.open("wrong") is None
    assert keeper.knows(keeper.open("right"))
    assert not keeper.knows(None)
    assert not keeper.knows("")


def test_a_token_belongs_to_one_session() -> None:
    keeper = Doorkeeper(ring("a", "b"))
    first, second = str(keeper.open("a")), str(keeper.open("b"))
    assert keeper.is_token(first, keeper.token(first))
    assert not keeper.is_token(first, keeper.token(second))
    keeper.close(first)
    assert not keeper.knows(first)


def test_a_session_ends_after_twelve_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, now = Doorkeeper(), [0.0]
    monkeypatch.setattr(sign_in.time, "monotonic", lambda: now[0])
    session = keeper.open(str(keeper.code))
    now[0] = 12 * 3600 - 1
    assert keeper.knows(session)
    now[0] += 2
    assert not keeper.knows(session)


def test_a_session_ends_with_the_key_that_opened_it(tmp_path: Path) -> None:
    path, now = tmp_path / "keys.toml", [0.0]
    gone, stays = add_key(path, "gone", ALL), add_key(path, "stays", ALL)
    keeper = Doorkeeper(FileRing(path, clock=lambda: now[0]))
    desk = Desk(tmp_path, keeper=keeper)
    signed_out, signed_in = client(desk), client(desk)
    for browser, key in ((signed_out, gone), (signed_in, stays)):
        assert browser.post("/sign-in", data={"key": key}).status_code == 303
        assert browser.get("/runs").status_code == 200
    revoke_keys(path, "gone")
    now[0] = 1.5
    assert signed_out.get("/runs").status_code == 401
    assert signed_in.get("/runs").status_code == 200
    path.chmod(0o644)  # a file of keys that others may read opens nothing any more
    now[0] = 3.0
    assert signed_in.get("/runs").status_code == 401


def test_a_session_ends_when_its_key_does(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Doorkeeper(ring("right"))
    session = keeper.open("right")
    assert keeper.knows(session)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=2)

    monkeypatch.setattr(keys_file, "datetime", Later)
    assert not keeper.knows(session)


def test_a_key_in_an_address_opens_nothing(tmp_path: Path) -> None:
    browser = client(Desk(tmp_path, keeper=Doorkeeper(ring("right"))))
    assert browser.get("/sign-in?code=right").status_code == 401
    assert browser.get("/sign-in?key=right").status_code == 200  # the page that asks for one
    assert browser.get("/runs").status_code == 401
    assert browser.post("/sign-in", data={"key": "right"}).status_code == 303
    assert browser.get("/runs").status_code == 200


def test_a_look_at_the_head_does_not_use_the_one_time_address_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    browser = client(desk)
    for _ in range(2):
        head = browser.request("HEAD", f"/sign-in?code={desk.keeper.code}")
        assert (head.status_code, head.headers.get("set-cookie")) == (200, None)
    assert browser.get(f"/sign-in?code={desk.keeper.code}").status_code == 303
    assert browser.request("HEAD", "/lists").status_code == 200


def test_every_page_has_a_scope_and_a_key_without_it_is_refused_by_name(tmp_path: Path) -> None:
    assert {way.path for way in WAYS if way.scope is None} == {"/sign-in", "/sign-out", "/static/{name}", "/token"}
    path = tmp_path / "keys.toml"
    for scope in {way.scope for way in WAYS} - {None, "read|predict|target"}:
        others = [other for other in ALL if other not in str(scope).split("|")]
        text = add_key(path, str(scope).replace("|", "-"), others)
        keeper = Doorkeeper(KeyRing(read_keys(path)))
        browser = client(Desk(tmp_path / "runs", keeper=keeper))
        assert browser.post("/sign-in", data={"key": text}).status_code == 303
        for way in WAYS:
            if way.scope == scope:
                for method in way.methods:
                    answer = browser.request(method, way.path.replace("{", "").replace("}", ""))
                    assert answer.status_code == 403, (method, way.path)
                    named = " or ".join(f"&#39;{one}&#39;" for one in str(scope).split("|"))
                    assert f"lacks the scope {named}" in answer.text


def test_a_key_that_reads_and_predicts_signs_in_and_gets_no_list(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    text = add_key(tmp_path / "keys.toml", "analyst", ["read", "predict"])
    browser = client(Desk(tmp_path, keeper=Doorkeeper(FileRing(tmp_path / "keys.toml"))))
    assert browser.post("/sign-in", data={"key": text}).headers["location"] == "/"
    for page in ("/", "/runs", f"/runs/{run}", "/segments", "/customer", "/try", "/upload", "/monitoring"):
        assert browser.get(page).status_code == 200, page
    for name in pages.FILES:
        (tmp_path / run / name).write_bytes(b"x")
    found = {name: browser.get(f"/runs/{run}/{name}").status_code for name in pages.FILES}
    assert {name for name, status in found.items() if status == 403} == {
        "call_list.xlsx", "dialler.csv", "call_list.parquet", "config.toml",
    }  # fmt: skip
    assert browser.get("/lists", headers={"accept": "application/json"}).json()["fix"].startswith("ask for one")


def test_a_key_leads_to_what_it_opens_and_sees_what_it_made(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    for scope, home in (("read", "/"), ("predict", "/customer"), ("target", "/lists")):
        text = add_key(tmp_path / "keys.toml", scope, [scope])
        browser = client(Desk(tmp_path, keeper=Doorkeeper(FileRing(tmp_path / "keys.toml"))))
        assert browser.post("/sign-in", data={"key": text}).headers["location"] == home
        assert browser.get(home).status_code == 200
        refused = browser.get("/monitoring" if scope != "read" else "/lists")
        assert (refused.status_code, f'class="button second" href="{home}"' in refused.text) == (403, True)
        seen = browser.get(f"/runs/{run}").status_code, browser.get("/work/1").status_code
        assert seen == ((403, 403) if scope == "predict" else (200, 404))
        for name, needed in (("dialler.csv", "target"), ("predictions.parquet", "predict"), ("report.html", "read")):
            (tmp_path / run / name).write_bytes(b"x")
            assert (browser.get(f"/runs/{run}/{name}").status_code == 200) == (needed == scope)


def test_a_key_that_only_reads_downloads_no_customers(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    text = add_key(tmp_path / "keys.toml", "reader", ["read"])
    browser = client(Desk(tmp_path, keeper=Doorkeeper(FileRing(tmp_path / "keys.toml"))))
    browser.post("/sign-in", data={"key": text})
    (tmp_path / run / "predictions.parquet").write_bytes(b"x")
    for name in ("predictions.parquet", "config.toml"):  # settings hold the key of the arms, and paths
        assert browser.get(f"/runs/{run}/{name}").status_code == 403
    assert browser.get("/").status_code == 200


def test_who_signs_out_without_a_key_is_printed_a_new_address(tmp_path: Path) -> None:
    desk, codes = Desk(tmp_path, keeper=Doorkeeper(ring("key"))), list[str]()
    browser, other = client(desk, signed_in=True), client(desk)
    assert "when it started" in browser.get("/sign-in").text
    desk.keeper.announce = codes.append
    assert other.post("/sign-in", data={"key": "key"}).status_code == 303
    for one in (other, browser):
        assert codes == []  # a key opens again
        token = desk.keeper.token(one.cookies["segmint_session"])
        assert one.post("/sign-out", data={"token": token}).headers["location"] == "/sign-in"
    assert "or somebody signs out, it prints a new one" in browser.get("/sign-in").text
    (code,) = codes
    assert browser.get("/runs").status_code == 401
    assert browser.get(f"/sign-in?code={code}").status_code == 303
    assert browser.get("/runs").status_code == 200


def test_who_lost_the_session_opens_the_used_address_and_is_printed_a_new_one(tmp_path: Path) -> None:
    desk, codes = Desk(tmp_path, keeper=Doorkeeper(ring("key"))), list[str]()
    client(desk, signed_in=True)
    browser = client(desk)
    used = browser.get("/sign-in?code=code")
    assert (used.status_code, codes) == (401, [])
    assert "This address does not open the door." in used.text
    assert "start segmint again for a new address" in used.text
    desk.keeper.announce = codes.append
    assert browser.request("HEAD", "/sign-in?code=code").status_code == 200
    assert browser.post("/sign-in", data={"key": "wrong"}).status_code == 401
    assert codes == []
    for _ in range(2):  # one is printed, however often it is tried
        assert "Open the one that segmint printed last" in browser.get("/sign-in?code=code").text
    (code,) = codes
    assert browser.get(f"/sign-in?code={code}").status_code == 303


def test_who_signs_out_is_signed_out_also_where_nobody_hears_of_the_new_address(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    def gone(code: str) -> None:
        raise BrokenPipeError

    browser = client(desk, signed_in=True)
    desk.keeper.announce = gone
    token = desk.keeper.token(browser.cookies["segmint_session"])
    assert browser.post("/sign-out", data={"token": token}).headers["location"] == "/sign-in"
    assert browser.get("/runs").status_code == 401
