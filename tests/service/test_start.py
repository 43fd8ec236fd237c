"""A real process on a real socket: it ends without losing an answer, and slow callers are cut off."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from segmint.cli.app import main
from segmint.dashboard.app import dashboard
from segmint.dashboard.desk import Desk
from segmint.service.app import make_app
from segmint.service.keys import add_key
from segmint.service.slow import SEATS
from segmint.service.start import Door, prepare, server_config
from segmint.store.bundle import write_bundle

from .small import GOOD, small_parts

MANY = json.dumps({"rows": [GOOD] * 40}).encode() + b" " * 9_000  # so long that a thread answers it


@dataclass
class Served:
    process: subprocess.Popen[str]
    port: int
    key: str
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        caller = self.connect()
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        caller.request("POST" if body is not None else "GET", path, body=body, headers=headers)
        answer = caller.getresponse()
        told = answer.status, answer.read()
        caller.close()
        return told

    def head(self, length: int) -> bytes:
        return (
            f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    write_bundle(tmp_path / "bundle", **small_parts())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = tmp_path / "log.txt"
    command = [sys.executable, "-m", "segmint", "serve", "--bundle", str(tmp_path / "bundle"), "--port", str(port)]
    with log.open("w") as said:
        process = subprocess.Popen(
            [*command, "--runs", str(tmp_path)], stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True
        )
        assert process.stdout is not None
        key = ""
        while not (found := re.search(r"sgm_\S+", key)):
            key = process.stdout.readline()
        here = Served(process, port, found.group(), log)
        for _ in range(200):
            try:
                if here.ask("/health/ready")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield here
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def send(served: Served) -> Iterator[Callable[[bytes], socket.socket]]:
    """Open a connection and send its first bytes; all are closed in the end."""
    with ExitStack() as kept:

        def opened(text: bytes) -> socket.socket:
            caller = kept.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=20))
            caller.sendall(text)
            return caller

        yield opened


Send = Callable[[bytes], socket.socket]


def test_a_port_that_is_taken_is_said_before_anybody_is_sent_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for door in ("dashboard", "serve"):
            assert main([door, "--port", str(port), "--runs", str(tmp_path)]) == 2
            said = capsys.readouterr()
            assert said.out == ""
            assert f"Port {port} of 127.0.0.1 is used by another program" in said.err
            assert f"--port {port + 1}" in said.err
            for wrong in ("0", "70000"):
                assert main([door, "--port", wrong, "--runs", str(tmp_path)]) == 2
                assert "Invalid value for '--port'" in capsys.readouterr().err


def test_who_is_sent_away_is_in_the_metrics_and_the_log(served: Served, send: Send) -> None:
    sitting = [send(b"GET") for _ in range(SEATS)]
    time.sleep(0.5)
    turned = send(b"GET /v1/bundle HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert turned.recv(12) == b"HTTP/1.1 503"
    for caller in [turned, *sitting]:
        caller.close()
    time.sleep(0.5)
    status, told = served.ask("/metrics")
    assert status == 200
    assert b"segmint_turned_away_total 1.0" in told
    assert "connections taken) 503, turned away: 1" in served.log.read_text()


def test_without_a_folder_for_temporary_files_nothing_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in SECRET")

    write_bundle(tmp_path / "bundle", **small_parts())
    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    assert main(["serve", "--bundle", str(tmp_path / "bundle"), "--runs", str(tmp_path), "--port", port]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "TMPDIR=" in said.err


def test_a_named_run_that_is_not_there_ends_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for door in ("dashboard", "serve"):
        assert main([door, "--bundle", "typo", "--port", "1024", "--runs", str(tmp_path)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "no run" in said.err


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("Segmint.Bank.Example", "SEGMINT.bank.example"),
        ("127.0.0.2", "127.0.0.2"),
        ("2001:db8:0::5", "[2001:db8::5]"),
        ("::1", "[::1]"),
        ("10.0.0.5", "10.0.0.5"),
    ],
)
def test_whoever_asks_under_the_address_that_was_given_is_answered(host: str, asked: str, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    add_key(tmp_path / "keys.toml", "all", ["read"])
    service = prepare(str(tmp_path / "bundle"), tmp_path, host=host, keys=tmp_path / "keys.toml")
    apps = make_app(service), dashboard(Desk(tmp_path), hosts=service.hosts)

    async def go(app: Any, path: str, name: str) -> int:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return (await client.get(path, headers={"host": name})).status_code

    for app, path, status in zip(apps, ("/v1/bundle", "/sign-in"), (401, 200), strict=True):
        for name in (asked, f"{asked}:8000"):
            assert asyncio.run(go(app, path, name)) == status, name
        assert asyncio.run(go(app, path, "evil.example")) == 421


def test_without_a_terminal_a_service_outlives_sighup_and_its_log_says_when_it_starts_and_ends(served: Served) -> None:
    served.process.send_signal(signal.SIGHUP)  # as rotating logs send it
    time.sleep(0.5)
    assert served.ask("/health/ready")[0] == 200
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(15) == 0
    said = [line.split(" ", 3)[3] for line in served.log.read_text().splitlines()]
    assert re.fullmatch(r"bundle [0-9a-f]{64} of bundle in use", said[0])
    assert said[-2:] == ["told to stop (SIGTERM)", "ended"]


@pytest.mark.parametrize("terminal", [True, False])
def test_of_a_terminal_that_closes_a_service_hears(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr("uvicorn.Server.run", lambda *_: None)
    monkeypatch.setattr("segmint.service.start._has_terminal", lambda: terminal)
    told: list[bool] = []
    try:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        Door(server_config(None, "127.0.0.1", 0), lambda: None, lambda: told.append(True)).run()
        signal.raise_signal(signal.SIGHUP)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert bool(told) == terminal


def test_api_10_told_to_stop_it_answers_sixty_callers_and_ends(served: Served, send: Send) -> None:
    # every head is there, every body still lacks its end
    sockets = [send(served.head(len(MANY)) + MANY[:-1]) for _ in range(60)]
    time.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    answers = []

    def finish(caller: socket.socket) -> None:
        caller.sendall(MANY[-1:])
        answer = http.client.HTTPResponse(caller)
        answer.begin()
        answers.append((answer.status, answer.read()))

    threads = [threading.Thread(target=finish, args=(caller,)) for caller in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert served.process.wait(15) == 0
    assert len(answers) == 60
    assert {status for status, _ in answers} <= {200, 503}  # a full queue says so
    told = [json.loads(body) for status, body in answers if status == 200]
    assert len(told) >= 30
    assert {answer["accepted"] for answer in told} == {40}


def test_told_to_stop_it_says_that_it_is_not_ready_while_somebody_is_answered(served: Served, send: Send) -> None:
    """A load balancer that came then found a closed door."""
    assert served.ask("/health/ready")[0] == 200
    caller = send(served.head(len(MANY)) + MANY[:-1])
    time.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    status, told = served.ask("/health/ready")
    assert (status, json.loads(told)["code"]) == (503, "stopping")
    assert served.ask("/health/live")[0] == 200
    for path in (b"/health/live", b"/sign-in"):
        other = http.client.HTTPResponse(send(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path))
        other.begin()
        assert (other.status, other.getheader("connection")) == (200, "close")
    caller.sendall(MANY[-1:])
    answer = http.client.HTTPResponse(caller)
    answer.begin()
    assert answer.getheader("connection") == "close"  # or its next request would meet a closed door
    assert (answer.status, json.loads(answer.read())["accepted"]) == (200, 40)
    start = time.monotonic()
    assert served.process.wait(15) == 0
    assert time.monotonic() - start < 4  # it does not wait for the time that it would have given


def test_told_to_stop_twice_it_closes_at_once(served: Served, send: Send) -> None:
    send(served.head(len(MANY)) + MANY[:-1])
    time.sleep(0.3)
    for _ in range(2):
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
    with pytest.raises(ConnectionRefusedError):
        served.ask("/health/ready")


@pytest.mark.slow
def test_api_05_slow_heads_and_bodies_are_cut_while_others_are_answered(served: Served, send: Send) -> None:
    heads = [send(b"GET /health/live HTTP/1.1\r\nX-Slow: ") for _ in range(100)]
    silent = [send(b"") for _ in range(100)]
    bodies = [send(served.head(1000) + b'{"rows"') for _ in range(100)]
    second = send(f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
    answer = http.client.HTTPResponse(second)
    answer.begin()
    assert (answer.status, bool(answer.read())) == (200, True)
    second.sendall(b"GET /hea")  # the second head on the same connection never ends
    start, late = time.monotonic(), []
    while time.monotonic() - start < 7:
        assert served.ask("/v1/predict", json.dumps({"rows": [GOOD]}).encode())[0] == 200
        for caller in heads:
            with suppress(OSError):
                caller.sendall(b"x")  # a byte now and then does not buy time
        time.sleep(0.5)
    for caller in [*heads, *silent, second]:
        with suppress(ConnectionError):
            late += [caller] if caller.recv(4096) else []
    assert not late
    assert {caller.recv(4096)[:12] for caller in bodies} == {b"HTTP/1.1 408"}
    assert time.monotonic() - start < 14
    assert "Traceback" not in served.log.read_text()
