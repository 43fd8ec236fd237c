"""The pages as one ASGI app: it parses, calls `pages` and flows, and shows."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, quote

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from segmint.config import Config
from segmint.dashboard import pages
from segmint.dashboard.contracts import chosen, drafted
from segmint.dashboard.desk import Desk
from segmint.dashboard.jobs import BusyError
from segmint.dashboard.policy_form import ControlError, config_of, policy_of_controls, words_of_the_page
from segmint.dashboard.sign_in import HOURS, cookie_name
from segmint.dashboard.tables import MOST_BYTES
from segmint.errors import InputError, RunError, SegmintError
from segmint.report.html import environment, printable_dict, static
from segmint.service.app import is_foreign, is_served
from segmint.service.body import declared_size, limited, read_body
from segmint.service.children import Errand, make_list
from segmint.service.problems import Problem, place_of, without_folders
from segmint.service.request_id import for_whom
from segmint.service.start import Door, bound, leave, server_config, write_log
from segmint.store.run import CONFIG
from segmint.wording import printable

Form = dict[str, str]
Page = Callable[[Desk, Request, Form], Response | Awaitable[Response]]
MOST_FORM = 1 << 20
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
STATIC = {
    "report.css": "text/css",
    "segmint.js": "text/javascript",
    "dashboard.css": "text/css",
    "dashboard.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
log = logging.getLogger("segmint.dashboard")
NAVIGATION = (
    ("/", "Overview"), ("/runs", "Runs"), ("/segments", "Segments"), ("/lists", "List builder"),
    ("/customer", "Customer"), ("/try", "Try it"), ("/monitoring", "Monitoring"), ("/compare", "Compare runs"),
    ("/upload", "Upload and run"),
)  # fmt: skip
OPEN = frozenset({"/sign-in"})
SENT_BACK = frozenset({"draft", "columns", "quota_columns", "fields", "form"})
RUNNING_TEXT = frozenset({"blocks", "pages", "found", "alarms", "problem"})
QUIET = frozenset({"/static/{name}", "/work/{job}/state"})  # asked for all the time, and nobody's affair
WHAT_NEXT = dict.fromkeys((429, 503, 504), "wait a moment and send it again") | {
    408: "send it again over a faster connection",
    413: "send less",
    500: "try again; if it comes back, ask whoever runs segmint here to look at its log",
}
NEEDED_FOR = {
    "read": "for runs, reports and segments",
    "predict": "for customers and the tables they stand in",
    "target": "for call lists and for starting runs",
}


def dashboard(desk: Desk, *, hosts: Sequence[str] = ("127.0.0.1", "localhost", "[::1]")) -> Any:
    """Make the app of a desk.

    Parameters
    ----------
    desk : Desk
    hosts : sequence of str
        Names under which the pages may be asked for; any other Host is refused, so that no foreign name can be
        turned to this machine.
    """
    app = Starlette(routes=routes(desk), exception_handlers={HTTPException: partial(_no_page, desk)})
    return _Guard(app, desk, frozenset(hosts))


def open_door(desk: Desk, port: int, say: Callable[[str], Any] = print) -> None:
    """Serve the pages on this machine until told to stop, then end the lists and runs that were started from them.

    Raises
    ------
    ConfigError
        If another program uses the port.
    """
    sockets = bound("127.0.0.1", port)

    def announce(code: str | None) -> None:
        say(f"dashboard: http://127.0.0.1:{port}/sign-in?code={code}  (works once; Ctrl-C stops)")

    announce(desk.keeper.code)
    desk.keeper.announce = announce
    write_log()
    try:
        Door(server_config(dashboard(desk), "127.0.0.1", port), desk.stop).run(sockets)
    finally:
        ended = desk.close()
    if not ended:
        leave()
    log.info("ended")


def beside(api: Any, pages_app: Any, *, api_paths: frozenset[str]) -> Any:
    """Serve the HTTP service and the pages from one process: what the service answers goes there, the rest is a page.

    A program that brings a key and no session meant the service, also where it mistook the path.
    """

    def is_for_api(request: Request) -> bool:
        path = request.scope["path"]
        by_key = request.headers.get("authorization", "").lower().startswith("bearer ")
        return path in api_paths or path.startswith("/v1/") or (by_key and _session(request) is None)

    async def both(scope: Any, receive: Any, send: Any) -> None:
        to_api = scope["type"] == "http" and is_for_api(Request(scope))
        await (api if to_api else pages_app)(scope, receive, send)

    return both


@dataclass(frozen=True)
class PageWay:
    """One page: its path, the scope that whoever asks needs, and what shows it.

    Several scopes with "|" between them: any of them; None: whoever is let in by `_Guard`.
    """

    path: str
    scope: str | None
    show: Page
    methods: tuple[str, ...] = ("GET",)


def routes(desk: Desk) -> list[Route]:
    """Every page, to be served alone or beside the HTTP service."""
    return [Route(way.path, partial(_answer, desk, way), methods=way.methods) for way in WAYS]


class _Guard:
    """Before any page: the right host, our own origin, a session, a form's token; after it: the headers."""

    def __init__(self, app: Any, desk: Desk, hosts: frozenset[str]) -> None:
        self.app, self.desk, self.hosts = app, desk, hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                extra = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in given]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        request = Request(scope)
        refused = self._refused(request)
        if refused is not None:
            log.info("- %s (not let in) %s", request.method, refused.status_code)
        await (refused or self.app)(scope, receive, with_headers)

    def _refused(self, request: Request) -> Response | None:
        path = request.scope["path"]
        if not is_served(request, self.hosts):
            return Response("This address is not served here.", status_code=421, media_type="text/plain")
        if is_foreign(request):
            return Response("Sent from another site.", status_code=403, media_type="text/plain")
        if path in OPEN or path.startswith("/static/"):
            return None
        session = _session(request)
        if session is None or not self.desk.keeper.knows(session):
            accepted = request.headers.get("accept", "")
            if "application/json" in accepted:
                told = {"came": "You are not signed in any more.", "expected": "", "fix": "sign in again"}
                return JSONResponse(told, status_code=401)
            if "text/html" in accepted:
                return RedirectResponse("/sign-in", status_code=303)
            return Response("Sign in first.", status_code=401, media_type="text/plain")
        return None


def _cookie(request: Request) -> str:
    return cookie_name(request.headers.get("host", ""))


def _session(request: Request) -> str | None:
    return request.cookies.get(_cookie(request))


async def _answer(desk: Desk, way: PageWay, request: Request) -> Response:
    """Answer, and write one line that names who asked for which page, and no customer."""
    start, visitor = time.perf_counter(), desk.keeper.who(_session(request))
    request.state.caller = "-" if visitor is None else visitor.name
    request.state.by = for_whom(request.state.caller)  # here: the workers know no request
    try:
        response = await _shown(desk, way, request)
    except SegmintError as error:
        response = _problem(desk, request, error)
    except Problem as refused:
        told = SegmintError(refused.detail, fix=WHAT_NEXT.get(refused.status, "send it again"))
        response = _problem(desk, request, told, status=refused.status)
        response.headers.update(refused.headers)
    except Exception as error:  # the page names no cause; the log names kind and place and never the message
        log.error("%s failed: %s", way.path, place_of(error))
        unknown = SegmintError("Something went wrong here.", fix="try again; if it comes back, look at `segmint runs`")
        response = _problem(desk, request, unknown, status=500)
    # of a page that was shown the path names a run, a table or a file; of any other it is whatever a stranger wrote
    path = request.scope["path"] if response.status_code < 400 else way.path
    level = logging.DEBUG if way.path in QUIET else logging.INFO
    spent = 1000 * (time.perf_counter() - start)
    log.log(level, "%s %s %s %s %.1f ms", request.state.caller, request.method, path, response.status_code, spent)
    return response


async def _shown(desk: Desk, way: PageWay, request: Request) -> Response:
    form: Form = {}
    if way.scope is not None:
        _require_scope(desk, request, way.scope)
    if request.method == "POST":
        form = await _form(request)
        if way.path not in OPEN:
            _require_token(desk, request, form)
    show = partial(way.show, desk, request, form)
    answer = show() if way.scope is None else await desk.workers.do(show)  # signing in waits for nobody's table
    return answer if isinstance(answer, Response) else await answer


async def _form(request: Request) -> Form:
    body = await read_body(request, MOST_FORM)
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return _texts(json.loads(body))
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500))
    except (ValueError, RecursionError) as error:
        raise InputError("This is no form.", expected="names and texts", fix="reload the page") from error


def _texts(told: Any) -> Form:
    if not isinstance(told, dict):
        return {}
    return {_whole(str(k)): _whole(v) if isinstance(v, str) else json.dumps(v) for k, v in told.items()}


def _whole(text: str) -> str:
    """The text without lone surrogates, which JSON can say and no page can show."""
    return text.encode("utf-8", "replace").decode()


class _RefusedError(SegmintError):
    status = 403


class _ChangedError(SegmintError):
    status = 409


def _require_scope(desk: Desk, request: Request, scope: str) -> None:
    visitor = desk.keeper.who(_session(request))
    enough = scope.split("|")
    if visitor is None or visitor.scopes.isdisjoint(enough):
        named = " or ".join(f"'{one}'" for one in enough)
        raise _RefusedError(
            f"The key you signed in with lacks the scope {named}, which is needed {NEEDED_FOR[enough[0]]}.",
            expected=f"a key with the scope {named}",
            fix="ask for one, sign out and sign in with it",
        )


def _require_token(desk: Desk, request: Request, form: Form) -> None:
    token = request.headers.get("x-token") or form.get("token", "")
    if not desk.keeper.is_token(_session(request) or "", token):
        raise InputError("This form was not made by this page, or is too old.", fix="reload the page and send it again")


def _without_token(form: Form) -> Form:
    return {name: text for name, text in form.items() if name != "token"}


@cache
def _templates() -> Environment:
    ours = environment().overlay(
        loader=ChoiceLoader([PackageLoader("segmint.dashboard"), PackageLoader("segmint.report")])
    )
    ours.filters = {**ours.filters, "printable": printable, "coded": _coded}
    return ours


def _coded(sentence: str) -> Markup:
    """Show what a sentence has between backticks as code."""
    parts = enumerate(re.split("`([^`]+)`", sentence))
    return Markup().join(Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in parts)


def _page(desk: Desk, request: Request, name: str, context: dict[str, Any], *, status: int = 200) -> Response:
    session = _session(request) or ""
    path = request.url.path
    here = next((to for to, _ in reversed(NAVIGATION) if path == to or (to != "/" and path.startswith(f"{to}/"))), "")
    answers = request.method == "POST"  # then the page begins at its answer
    html = (
        _templates()
        .get_template(f"{name}.html.j2")
        .render(
            **{"about": "", **_readable(context)},
            navigation=NAVIGATION,
            here=here or ("/upload" if path.startswith(("/tables", "/work")) else path),
            home=_home(desk, session),
            token=desk.keeper.token(session) if desk.keeper.knows(session) else "",
            signed_in=desk.keeper.knows(session),
            answers=answers,
            failed=status >= 400 or (answers and bool(context.get("problem"))),
        )
    )
    return Response(html, status_code=status, media_type="text/html")


def _readable(context: dict[str, Any]) -> dict[str, Any]:
    """Make a page's texts readable, and leave what its forms send back as it is: a changed level would match nobody."""
    return {
        name: value if name in SENT_BACK else printable_dict(value, unparted=name in RUNNING_TEXT)
        for name, value in context.items()
    }


def _problem(desk: Desk, request: Request, error: SegmintError, *, status: int | None = None) -> Response:
    code = status or (404 if type(error) is RunError else error.status)
    told = {"came": without_folders(error.came), "expected": error.expected, "fix": error.fix}
    if "application/json" in request.headers.get("accept", ""):
        about = {"control": error.control} if isinstance(error, ControlError) else {}
        return JSONResponse(printable_dict(told | about), status_code=code)
    title = "This key may not do that" if code == 403 else "That did not work"
    job = error.job if isinstance(error, BusyError) else None
    context = {
        "title": title,
        "problem": told,
        "back": getattr(request.state, "back", None),
        "job": None if job is None else job.id,
    }
    return _page(desk, request, "problem", context, status=code)


def _no_page(desk: Desk, request: Request, error: Exception) -> Response:
    """Lead back whoever asks for a page that there is not; the path is whatever was typed, so no line of the log has it."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    visitor = desk.keeper.who(_session(request))
    log.info("%s %s (no such page) %s", "-" if visitor is None else visitor.name, request.method, status)
    came = "There is no such page here." if status == 404 else "This page cannot be asked for in this way."
    answer = _problem(desk, request, SegmintError(came, fix="go back to the overview"), status=status)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _sign_in(desk: Desk, request: Request, form: Form) -> Response:
    key, code = form.get("key", "").strip(), request.query_params.get("code", "")
    prints = desk.keeper.announce is not None
    # who only asks for the head, such as a preview of links, does not use the one-time address up
    if request.method == "HEAD" or not (key or code):
        return _page(desk, request, "sign_in", {"title": "Sign in", "wrong": None, "prints": prints})
    address = request.client.host if request.client else "-"
    if wait := desk.keeper.wrong_keys.wait(address):
        return _too_often(desk, request, wait)
    session = desk.keeper.open(key) if request.method == "POST" else desk.keeper.open_once(code)
    if session is None:
        desk.keeper.wrong_keys.take(address)
        wrong = "key" if request.method == "POST" else "address"
        return _page(desk, request, "sign_in", {"title": "Sign in", "wrong": wrong, "prints": prints}, status=401)
    if visitor := desk.keeper.who(session):
        request.state.caller = visitor.name
    answer = RedirectResponse(_home(desk, session), status_code=303)
    secure = request.url.scheme == "https"
    named = _cookie(request)
    answer.set_cookie(named, session, max_age=3600 * HOURS, httponly=True, samesite="strict", secure=secure, path="/")
    return answer


def _home(desk: Desk, session: str) -> str:
    """The first page that a session's key opens."""
    visitor = desk.keeper.who(session)
    scopes = frozenset() if visitor is None else visitor.scopes
    needed = {way.path: way.scope for way in WAYS}
    return next((path for path, _ in NAVIGATION if needed[path] in scopes), "/")


def _too_often(desk: Desk, request: Request, wait: int) -> Response:
    told = SegmintError("Too many wrong keys came from this address.", fix=f"try again in {wait} seconds")
    answer = _problem(desk, request, told, status=429)
    answer.headers["retry-after"] = str(wait)
    return answer


def _sign_out(desk: Desk, request: Request, form: Form) -> Response:
    desk.keeper.close(_session(request) or "")
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(_cookie(request), path="/")
    return answer


def _static_file(desk: Desk, request: Request, form: Form) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise RunError("There is no such file.", fix="go back to the overview")
    if name in ("report.css", "segmint.js"):
        content = static(name)
    else:
        content = resources.files("segmint.dashboard").joinpath("static", name).read_text("utf-8")
    return Response(content, media_type=STATIC[name], headers={"cache-control": "no-cache"})


def _file(desk: Desk, request: Request, form: Form) -> Response:
    name = request.path_params["file"]
    _require_scope(desk, request, pages.FILE_SCOPES.get(name, "read"))
    folder = desk.run(request.path_params["run"]).folder
    path = folder / name
    if name not in pages.FILES or not path.is_file() or path.is_symlink():
        raise RunError("The run has no such file.", expected="a file that its page names", fix="go back to the run")
    return FileResponse(path, filename=f"{folder.name}-{name}", content_disposition_type="attachment")


def _segment(desk: Desk, request: Request, form: Form) -> Response:
    context = pages.one_segment(desk, request.path_params["key"])
    if context is None:
        raise RunError("There is no such segment.", expected="one of the list", fix="go back to the segments")
    return _page(desk, request, "segment", context)


def _lists(desk: Desk, request: Request, form: Form) -> Response | Awaitable[Response]:
    if request.method != "POST":
        return _page(desk, request, "lists", pages.list_builder(desk, request.query_params.get("table"), {}))
    table = desk.tables.find(form.get("table", ""))
    request.state.back = f"/lists?table={quote(table.id)}", "Back to the list builder"
    digest = _require_same_model(desk, form)
    config = config_of(form, desk.standing, pages.labels_of(desk.bundle()))
    policy_of_controls(config)
    return _made(desk, Errand(table.path, Path(), desk.origin(), digest, desk.runs, request.state.by), config)


def _require_same_model(desk: Desk, form: Form) -> str:
    """Return the digest of the model in use; refuse a page that was opened under another one."""
    digest = desk.bundle().digest
    if form.get("model", digest) != digest:
        raise _ChangedError(
            "The model in use has changed since this page was opened, so its figures no longer hold; no list is made.",
            expected="the model that the page names",
            fix="load the list builder again",
        )
    return digest


async def _made(desk: Desk, errand: Errand, config: Config) -> Response:
    """Let a child make a list, which may take long, and show it; whoever leaves meanwhile finds it among the runs."""
    told_late = Event()  # then no list is made behind the back of whoever was told so
    with TemporaryDirectory(prefix="segmint-") as folder:
        policy = Path(folder) / CONFIG
        policy.write_text(config.to_toml(only_set=True), "utf-8")
        errand = replace(errand, policy=policy)
        try:
            with words_of_the_page():
                told = await desk.lists.do(partial(make_list, desk.children, errand, told_late))
        except SegmintError as error:
            if errand.table.exists():
                raise
            raise RunError(
                "The table was forgotten while its list was being made.",
                expected="a table that stays until the list is made",
                fix="bring it again",
            ) from error
        finally:
            told_late.set()
    return RedirectResponse(f"/runs/{Path(told['run']).name}", status_code=303)


def _preview(desk: Desk, request: Request, form: Form) -> Response:
    _require_same_model(desk, form)
    before = {k.removeprefix("before_"): v for k, v in form.items() if k.startswith("before_")}
    seen = pages.preview(desk, form.get("table", ""), form, exact=form.get("exact") == "yes", before=before or None)
    return JSONResponse(printable_dict(seen, unparted=False))


def _customer(desk: Desk, request: Request, form: Form) -> Response:
    table = form.get("table") or request.query_params.get("table")
    return _page(desk, request, "customer", pages.customer(desk, table, form.get("customer", "").strip()[:200]))


def _compare(desk: Desk, request: Request, form: Form) -> Response:
    asked = request.query_params
    return _page(desk, request, "compare", pages.compare(desk, asked.get("first", ""), asked.get("second", "")))


async def _receive(desk: Desk, request: Request, form: Form) -> Response:
    _require_token(desk, request, {})
    # a table that is too large is refused by `receive`, which knows what to do instead
    chunks = limited(request, max(2 * MOST_BYTES, declared_size(request)))
    name, declared = request.query_params.get("name", ""), declared_size(request)
    table = await desk.tables.receive(name, chunks, declared=declared)
    return JSONResponse({"location": f"/tables/{table.id}"}, status_code=201)


def _table(desk: Desk, request: Request, form: Form) -> Response:
    return _page(desk, request, "table", pages.one_table(desk, request.path_params["table"]))


def _contract(desk: Desk, request: Request, form: Form) -> Response:
    """Show the contract reviewed for a table, draft one, or keep the one that a person reviewed."""
    from segmint.flows.draft import review_contract

    table = desk.tables.find(request.path_params["table"])
    request.state.back = f"/tables/{quote(table.id)}", "Back to the table"
    if request.method != "POST":
        if table.contract is None:
            return RedirectResponse(f"/tables/{quote(table.id)}", status_code=303)
        return _page(desk, request, "table", pages.one_table(desk, table.id, table.contract.read_text("utf-8")))
    text = form.get("contract", "").replace("\r\n", "\n")  # as browsers end the lines of a form
    if not text:
        outcome = form.get("outcome", "").strip() or None
        draft = drafted(table, outcome=outcome, without_outcome=form.get("unanswered") == "yes")
        return _page(desk, request, "table", pages.one_table(desk, table.id, draft))
    try:
        kept, is_reviewed = table.path.parent / "contract.toml", form.get("reviewed") == "yes"
        review_contract(text, kept, reviewed=is_reviewed, columns=desk.header(table.id), table=table.name)
    except SegmintError as error:
        return _page(desk, request, "table", pages.one_table(desk, table.id, text, error), status=422)
    return RedirectResponse(f"/tables/{quote(table.id)}", status_code=303)


def _forget(desk: Desk, request: Request, form: Form) -> Response:
    desk.forget(request.path_params["table"])
    return RedirectResponse("/upload", status_code=303)


def _start(desk: Desk, request: Request, form: Form) -> Response:
    table = desk.tables.find(request.path_params["table"])
    contract = chosen(desk, table.id, form.get("contract", ""))
    options = desk.jobs.quick if form.get("how") == "quick" else ()
    job = desk.jobs.start(table.name, table.path, contract, options, by=request.state.by)
    return RedirectResponse(f"/work/{job.id}", status_code=303)


def _stop(desk: Desk, request: Request, form: Form) -> Response:
    job = desk.jobs.find(request.path_params["job"])
    job.stop()
    return RedirectResponse(f"/work/{job.id}", status_code=303)


def _work(desk: Desk, request: Request, form: Form) -> Response:
    job = desk.jobs.find(request.path_params["job"])
    state = job.state()
    if state["status"] == "done":
        return RedirectResponse(f"/runs/{state['run']}", status_code=303)
    return _page(
        desk,
        request,
        "work",
        {"title": "At work", "about": job.table, "job": job.id, "table": job.table, "state": state},
    )


WAYS: tuple[PageWay, ...] = (
    PageWay("/", "read", lambda d, r, f: _page(d, r, "overview", pages.overview(d))),
    PageWay("/sign-in", None, _sign_in, ("GET", "POST")),
    PageWay("/sign-out", None, _sign_out, ("POST",)),
    PageWay("/static/{name}", None, _static_file),
    PageWay("/token", None, lambda d, r, f: JSONResponse({"token": d.keeper.token(_session(r) or "")})),
    PageWay("/runs", "read", lambda d, r, f: _page(d, r, "runs", pages.run_list(d))),
    PageWay("/runs/{run}", "read|target", lambda d, r, f: _page(d, r, "run", pages.one_run(d, r.path_params["run"]))),
    PageWay("/runs/{run}/{file}", "read|predict|target", _file),  # and the file's own
    PageWay("/segments", "read", lambda d, r, f: _page(d, r, "segments", pages.segment_list(d))),
    PageWay("/segments/{key}", "read", _segment),
    PageWay("/lists", "target", _lists, ("GET", "POST")),
    PageWay("/lists/preview", "target", _preview, ("POST",)),
    PageWay("/customer", "predict", _customer, ("GET", "POST")),
    PageWay("/try", "predict", lambda d, r, f: _page(d, r, "try", pages.try_it(d, _without_token(f))), ("GET", "POST")),
    PageWay("/monitoring", "read", lambda d, r, f: _page(d, r, "monitoring", pages.monitoring(d))),
    PageWay("/compare", "read", _compare),
    PageWay("/upload", "predict", lambda d, r, f: _page(d, r, "upload", pages.upload(d))),
    PageWay("/tables", "predict", _receive, ("PUT",)),
    PageWay("/tables/{table}", "predict", _table),
    PageWay("/tables/{table}/contract", "target", _contract, ("GET", "POST")),
    PageWay("/tables/{table}/forget", "predict", _forget, ("POST",)),
    PageWay("/tables/{table}/run", "target", _start, ("POST",)),
    PageWay("/work/{job}", "read|target", _work),
    PageWay("/work/{job}/stop", "target", _stop, ("POST",)),
    PageWay(
        "/work/{job}/state", "read|target", lambda d, r, f: JSONResponse(d.jobs.find(r.path_params["job"]).state())
    ),
)
"""Every page and who may ask for it."""
