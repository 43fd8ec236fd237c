"""A service over a small bundle, asked in process."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from segmint.service.app import Service, make_app
from segmint.service.champion import Champion
from segmint.service.keys import FileRing, KeyRing, add_key
from segmint.service.start import server_config
from segmint.store.bundle import write_bundle
from tests.undrawn import undrawn_lists

from .small import small_parts

__all__ = ["undrawn_lists"]


@pytest.fixture
def bundle(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A small bundle, of the moment that a test asks for."""
    write_bundle(tmp_path / "bundle", **small_parts() | {"at": getattr(request, "param", "planning")})
    return tmp_path / "bundle"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A key for each set of scopes, in ``keys.toml``."""
    made = {scope: add_key(tmp_path / "keys.toml", scope, [scope]) for scope in ("read", "predict", "target")}
    return made | {"all": add_key(tmp_path / "keys.toml", "all", ["read", "predict", "target"])}


@pytest.fixture
def service(bundle: Path, keys: dict[str, str], tmp_path: Path) -> Service:
    ring: KeyRing = FileRing(tmp_path / "keys.toml")
    return Service(Champion(bundle, tmp_path), ring, tmp_path)


@contextmanager
def served(app: Any, **more: Any) -> Iterator[int]:
    """Serve an app on a socket, as the product does; yield the port."""
    server = uvicorn.Server(server_config(app, "127.0.0.1", 0, **more))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def ask(service: Service, keys: dict[str, str]) -> Iterator[Callable[..., httpx.Response]]:
    """Ask as whoever holds the key with all scopes; failures inside the app are not raised here."""
    app = make_app(service)

    def send(method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {keys['all']}", **more.pop("headers", {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("content-type", "application/json")

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, content=body, headers=headers, **more)

        return asyncio.run(go())

    yield send
    service.workers.close()
    service.explainers.close()
    service.tables.close()
