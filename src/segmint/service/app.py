"""The routes, and what stands before each of them: the host, the key, the rate."""

from __future__ import annotations

import codecs
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmint.errors import SegmintError
from segmint.flows.serve import answer_rows, explain_rows
from segmint.flows.standing import StandingPolicy
from segmint.service import tables
from segmint.service.body import MOST_EXPLAINED, parse_json, read_body, rows_of
from segmint.service.champion import Champion, Handle
from segmint.service.children import Children, list_workers
from segmint.service.describe import openapi, row_schema
from segmint.service.idempotency import REPLAYED
from segmint.service.keys import Key, KeyRing
from segmint.service.limits import Buckets, Workers, explain_workers, page_workers, table_workers
from segmint.service.problems import Problem, cause_of, place_of, problem_of, stopping, unexpected
from segmint.service.request_id import for_whom

LOCAL = ("127.0.0.1", "localhost", "[::1]")
NO_ROUTE = "none"
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)  # seconds
AT_ONCE = 1 << 10  # bytes answered on the loop: half a millisecond, about what handing them to a thread costs it
PROBES = ("/health/live", "/health/ready")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
log = logging.getLogger("segmint.service")

Answerer = Callable[["Service", Request, Handle], Awaitable[Response]]


class Metrics:
    """What Prometheus may know: counts and seconds, no customers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        told = f"Requests; route {NO_ROUTE} where there is none (404, 405), code of the problem where there is one."
        self.requests = Counter("segmint_requests", told, ["route", "status", "code"], registry=self.registry)
        told = "Seconds to answer."
        self.seconds = Histogram("segmint_seconds", told, ["route"], buckets=BUCKETS, registry=self.registry)
        told = "Customers whose rows were predicted, explained or weighed for a list."
        self.rows = Counter("segmint_rows", told, ["became"], registry=self.registry)
        self.turned_away = Counter("segmint_turned_away", "Sent away by 503 crowded.", registry=self.registry)
        self.swaps = Gauge("segmint_swaps", "Bundles taken into use while running.", registry=self.registry)
        self.refused = Gauge("segmint_refused_bundles", "Promoted bundles that failed.", registry=self.registry)
        self.bundle = Info("segmint_bundle", "The bundle in use and its run.", registry=self.registry)
        told = "Answers in each queue, at work or waiting."
        self.queued = Gauge("segmint_queued", told, ["queue", "state"], registry=self.registry)


@dataclass
class Service:
    """What the routes share.

    Attributes
    ----------
    champion : Champion
    keys : KeyRing
    runs : Path
    hosts : sequence of str
        Names under which the service may be asked.
    standing : StandingPolicy
        What every list made here respects, whatever a request sets.
    workers, explainers, tables, lists, pages : Workers
        Reasons, tables and lists take long, and pages may: so each has a queue of its own.
    buckets : Buckets
    metrics : Metrics
    children : Children
        Programs that make lists.
    closers : list of callable
        What else is ended with the service.
    draining : bool
        Whether it is about to stop: not ready any more, still answering.
    """

    champion: Champion
    keys: KeyRing
    runs: Path
    hosts: Sequence[str] = LOCAL
    standing: StandingPolicy = field(default_factory=StandingPolicy)
    workers: Workers = field(default_factory=Workers)
    explainers: Workers = field(default_factory=explain_workers)
    tables: Workers = field(default_factory=table_workers)
    lists: Workers = field(default_factory=list_workers)
    pages: Workers = field(default_factory=page_workers)
    buckets: Buckets = field(default_factory=lambda: Buckets(rate=500.0, burst=1000))
    metrics: Metrics = field(default_factory=Metrics)
    children: Children = field(default_factory=Children)
    closers: list[Callable[[], Any]] = field(default_factory=list)
    draining: bool = False

    def drain(self) -> None:
        """Say from now on that it is not ready."""
        self.draining = True

    def stop(self) -> None:
        """End what is made for those who still wait, and tell them so."""
        self.children.close()
        for pool in self.queues().values():
            pool.close()

    def close(self) -> bool:
        """End what is still at work; return whether everything did end."""
        self.stop()
        for close in self.closers:
            close()
        return all(pool.is_idle() for pool in self.queues().values())

    def queues(self) -> dict[str, Workers]:
        """Every queue by the name that the metrics give it."""
        return {
            "answers": self.workers,
            "reasons": self.explainers,
            "tables": self.tables,
            "lists": self.lists,
            "pages": self.pages,
        }


@dataclass(frozen=True)
class Way:
    """One route: its path and method, the scope that a key needs (None: nobody is asked), and what answers."""

    path: str
    method: str
    scope: str | None
    answer: Answerer


async def _live(service: Service, request: Request, handle: Handle) -> Response:
    return _json({"live": True})


async def _ready(service: Service, request: Request, handle: Handle) -> Response:
    if service.draining:
        raise stopping()
    if service.keys.is_refused():
        raise Problem(503, "keys", "The file of keys cannot be used, so nobody is let in; the service's log says why.")
    if not service.keys.opens():
        told = "Nobody is let in: every key has ended or was taken away. Whoever runs the service adds one."
        raise Problem(503, "keys", told)
    return _json({"ready": True})


async def _metrics(service: Service, request: Request, handle: Handle) -> Response:
    service.metrics.swaps.set(service.champion.swaps)
    service.metrics.refused.set(service.champion.refused)
    service.metrics.bundle.info({"bundle": handle.digest, "run": handle.run})
    for queue, pool in service.queues().items():
        service.metrics.queued.labels(queue, "working").set(pool.working)
        service.metrics.queued.labels(queue, "waiting").set(pool.waiting)
    return Response(generate_latest(service.metrics.registry), media_type="text/plain; version=0.0.4")


async def _contract(service: Service, request: Request, handle: Handle) -> Response:
    tables.refuse_query(request)
    rows = handle.bundle.golden.get("rows") or [None]
    return _json(row_schema(handle.bundle.contract, handle.bundle.at, rows[0]))


async def _bundle(service: Service, request: Request, handle: Handle) -> Response:
    tables.refuse_query(request)
    bundle = handle.bundle
    return _json(
        {
            "bundle": bundle.digest,
            "contract": bundle.contract.name,
            "at": bundle.at,
            "classes": list(bundle.classes),
            "outcome": bundle.contract.outcome.label,
            "quality": bundle.manifest.get("quality", {}),
            "segments": [part["name"] for part in (bundle.segments or {}).get("segments", [])],
        }
    )


async def _openapi(service: Service, request: Request, handle: Handle) -> Response:
    tables.refuse_query(request)
    return _json(openapi(handle.bundle))


async def _predict(service: Service, request: Request, handle: Handle) -> Response:
    if _kind(request) != "json":
        table, ledger = await tables.predict_table(request, handle, _kind(request), service.tables)
        _count(service, ledger.accepted, ledger.rejected)
        return table
    tables.refuse_query(request)
    body = await read_body(request)

    def work() -> Response:
        answers = answer_rows(handle.bundle, handle.predictor, handle.single, rows_of(parse_json(body)))
        _count(service, answers["accepted"], answers["rejected"])
        return _json({"bundle": handle.digest, **answers})

    return work() if len(body) <= AT_ONCE else await service.workers.do(work)


async def _explain(service: Service, request: Request, handle: Handle) -> Response:
    if _kind(request) != "json":
        raise Problem(415, "media_type", "Send application/json.")
    tables.refuse_query(request)
    body = await read_body(request)

    def work() -> Response:
        rows = rows_of(parse_json(body), most=MOST_EXPLAINED)
        answers = explain_rows(handle.bundle, handle.predictor, handle.single, rows)
        _count(service, answers["accepted"], answers["rejected"])
        return _json({"bundle": handle.digest, **answers})

    return await service.explainers.do(work)


async def _target(service: Service, request: Request, handle: Handle) -> Response:
    kind = _kind(request)
    config = tables.config_of(tables.settings_of(request, kind), service.standing, kind)
    found = await tables.target_table(
        request, handle, kind, config, service.runs, service.workers, service.lists, service.children
    )
    response = await service.workers.do(partial(_json, found.told))
    response.headers["segmint-bundle"] = found.told["bundle"]
    if found.replayed:
        response.headers.update(REPLAYED)
    else:
        _count(service, found.accepted, found.rejected)
    return response


WAYS = (
    Way(PROBES[0], "GET", None, _live),
    Way(PROBES[1], "GET", None, _ready),
    Way("/v1/contract", "GET", "read", _contract),
    Way("/v1/bundle", "GET", "read", _bundle),
    Way("/openapi.json", "GET", "read", _openapi),
    Way("/metrics", "GET", "read", _metrics),
    Way("/v1/predict", "POST", "predict", _predict),
    Way("/v1/explain", "POST", "predict", _explain),
    Way("/v1/target", "POST", "target", _target),
)


def make_app(service: Service) -> Any:
    """Put the routes together.

    Parameters
    ----------
    service : Service

    Returns
    -------
    ASGI application
    """
    routes = [Route(way.path, partial(_answered, service, way), methods=[way.method]) for way in WAYS]
    app = Starlette(routes=routes, exception_handlers={HTTPException: partial(_no_route, service)})
    app.router.redirect_slashes = False  # it would answer strangers, before their key is asked for
    return _WithHeaders(app)


async def _answered(service: Service, way: Way, request: Request) -> Response:
    """Check, answer, count, and write one line without any value."""
    start, caller = time.perf_counter(), "-"
    handle = service.champion.handle
    try:
        if way.scope is not None:  # probes ask for health by whatever address they know, and it tells nothing
            _require_host(service, request)
        _require_origin(request)
        if way.scope is not None:
            key = _key(service, request)
            caller = key.caller
            request.state.name = key.name
            request.state.by = for_whom(caller)
            _admit(service, key, way.scope)
        response = await way.answer(service, request, handle)
        code = ""
    except Exception as error:
        problem = _problem_of(error, way, request)
        response, code = problem.response(), problem.code
    if way.scope is not None and response.status_code not in (401, 403, 421):
        response.headers.setdefault("segmint-bundle", handle.digest)
    seconds = time.perf_counter() - start
    service.metrics.requests.labels(way.path, str(response.status_code), code).inc()
    service.metrics.seconds.labels(way.path).observe(seconds)
    # load balancers ask every few seconds, and only a no is news
    level = logging.DEBUG if way.path in PROBES and response.status_code < 400 else logging.INFO
    told = f"{response.status_code} {code}".rstrip()
    log.log(level, "%s %s %s %s %.1f ms", caller, request.method, way.path, told, 1000 * seconds)
    return response


def _problem_of(error: Exception, way: Way, request: Request) -> Problem:
    """Turn what was raised into an answer; what is the operator's to mend stands in the log, in full."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, SegmintError):
        problem = problem_of(error, _place(request))
        if problem.status >= 500:
            log.error("%s %s: %s", way.path, problem.code, cause_of(error))
        return problem
    log.error("%s failed: %s", way.path, place_of(error))  # its message may hold a customer's value
    return unexpected(error)


def _require_host(service: Service, request: Request) -> None:
    if not is_served(request, service.hosts):
        raise Problem(421, "host", "This address is not served here.")


def _require_origin(request: Request) -> None:
    if is_foreign(request):
        raise Problem(403, "origin", "Sent from another site.")


def is_served(request: Request, hosts: Iterable[str]) -> bool:
    """Whether the name that was asked for is one of ours, whatever its port and however it is written."""
    host = request.headers.get("host", "").casefold()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in (known.casefold() for known in hosts)


def is_foreign(request: Request) -> bool:
    """Whether a browser says that another site sent it here."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    return origin is not None and origin.casefold() not in (f"http://{host}".casefold(), f"https://{host}".casefold())


def _key(service: Service, request: Request) -> Key:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    key = service.keys.find(text.strip()) if kind.lower() == "bearer" and text else None
    if key is None:
        address = request.client.host if request.client else "-"
        service.buckets.take(f"address {address}")
        asks = {"www-authenticate": "Bearer"}
        raise Problem(401, "key", "Send a valid key: Authorization: Bearer <key>.", headers=asks)
    return key


def _admit(service: Service, key: Key, scope: str | None) -> None:
    service.buckets.take(key.sha256)
    if scope is not None and scope not in key.scopes:
        raise Problem(403, "scope", f"This key lacks the scope '{scope}'.")


def _kind(request: Request) -> str:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "content_encoding", "Send the body as it is, not compressed.")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kinds = {"application/json": "json", "text/csv": "csv", "application/vnd.apache.parquet": "parquet"}
    if media not in kinds:
        raise Problem(415, "media_type", f"Send one of: {', '.join(kinds)}.")
    if kinds[media] == "json" and not _is_utf8(tables.charset_of(request) or "utf-8"):
        raise Problem(415, "media_type", "JSON is UTF-8: send it so, as application/json without another charset.")
    return kinds[media]


def _is_utf8(charset: str) -> bool:
    """Whether what is said to be in a charset reads the same as UTF-8, however the charset is spelled."""
    try:
        return codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):  # a name that nobody knows, or that is none
        return False


def _place(request: Request) -> str | None:
    """Where in a request lies what an error of the product is about."""
    if request.method != "POST":
        return None
    return "rows" if _kind(request) == "json" else "body"


def _count(service: Service, accepted: int, rejected: int) -> None:
    service.metrics.rows.labels("accepted").inc(accepted)
    service.metrics.rows.labels("rejected").inc(rejected)


def _json(told: Any) -> Response:
    return Response(json.dumps(told, allow_nan=False, separators=(",", ":")), media_type="application/json")


def _no_route(service: Service, request: Request, error: Exception) -> Response:
    """Deny strangers before telling anybody that there is nothing here."""
    status, caller = error.status_code if isinstance(error, HTTPException) else 500, "-"
    try:
        _require_host(service, request)
        _require_origin(request)
        key = _key(service, request)
        caller = key.caller
        _admit(service, key, None)
        headers = dict(getattr(error, "headers", None) or {})
        problem = Problem(status, "no_route", "See /openapi.json.", headers=headers)
    except Problem as refused:
        problem = refused
    service.metrics.requests.labels(NO_ROUTE, str(problem.status), problem.code).inc()
    log.info("%s %s (no such route) %s %s", caller, request.method, problem.status, problem.code)
    return problem.response()


def closing(send: Any) -> Any:
    """Let an answer say that the connection closes behind it."""

    async def closed(message: Any) -> None:
        if message["type"] == "http.response.start" and (b"connection", b"close") not in message["headers"]:
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return closed


class _WithHeaders:
    """Adds the security headers to every reply, errors included."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        await self.app(scope, receive, with_headers)
