"""What a proxy in front may read otherwise than we do is refused, on a real socket."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from segmint.service.app import Service, make_app

from .conftest import served
from .small import GOOD
from .test_slow import dial, read_all

BODY = json.dumps({"rows": [GOOD]}).encode()
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
NEXT = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def port(service: Service) -> Iterator[int]:
    with served(make_app(service)) as found:
        yield found


def asked(port: int, key: str, more: str, body: bytes) -> bytes:
    head = f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer {key}\r\n"
    return read_all(dial(port, f"{head}{more}\r\n".encode() + body + NEXT))


@pytest.mark.parametrize(
    ("more", "body", "code"),
    [
        (f"Content-Length: {len(BODY)}\r\nTransfer-Encoding: chunked\r\n", CHUNKED, "two_lengths"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", CHUNKED, "two_lengths"),
        (f"Content-Length: {len(BODY)}\r\nauthorization: Bearer other\r\n", BODY, "two_keys"),
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_answered(
    port: int, keys: dict[str, str], caplog: pytest.LogCaptureFixture, more: str, body: bytes, code: str
) -> None:
    with caplog.at_level(logging.INFO):
        told = asked(port, keys["all"], more, body)
    head, _, problem = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"connection: close" in head.lower()
    assert b"x-content-type-options" in head.lower()
    assert json.loads(problem)["code"] == code
    assert told.count(b"HTTP/1.1") == 1
    assert f"- POST ({code}) 400" in caplog.text
    assert keys["all"] not in caplog.text


def test_a_chunked_body_alone_is_read_and_the_next_request_too(port: int, keys: dict[str, str]) -> None:
    more = "Transfer-Encoding: chunked\r\n"
    caller = dial(
        port, f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {keys['all']}\r\n".encode()
    )
    caller.sendall(f"Content-Type: application/json\r\n{more}\r\n".encode() + CHUNKED)
    caller.sendall(NEXT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert read_all(caller).count(b"HTTP/1.1 200") == 2


def test_an_upgrade_is_passed_over_without_advice(port: int, caplog: pytest.LogCaptureFixture) -> None:
    more = b"\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
    with caplog.at_level(logging.INFO):
        told = read_all(dial(port, NEXT.replace(b"\r\n\r\n", more)))
    assert told.startswith(b"HTTP/1.1 200")
    assert "pip install" not in caplog.text
    assert "Unsupported" not in caplog.text
