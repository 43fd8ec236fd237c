"""Forms and tables that arrive too slowly are cut off; the clocks run fast here."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmint.dashboard.app import MOST_FORM, dashboard
from segmint.dashboard.desk import Desk
from segmint.service import body
from tests.service.conftest import served
from tests.service.test_slow import dial, read_all

from .test_app import client


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def port(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(body, "SECONDS", 0.4)
    with served(dashboard(desk)) as found:
        yield found


def head(port: int, method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Length: 1000", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_whoever_sends_the_sign_in_form_slowly_is_cut_off(port: int) -> None:
    start = time.monotonic()
    callers = [dial(port, head(port, "POST", "/sign-in") + b"key=") for _ in range(20)]
    assert {read_all(caller)[:12] for caller in callers} == {b"HTTP/1.1 408"}
    assert time.monotonic() - start < 8


def test_a_table_that_arrives_slowly_is_cut_off_and_nothing_stays(port: int, desk: Desk) -> None:
    session = desk.keeper.open(str(desk.keeper.code))
    assert session is not None
    token = desk.keeper.token(session)
    asks = (f"Cookie: segmint_session_{port}={session}", f"X-Token: {token}", "Accept: application/json")
    slow = dial(port, head(port, "PUT", "/tables?name=a.csv", *asks) + b"a,b\n")
    told = read_all(slow)
    assert told.startswith(b"HTTP/1.1 408")
    assert b"too slowly" in told
    gone: socket.socket = dial(port, head(port, "PUT", "/tables?name=a.csv", *asks) + b"a,b\n")
    gone.close()
    time.sleep(0.2)
    assert list(desk.tables.folder.iterdir()) == []


def test_a_form_that_is_too_large_is_refused(desk: Desk) -> None:
    answer = client(desk).post("/sign-in", content=b"key=" + b"x" * MOST_FORM)
    assert answer.status_code == 413
    assert "larger than 1 MiB" in answer.text
