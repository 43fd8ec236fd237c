"""What a proxy in front may read otherwise than we do is refused, on a real socket."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from segmint.service.app import Service, make_app
from segmint.service.request_id import ASKED

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


def test_a_path_with_an_encoded_slash_is_refused(port: int, keys: dict[str, str]) -> None:
    """It reached the route, past a proxy that lets no such path through."""
    line = f"POST /v1%2Fpredict HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {keys['all']}\r\n"
    told = read_all(dial(port, f"{line}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY))
    assert told.startswith(b"HTTP/1.1 400")
    assert json.loads(told.partition(b"\r\n\r\n")[2])["code"] == "encoded_slash"


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("evil.example", 421)])
def test_a_target_that_is_a_whole_address_is_read_and_its_host_counts(
    port: int, keys: dict[str, str], host: str, status: int
) -> None:
    other = "evil.example" if status == 200 else "127.0.0.1"  # of the head, which is passed over
    line = f"GET HTTP://{host}:{port}/v1/bundle HTTP/1.1\r\nHost: {other}\r\nAuthorization: Bearer {keys['all']}\r\n"
    assert read_all(dial(port, f"{line}Connection: close\r\n\r\n".encode())).startswith(b"HTTP/1.1 %d" % status)


@pytest.mark.parametrize(("brought", "kept"), [("client-7.A:b", True), ("a b", False), ("x" * 129, False), ("", False)])
def test_a_request_has_an_id_in_its_answer_its_problem_and_its_line(
    port: int, caplog: pytest.LogCaptureFixture, brought: str, kept: bool
) -> None:
    seen = []
    caplog.handler.addFilter(lambda record: seen.append(ASKED.get()) is None)
    with caplog.at_level(logging.INFO):
        told = read_all(
            dial(
                port,
                f"GET /v1/bundle HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Request-ID: {brought}\r\n\r\n".encode(),
            )
        )
    head, _, problem = told.partition(b"\r\n\r\n")
    found = json.loads(problem)["request"]
    assert f"x-request-id: {found}".encode() in head.lower().replace(b"client-7.a:b", b"client-7.A:b")
    assert (found == brought) == kept
    assert seen[-1] == (found, "127.0.0.1")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("10.0.0.7:4711", "10.0.0.7"),
        ("[2001:DB8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("fe80::1%x analyst/81d0c7e2 GET / 200", "fe80::1"),
        ("10.0.0.7 5d1e0b7730c94f12 analyst/81d0c7e2 GET /runs 200 1.4 ms", "-"),
        ("1" * 5_000, "-"),
        ("\t", "-"),
    ],
)
def test_what_stands_for_an_address_is_one_and_forges_no_line(
    port: int, caplog: pytest.LogCaptureFixture, said: str, address: str
) -> None:
    seen = []
    caplog.handler.addFilter(lambda record: seen.append(ASKED.get().address) is None)
    line = f"GET /v1/bundle HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Forwarded-For: {said}\r\n\r\n"
    with caplog.at_level(logging.INFO):
        read_all(dial(port, line.encode()))
    assert seen[-1] == (address if said.strip() else "127.0.0.1")


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
