"""Slow callers are cut off, those who hang up break nothing; the clocks run fast here, `test_start` has the real ones."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from prometheus_client import generate_latest

from segmint.service import body, slow
from segmint.service.app import Service, make_app

from .conftest import served
from .small import GOOD

SECONDS = 0.4


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in ((slow, "HEAD_SECONDS"), (slow, "READ_SECONDS"), (body, "SECONDS")):
        monkeypatch.setattr(place, name, SECONDS)


@pytest.fixture
def port(service: Service) -> Iterator[int]:
    """The service on a socket, and a long answer at ``/long``."""
    app = make_app(service)

    async def with_long(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/long":
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(400):
            await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    with served(with_long, turned_away=service.metrics.turned_away.inc) as found:
        yield found


def dial(port: int, text: bytes, *, window: int = 0) -> socket.socket:
    caller = socket.socket()
    if window:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    caller.settimeout(20)
    caller.connect(("127.0.0.1", port))
    caller.sendall(text)
    return caller


def read_all(caller: socket.socket) -> bytes:
    told = b""
    with suppress(ConnectionError):
        while piece := caller.recv(1 << 16):
            told += piece
    caller.close()
    return told


def head(port: int, key: str, length: int) -> bytes:
    return (
        f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    ).encode()


def cut_off(port: int, key: str, each: int, seconds: float) -> None:
    """Keep `each` of four kinds of slow callers on the line until all should be cut; others are answered meanwhile."""
    start = time.monotonic()
    heads = [dial(port, b"GET /health/live HTTP/1.1\r\nX-Slow: ") for _ in range(each)]
    silent = [dial(port, b"") for _ in range(each)]
    bodies = [dial(port, head(port, key, 1000) + b'{"rows"') for _ in range(each)]
    long = f"GET /long HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    readers = [dial(port, long, window=1 << 14) for _ in range(each)]
    good = json.dumps({"rows": [GOOD]}).encode()
    while time.monotonic() - start < seconds:
        answer = read_all(dial(port, head(port, key, len(good)) + good))
        assert answer.startswith(b"HTTP/1.1 200")
        for caller in heads:
            with suppress(OSError):
                caller.sendall(b"x")  # a byte now and then does not buy time
        time.sleep(0.02)
    assert {read_all(caller) for caller in [*heads, *silent]} == {b""}
    assert {read_all(caller)[:12] for caller in bodies} == {b"HTTP/1.1 408"}
    assert all(len(read_all(caller)) < 400 << 16 for caller in readers)  # of the answer comes what was on its way


@pytest.mark.usefixtures("hurried")
def test_api_05_forty_slow_callers_are_cut_while_others_are_answered(port: int, keys: dict[str, str]) -> None:
    cut_off(port, keys["all"], 10, 3 * SECONDS)


@pytest.mark.slow
def test_api_05_five_hundred_slow_callers_are_cut_while_others_are_answered(port: int, keys: dict[str, str]) -> None:
    cut_off(port, keys["all"], 125, 10.0)


@pytest.mark.usefixtures("hurried")
def test_a_reader_who_takes_his_time_and_reads_gets_it_all(port: int) -> None:
    caller, told = dial(port, f"GET /long HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode(), window=1 << 16), 0
    start = time.monotonic()
    while piece := caller.recv(1 << 17):
        told += len(piece)
        if time.monotonic() - start < 2 * SECONDS:
            time.sleep(0.005)
    caller.close()
    assert told > 400 << 16


def test_who_hangs_up_in_the_middle_of_a_body_is_no_failure_of_ours(
    port: int, keys: dict[str, str], service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            dial(port, head(port, keys["all"], 1000) + b'{"rows": [{"job": "SECRET').close()
        waited = time.monotonic()
        while caplog.text.count("/v1/predict 400") < 5 and time.monotonic() - waited < 10:
            time.sleep(0.02)
    counted = {
        sample.labels["status"]: sample.value
        for metric in service.metrics.requests.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert counted == {"400": 5.0}
    assert "failed" not in caplog.text
    assert "SECRET" not in caplog.text


def test_a_crowd_is_counted_whole_and_logged_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    now, counted = [0.0], []
    crowd = slow.Crowd(None, lambda: counted.append(1), clock=lambda: now[0])

    async def nowhere(_: Any) -> None: ...

    for second in (0.0, 0.2, 0.9, 1.1, 1.2):
        now[0] = second
        asyncio.run(crowd({"type": "http", "path": "/v1/bundle", slow.NO_SEAT: True}, None, nowhere))
    assert len(counted) == 5
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["1", "3"]


def test_a_body_that_its_head_says_is_too_large_is_not_asked_for(port: int, keys: dict[str, str]) -> None:
    asked = head(port, keys["all"], body.MOST_JSON + 1).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    answer = read_all(dial(port, asked))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer
    invited = dial(port, asked.replace(str(body.MOST_JSON + 1).encode(), b"1000"))
    assert invited.recv(1 << 16).startswith(b"HTTP/1.1 100")
    invited.close()


def test_what_is_no_http_is_a_line_of_our_own_and_one_a_second(port: int, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        head, _, told = read_all(dial(port, b"\x16\x03\x01 hello\r\n\r\n")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400")
        assert f"x-request-id: {json.loads(told)['request']}".encode() in head
    assert "Invalid HTTP request" not in caplog.text
    assert 1 <= caplog.text.count("- (not_http) 400") <= 3


def test_who_comes_when_all_seats_are_taken_is_told_when_to_come_again(
    port: int, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(slow, "SEATS", 2)
    sitting = [dial(port, b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") for _ in range(2)]
    assert all(b" 200 " in caller.recv(1 << 16) for caller in sitting)  # they stay connected
    for probe in (b"/health/live", b"/health/ready", b"http://127.0.0.1/health/live"):  # who asks for health has room
        probed = read_all(dial(port, b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % probe))
        assert probed.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in probed.lower()
    turned = dial(port, b"GET /v1/bundle HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head, _, told = read_all(turned).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1" in head.lower()
    assert b"x-content-type-options" in head.lower()
    assert json.loads(told)["code"] == "crowded"
    assert f"x-request-id: {json.loads(told)['request']}".encode() in head
    assert b"segmint_turned_away_total 1.0" in generate_latest(service.metrics.registry)
    assert "(all 2 connections taken) 503, turned away: 1" in caplog.text
    for caller in sitting:
        caller.close()
    time.sleep(0.1)
    assert b" 200 " in read_all(dial(port, b"GET /health/live HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"))
