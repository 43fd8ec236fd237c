"""Requests that nobody meant: made from the service's own description, and torn by hand on a socket.

None may break anything, and no answer to one may hold a value that came in its body.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import select
import socket
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from segmint.service.app import Service, make_app
from segmint.service.describe import openapi

from .conftest import served
from .small import GOOD

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode

SECRET = "Zk7Qw9XvPl"
OURS = re.compile(r".{0,4}|[a-z_. ]+")  # stands in our own words by chance, or is the name of a column or a setting


def judge(status: int, media: str, text: str) -> None:
    """Hold an answer against what is promised of every answer."""
    assert status < 500, text
    if status >= 400:
        assert media == "application/problem+json", (status, media)
        told = json.loads(text)
        assert {"type", "title", "status", "code", "detail"} <= set(told) <= {*PROBLEM, "field", "request"}
        assert told["status"] == status
        assert len(text) < 16_384
        assert "Traceback" not in text


PROBLEM = ("type", "title", "status", "code", "detail")


def texts_of(value: Any) -> Iterator[str]:
    """Every text and long number of a body, names included."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from (*texts_of(name), *texts_of(part))
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def complaints(text: str) -> str:
    """What an answer says in words about what came: the problem, or the errors of single rows."""
    told = json.loads(text)
    if "answers" not in told:
        return f"{told.get('detail', '')} {told.get('field', '')}"
    return " ".join(f"{answer.get('error', '')} {answer.get('flags', '')}" for answer in told["answers"])


@pytest.fixture
def quiet_service(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Without limits of rate, and with a child that makes no list: making lists has tests of its own."""
    service.buckets.rate, service.buckets.burst = 1e9, 10**9
    monkeypatch.setattr(
        service.children,
        "run",
        lambda *_: (2, '{"error": {"kind": "DataError", "came": "No list today.", "expected": "", "fix": ""}}', ""),
    )
    return service


def ask_as_described(service: Service, key: str, each: int) -> int:
    """Ask every operation of the description `each` times in the way it says, and as often in ways it does not."""
    app, asked = make_app(service), 0
    schema = schemathesis.openapi.from_dict(openapi(service.champion.handle.bundle))
    with asyncio.Runner() as runner:
        transport = httpx.ASGITransport(app=app)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

        def ask(case: Any) -> None:
            nonlocal asked
            body = case.body if isinstance(case.body, dict | list | str | int | float | bytes | None) else b""
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            if isinstance(body, str) and case.media_type != "application/json":
                sent = body.encode("utf-8", "replace")
            headers = {"authorization": f"Bearer {key}", "content-type": str(case.media_type)}
            asks = urlencode(case.query or {}, doseq=True, errors="replace")[:20_000]
            path = f"{case.path}?{asks}" if asks else case.path
            answer = runner.run(client.request(case.method, path, content=sent, headers=headers))
            asked += 1
            judge(answer.status_code, answer.headers["content-type"], answer.text)
            if answer.headers["content-type"].endswith("json"):
                said, settings_asked = complaints(answer.text), set(texts_of(dict(case.query or {})))
                echoed = [text for text in texts_of(body) if text in said and not OURS.fullmatch(text)]
                echoed = [
                    text for text in echoed if text not in settings_asked
                ]  # a setting is named, a customer's value is not
                assert not echoed

        for operation in (found.ok() for found in schema.get_all_operations()):
            posts = operation.method == "post"  # without a body there is one way to ask only
            for mode in GenerationMode if posts else [GenerationMode.POSITIVE]:
                settings(
                    max_examples=each if posts else 1, derandomize=True, database=None, deadline=None,
                    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
                )(given(case=operation.as_strategy(generation_mode=mode))(ask))()  # fmt: skip
        runner.run(client.aclose())
    return asked


METHODS = ["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "PATCH", "CONNECT", "G\x01T", "post", ""]
PATHS = [
    "/v1/explain", "/v1/target", "/v1/target?policy.budget_calls=1", "/v1/predict?key=1", "/v1/bundle/", "/", "//", "*",
    "/health/live", "/metrics", "/openapi.json", "/v1/../etc/passwd", "/v1/%2e%2e/x", "/%00", "/%ff%fe", "/v1/predict%0d%0aX: 1",
    "http://evil.example/v1/predict", "/" + "a" * 3_000, "/" + "a" * 70_000, "/v1/predict?" + "a=1&" * 2_000, "/v1/предсказ", "",
]  # fmt: skip
HOSTS = ["evil.example", "[", "[::1", "127.0.0.1:x", "127.0.0.1:99999", "", "a b", "127.0.0.1@evil"]
MEDIA = [
    "text/csv", "application/vnd.apache.parquet", "application/json; charset=utf-16", "multipart/form-data", "x" * 5_000, "",
]  # fmt: skip
EXTRA = [
    "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Content-Encoding: gzip\r\n",
    "Expect: 100-continue\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Origin: http://evil.example\r\n",
    "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 1e9\r\n", "No colon here\r\n", " : folded\r\n",
    "Authorization: Basic YTpi\r\n", "X: " + "y" * 80_000 + "\r\n", "A: 1\r\n" * 300, "Cookie: \x00\r\n", "Range: bytes=0-1\r\n",
]  # fmt: skip
BODIES = [
    f'{{"rows":[{{"age":"{SECRET}","job":"student"}}]}}', f'{{"rows":[{{"age":41,"job":"{SECRET}"}}]}}',
    f'{{"{SECRET}":1}}', f'{{"rows":[{{"{SECRET}":1,"age":41,"job":"student"}}]}}', f'{{"rows":"{SECRET}"}}', f'["{SECRET}"]',
    f'{{"rows":[{{"age":{{"{SECRET}":1}},"job":"student"}}]}}', f'{{"rows":[{{"age":1,"age":2,"job":"{SECRET}"}}]}}',
    f'{{"rows":[{{"age":NaN,"job":"{SECRET}"}}]}}', f'{{"rows":[{{"age":1e999,"job":"{SECRET}"}}]}}', f"{SECRET}", f'"{SECRET}',
    f"age,job\n{SECRET},student\n", f"age,job\n41,{SECRET},3\n", f"age;job\n41;{SECRET}\n", f"PAR1{SECRET}PAR1",
    json.dumps({"rows": [GOOD]}), json.dumps({"rows": [GOOD, {"age": SECRET}] * 20}), f"7\r\n{SECRET}\r\n0\r\n\r\n",
    "zz\r\nx\r\n", "[" * 20_000 + SECRET, '{"rows":[{"age":1,"job":"\\ud800' + SECRET + '"}]}', "\ufeff{}", "\x00" * 50, "",
]  # fmt: skip


def torn(draw: random.Random, key: str) -> bytes:
    """One request with a few odd parts, now and then with some of its bytes changed."""

    def part(good: str, odd: list[str]) -> str:
        return good if draw.random() < 0.8 else draw.choice(odd)

    body = draw.choice(BODIES).encode("utf-8", "surrogatepass")
    lengths = [0, len(body) + 7, max(len(body) - 7, 0), 300 << 20, 10**30]
    length = part(f"Content-Length: {len(body)}\r\n", ["", *(f"Content-Length: {n}\r\n" for n in lengths)])
    head = (
        f"{part('POST', METHODS)} {part('/v1/predict', PATHS)} {part('HTTP/1.1', ['HTTP/1.0', 'HTTP/9.9', 'X'])}\r\n"
        f"Host: {part('127.0.0.1', HOSTS)}\r\nAuthorization: Bearer {part(key, [SECRET, ''])}\r\n"
        f"Content-Type: {part('application/json', MEDIA)}\r\n{part('', EXTRA)}{length}Connection: close\r\n\r\n"
    )
    request = bytearray(head.encode("utf-8") + body)
    for _ in range(draw.choice([0, 0, 0, 1, 3])):
        place = draw.randrange(len(request))
        request[place : place + draw.randint(0, 3)] = bytes(draw.choices(range(256), k=draw.randint(0, 3)))
    return bytes(request)


def sent(port: int, request: bytes) -> bytes:
    """Send bytes and return all that comes back; a server that waits for more of them is hung up on."""
    told = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as caller, suppress(ConnectionError):
        caller.sendall(request)
        while True:
            if not select.select([caller], [], [], 0.3)[0]:
                with suppress(OSError):
                    caller.shutdown(socket.SHUT_WR)
            if not (piece := caller.recv(1 << 16)):
                break
            told += piece
    return told


def judge_bytes(answer: bytes) -> int:
    """Hold what came over the wire against what is promised; return the last status, 0 if the line was cut."""
    status = 0
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status == 100:
            answer = rest
            continue
        assert status < 500, answer
        assert b"nosniff" in head, head
        told = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = 0 if rest.startswith(b"HTTP/1.1 ") or not rest else int(told[b"content-length"])
        if length and status >= 400:
            judge(status, told[b"content-type"].decode(), rest[:length].decode())
        answer = rest[length:]  # what was left of a torn request is another one
    return status


def send_torn(service: Service, key: str, count: int) -> Counter[int]:
    """Send `count` torn requests; return how many answers had which status."""
    draw = random.Random(11)
    requests = [torn(draw, key) for _ in range(count)]
    with served(make_app(service)) as port, ThreadPoolExecutor(8) as callers:

        def ask(request: bytes) -> int:
            answer = sent(port, request)
            try:
                # a table comes back whole, with what was in it; nothing else of a request does
                table = b"segmint-read" in answer
                assert table or SECRET.encode() not in answer
                return judge_bytes(answer)
            except (AssertionError, ValueError, LookupError) as error:
                raise AssertionError(f"{request[:600]!r} was answered by {answer[:600]!r}") from error

        seen = Counter(callers.map(ask, requests))
        alive = sent(port, b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert alive.startswith(b"HTTP/1.1 200")
    return seen


def prove(service: Service, key: str, caplog: pytest.LogCaptureFixture, described: int, by_hand: int) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = ask_as_described(service, key, described // 6)
        seen = send_torn(service, key, by_hand)
    assert asked >= described
    assert sum(seen.values()) == by_hand
    assert {200, 400, 401, 404, 405, 415, 421, 422} <= set(seen)
    assert seen.get(0, 0) < by_hand / 20  # cut without a word: rarely
    assert SECRET not in caplog.text
    metrics = {sample.labels.get("status") for m in service.metrics.requests.collect() for sample in m.samples}
    assert not [status for status in metrics if status and status.startswith("5")]
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


def test_api_01_and_04_seven_hundred_requests_of_nobody_break_nothing_and_are_not_echoed(
    quiet_service: Service, keys: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    prove(quiet_service, keys["all"], caplog, described=300, by_hand=400)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_api_01_and_04_ten_thousand_requests_of_nobody_break_nothing_and_are_not_echoed(
    quiet_service: Service, keys: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    prove(quiet_service, keys["all"], caplog, described=6_000, by_hand=4_000)
