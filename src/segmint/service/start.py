"""Start the service, or refuse to start it unsafely."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import uvicorn

from segmint.errors import ConfigError, why
from segmint.flows.standing import StandingPolicy
from segmint.service import tables
from segmint.service.app import LOCAL, Service, closing, make_app
from segmint.service.champion import Champion
from segmint.service.heads import OneMeaning
from segmint.service.keys import FileRing, KeyRing, session_key
from segmint.service.request_id import ASKED, WithRequestId
from segmint.service.slow import Crowd, Impatient

Say = Callable[[str], Any]
Pages = Callable[[Any, Service], tuple[Any, str]]
IDLE_SECONDS = 10  # until a connection over which nothing is asked is closed
GRACE = 8  # seconds for answers under way when the service is told to stop
MOST_PORT = 65_535
STUCK = 3  # the exit code if an answer had to be left
SWITCH_SECONDS = 0.001  # after which a thread lets the loop go on; Python's own 5 ms add up, as it waits several times for each answer
log = logging.getLogger("segmint.service")


def start(
    bundle: str,
    runs: Path,
    *,
    host: str,
    port: int,
    keys: Path | None = None,
    names: Sequence[str] = (),
    policy: Path | None = None,
    pages: Pages | None = None,
    say: Say = print,
) -> None:
    """Answer until told to stop; answers under way are finished first.

    `policy` is a file of what every list made here respects. `pages` makes one app of the service and what else is served beside it, and says a line about that.

    Raises
    ------
    ConfigError
        For a start that would not be safe: beyond this machine without keys, keys that others may read, a policy that
        contradicts itself or names files that cannot be read.
        Also for a port that another program uses, and where no folder for temporary files can be written to.
    BundleError
        For a bundle that fails its checks.
    """
    with ExitStack() as unless_started:
        sockets = bound(host, port)
        for one in sockets:
            unless_started.callback(one.close)
        tables.sweep()
        service = prepare(bundle, runs, host=host, keys=keys, names=names, policy=policy, say=say)
        unless_started.pop_all()
    write_log()
    service.champion.say_in_use()
    for key in service.keys.ending():
        log.warning("the key %s %s on %s", key.caller, "ended" if key.has_ended else "ends", key.expires.date())
    service.champion.watch()
    sys.setswitchinterval(SWITCH_SECONDS)
    app, address = make_app(service), f"http://{as_asked(host)}:{port}"
    if pages is not None:
        app, path = pages(app, service)
        say(f"pages: {address}{path}")
    say(f"answers: {address}/v1/predict, described at {address}/openapi.json; Ctrl-C stops")
    config = server_config(Parting(app, service), host, port, turned_away=service.metrics.turned_away.inc)
    Door(config, service.stop, service.drain).run(sockets)
    if not service.close():
        leave()
    log.info("ended")


def leave() -> NoReturn:
    """End this process although an answer is stuck: Python would wait for its thread for ever."""
    log.error("an answer was stuck; it is left")
    logging.shutdown()
    os._exit(STUCK)


def bound(host: str, port: int) -> list[socket.socket]:
    """Take a port before anybody is told to come there.

    Raises
    ------
    ConfigError
        If it cannot be had.
    """
    taken: list[socket.socket] = []
    try:
        for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            one = socket.socket(family, kind, proto)
            taken.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
    except OSError as error:
        for one in taken:
            one.close()
        busy = error.errno == errno.EADDRINUSE
        came = "is used by another program" if busy else f"cannot be listened on: {why(error)}"
        raise ConfigError(
            f"Port {port} of {host} {came}.",
            expected="an address of this machine and a free port",
            fix=f"choose another port: --port {port + 1}" if busy and port < MOST_PORT else "correct --host or --port",
        ) from error
    return taken


def write_log() -> None:
    """Write the log of the service and the pages to standard error: one line for each request, without any value."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line())
    logging.basicConfig(handlers=[handler], level=logging.INFO)


class _Line(logging.Formatter):
    """When, with the time zone; from which address and in which request, if it is one; what."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
        asked = ASKED.get()
        return f"{when} {asked.address} {asked.id} {super().format(record)}"


class Parting:
    """Closes every connection behind its answer once the service drains: its caller would send the next request into nothing."""

    def __init__(self, app: Any, service: Service) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on; whether the service drains is looked at when its answer begins."""

        async def parting(message: Any) -> None:
            await (closing(send) if self.service.draining else send)(message)

        await self.app(scope, receive, parting)


def server_config(app: Any, host: str, port: int, *, turned_away: Callable[[], Any] = lambda: None) -> uvicorn.Config:
    """How the server runs, whatever app it serves: who is slow is cut off, and it says nothing about itself.

    `turned_away` is called for each caller for whom there is no seat.
    """
    return uvicorn.Config(
        WithRequestId(OneMeaning(Crowd(app, turned_away))),
        host=host,
        port=port,
        ws="none",
        http=Impatient,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=64 << 10,
        lifespan="off",
    )


def prepare(
    bundle: str,
    runs: Path,
    *,
    host: str,
    keys: Path | None,
    names: Sequence[str] = (),
    policy: Path | None = None,
    say: Say = print,
) -> Service:
    """Check that the start is safe and open the bundle."""
    if not is_local(host) and keys is None:
        raise ConfigError(
            f"Listening on {host} without keys would let anybody ask.",
            expected="a file of keys beyond this machine",
            fix="segmint keys add NAME --scope read,predict, then --keys keys.toml",
        )
    standing, champion = StandingPolicy.load(policy), Champion(bundle, runs)
    ring: KeyRing
    if keys is None:
        text, key = session_key()
        ring = KeyRing([key])
        say(f"key for this session: {text}")
    else:
        ring = FileRing(keys)
    return Service(champion, ring, runs, (*LOCAL, host, as_asked(host), *names), standing)


def as_asked(host: str) -> str:
    """Write a host as browsers ask for it: an IPv6 address short and in brackets."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 6 else str(address)


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_terminal() -> bool:
    """Whether the process belongs to a terminal, which may close."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


class Door(uvicorn.Server):
    """A server that can be told to stop: it says so, and lets us end what is ours.

    While requests under way finish it stays open, so that whoever asks hears that it is not ready; then it closes.

    Parameters
    ----------
    config : uvicorn.Config
    stop : callable
        Called a second before uvicorn gives up on those who still wait, to tell them something.
    told : callable, optional
        Called as soon as the server is told to stop.
    """

    def __init__(self, config: uvicorn.Config, stop: Callable[[], Any], told: Callable[[], Any] = lambda: None) -> None:
        super().__init__(config)
        self._stop, self._told = stop, told
        self._signal = signal.SIGTERM  # that told it to stop
        self._end: float | None = None  # when uvicorn gives up on those who still wait
        self._under_way: set[Any] | None = None

    def run(self, sockets: Any = None) -> None:
        """Answer until told to stop."""
        # uvicorn raises a signal once more when it is done, which would end us before our children are ended
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        # of a terminal that closes uvicorn knows nothing; ignored, as `nohup` has it, it stays ignored;
        # and where there is no terminal it asks to open the log anew, which is standard error
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            close = (lambda *_: self.handle_exit(signal.SIGHUP, None)) if _has_terminal() else signal.SIG_IGN
            signal.signal(signal.SIGHUP, close)
        super().run(sockets)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop; told twice, close at once."""
        if self._end is not None:
            self.should_exit = True
            super().handle_exit(sig, frame)
            return
        self._end, self._signal = time.monotonic() + GRACE, signal.Signals(sig)
        self._told()
        last = threading.Timer(GRACE - 1, self._stop)
        last.daemon = True
        last.start()

    async def on_tick(self, counter: int) -> bool:
        """Close as soon as those are answered who asked before it was told to stop, or have waited too long."""
        if self._end is not None:
            if self._under_way is None:
                log.info("told to stop (%s)", self._signal.name)  # here: a line may be half written when a signal comes
                self._under_way = set(self.server_state.tasks)
            left = self._end - time.monotonic()
            if left <= 1 or all(task.done() for task in self._under_way):
                self.config.timeout_graceful_shutdown = max(1, round(left))
                self.should_exit = True
        return await super().on_tick(counter)
