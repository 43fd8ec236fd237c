"""Whatever is sent to the pages, by somebody signed in or not: no failure of ours, nothing but words."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest

from segmint.dashboard.app import dashboard, routes
from segmint.dashboard.desk import Desk
from segmint.dashboard.sign_in import COOKIE
from tests.service.test_champion import run_with_bundle

from .test_desk import FORM, bring

SECRET = "Zk7Qw9XvPl"
ODD = [
    "", " ", "0", "-1", "1e999", "nan", "9" * 400, "1,5", "\x00", "\ud800", "\ufeff", "../../etc/passwd", "%2e%2e", "'\"<b>", "{{7*7}}",
    "=1+1", "x" * 20_000, SECRET, "yes", "job", "student", "age", "no such thing", "\u202egpj", "[]", "None",
]  # fmt: skip
NAMES = [
    "calls", "money", "cost", "value", "currency", "holdout", "campaign", "exact", "customer", "contract", "outcome", "reviewed", "how",
    "quota_column_0", "quota_level_0", "quota_least_0", "quota_most_0", "exclude_column_1", "exclude_level_1", "before_calls", "age", "job",
]  # fmt: skip
BODIES = [
    b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 100_000, b'{"a":' * 50_000, b'{"calls": NaN}', b'{"calls": 1e999}',
    b'{"calls": ' + b"9" * 6_000 + b"}", b'{"calls": {"a": [1]}}', b'{"campaign": "\\ud800"}', b"&" * 5_000, b"a=" + b"%" * 900,
]  # fmt: skip
HOSTS = [b"evil.example", b"[", b"[::1", b"127.0.0.1:x", b"", b"a b", b"127.0.0.1@evil", b"\xff"]


class Wire:
    """Asks the app as a server would, with bytes that no client library lets through."""

    def __init__(self, desk: Desk) -> None:
        self.app, self.desk = dashboard(desk), desk
        self.sign_in()

    def sign_in(self) -> None:
        self.session = self.desk.keeper._start(None)
        self.token = self.desk.keeper.token(self.session)

    def restore(self) -> None:
        """Undo what one request may do to the next: who signed out signs in, and a table that was forgotten is brought again."""
        if self.desk.keeper.who(self.session) is None:
            self.sign_in()
        if not self.desk.tables.all():
            bring(self.desk, "a")

    def ask(self, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
        raw = quote(path, errors="replace")
        scope = {
            "type": "http", "method": method, "path": unquote(raw), "raw_path": raw.encode(), "root_path": "",
            "query_string": query, "headers": headers, "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
            "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip
        said: list[dict[str, Any]] = []

        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not unread:  # as a server does for a caller who stays
                await asyncio.Event().wait()
            return unread.pop()

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        async def go() -> None:
            await self.app(scope, receive, send)

        asyncio.run(go())
        return int(said[0]["status"]), b"".join(part.get("body", b"") for part in said[1:])


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """A dashboard with a model and a table; a run would take minutes, so it is not started here."""
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    bring(desk, "a")
    monkeypatch.setattr("segmint.dashboard.jobs.AT_ONCE", 0)
    return Wire(desk)


def odd_request(draw: random.Random, wire: Wire) -> tuple[str, str, bytes, list[tuple[bytes, bytes]], bytes]:
    route = draw.choice(routes(wire.desk))
    path = route.path
    for part in ("run", "file", "key", "name", "table", "job"):
        good = "a" * 16 if part == "table" else wire.desk.all_runs()[0].id if part == "run" else "1"
        path = path.replace(f"{{{part}}}", good if draw.random() < 0.5 else draw.choice(ODD).replace("/", ""))
    form = dict(FORM) | {draw.choice(NAMES): draw.choice(ODD) for _ in range(draw.randint(0, 4))}
    form |= {"table": "a" * 16 if draw.random() < 0.7 else draw.choice(ODD)}
    headers = [(b"host", b"127.0.0.1" if draw.random() < 0.95 else draw.choice(HOSTS))]
    if draw.random() < 0.9:
        headers += [(b"cookie", f"{COOKIE}={wire.session}".encode()), (b"x-token", wire.token.encode())]
    kind, body = b"application/x-www-form-urlencoded", urlencode(form, errors="replace").encode()
    if draw.random() < 0.4:
        kind, body = b"application/json", json.dumps(form).encode()
    if draw.random() < 0.2:
        body = draw.choice(BODIES)
    headers += [(b"content-type", kind), (b"accept", draw.choice([b"text/html", b"application/json", b"\xff"]))]
    methods = sorted(route.methods or ())  # a set has another order in another process
    method = "GET" if "GET" in methods and draw.random() < 0.4 else draw.choice(methods)
    return (
        method,
        path,
        urlencode({"table": form["table"], "name": draw.choice(ODD)}, errors="replace").encode(),
        headers,
        body,
    )


def prove(wire: Wire, count: int) -> None:
    draw, seen = random.Random(5), dict[int, int]()
    for _ in range(count):
        wire.restore()
        request = odd_request(draw, wire)
        status, answer = wire.ask(*request)
        assert status < 500, (status, request, answer[-600:])
        assert b"Traceback" not in answer
        seen[status] = seen.get(status, 0) + 1
    assert {200, 303, 401, 404, 421, 422} <= set(seen), seen


def test_api_01_five_hundred_odd_requests_to_the_pages_break_nothing(wire: Wire) -> None:
    prove(wire, 500)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_api_01_ten_thousand_odd_requests_to_the_pages_break_nothing(wire: Wire) -> None:
    prove(wire, 10_000)


@pytest.mark.parametrize("host", [host for host in HOSTS if not host.endswith(b":x")])
def test_api_08_a_host_that_is_none_is_refused_before_anything_else(wire: Wire, host: bytes) -> None:
    assert wire.ask("GET", "/", b"", [(b"host", host)], b"")[0] == 421


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_form_is_answered_in_words(wire: Wire, body: bytes) -> None:
    for kind in (b"application/json", b"application/x-www-form-urlencoded"):
        headers = [(b"host", b"127.0.0.1"), (b"cookie", f"{COOKIE}={wire.session}".encode())]
        headers += [(b"x-token", wire.token.encode()), (b"content-type", kind), (b"accept", b"application/json")]
        status, _ = wire.ask("POST", "/lists/preview", b"", headers, body)
        assert 400 <= status < 500
