"""Start the service, or refuse to start it unsafely."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from segmint.errors import ConfigError
from segmint.flows.standing import StandingPolicy
from segmint.service.app import LOCAL, Service, make_app
from segmint.service.champion import Champion
from segmint.service.keys import FileRing, KeyRing, session_key
from segmint.service.slow import Impatient

Say = Callable[[str], Any]
Pages = Callable[[Any, Service], tuple[Any, str]]
GRACE = 8  # seconds for answers under way when the service is told to stop
STUCK = 3  # the exit code if an answer had to be left
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
    BundleError
        For a bundle that fails its checks.
    """
    service = prepare(bundle, runs, host=host, keys=keys, names=names, policy=policy, say=say)
    write_log()
    shown = f"[{host}]" if ":" in host else host
    app, address = make_app(service), f"http://{shown}:{port}"
    if pages is not None:
        app, path = pages(app, service)
        say(f"pages: {address}{path}")
    say(f"answers: {address}/v1/predict, described at {address}/openapi.json; Ctrl-C stops")
    _Server(server_config(app, host, port), service).run()
    if not service.close():
        log.error("an answer was stuck; it is left")
        logging.shutdown()
        os._exit(STUCK)  # Python would wait for the stuck thread for ever


def write_log() -> None:
    """Write the log of the service and the pages to standard error: one line for each request, without any value."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)


def server_config(app: Any, host: str, port: int) -> uvicorn.Config:
    """How the server runs, whatever app it serves: who is slow is cut off, and it says nothing about itself."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Impatient,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=10,
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
    standing = StandingPolicy.load(policy)
    ring: KeyRing
    if keys is None:
        text, key = session_key()
        ring = KeyRing([key])
        say(f"key for this session: {text}")
    else:
        ring = FileRing(keys)
    hosts = (*LOCAL, *names) if is_local(host) else (*LOCAL, host, *names)
    return Service(Champion(bundle, runs), ring, runs, hosts, standing)


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(uvicorn.Server):
    """Says that it is not ready any more as soon as it is told to stop, and lets us end what is ours."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def run(self, sockets: Any = None) -> None:
        # uvicorn raises a signal once more when it is done, which would end us before our children are ended
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        super().run(sockets)

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._service.draining = True
        super().handle_exit(sig, frame)
