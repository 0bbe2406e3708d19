"""The console: pages for people, under `/desk/…` on the listener of the desk's API, which keeps every other path.

Pages are the files in `pages/`; each exports `pages`, a list of handlers, and may export `rail` and `verbs`. There is no other
list of them.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Litestar, Response
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.response import Redirect
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.sync import AsyncCallable

from comity.errors import ComityError, Malformed, NotFound
from comity.faces.api.asking import Asking, RefusedHere, acting_world, journalling, refused_here
from comity.faces.api.door import origin_of
from comity.faces.api.problems import problem_of
from comity.faces.console import pages as pages_folder
from comity.faces.console.assets import asset
from comity.faces.console.forms import the_form
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk
from comity.faces.console.who import NotKnown, Sessions, actor_of, choices, session_in
from comity.flows.access import permit
from comity.node.assembly import Node

HOME = "/desk/today"
BODY_BYTES_MAX = 1024 * 1024
"""A page that takes files raises it for itself: `@post(..., request_max_body_size=...)`."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: that would make the browser say `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?")
_KEPT = "console-session"
_log = logging.getLogger("comity.console")

Connection = ASGIConnection[Any, Any, Any, Any]


class ForeignForm(HTTPException):
    """A form that another site's page sent, or that doesn't say whose page it came from."""

    status_code = 403
    detail = "the form must come from a page of this console"


class WrongHost(HTTPException):
    """A page in a browser that has this machine's address under another name."""

    status_code = 403
    detail = "the Host header must name loopback"


def above(api: ASGIApp, node: Callable[[], Node], token: str) -> ASGIApp:
    """The console's app where its paths are asked for, `api` for every other; `/` leads to the console."""
    # Around the app, not inside: what the framework answers itself (no such page) passes no middleware of its own.
    console = _with_headers(console_app(node, token))

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == ScopeType.HTTP else ""
        ours = path in ("/", "/desk") or path.startswith("/desk/")
        await (console if ours else api)(scope, receive, send)

    return either


def console_app(node: Callable[[], Node], token: str) -> Litestar:
    """The app. `node` is asked at every request; whoever shows `token` may say who they are."""
    handlers, entries, verbs = discovered()
    app = Litestar(
        handlers,
        guards=[_guard],
        dependencies={
            "desk": Provide(_the_desk, sync_to_thread=False),
            "form": Provide(the_form),
        },
        exception_handlers={
            NotKnown: _on_stranger,
            ComityError: _on_fault,
            RefusedHere: _on_refusal,
            HTTPException: _on_http,
            Exception: _on_surprise,
        },
        middleware=[journalling],
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    _unwrap(app)
    app.state.node = node
    app.state.token = token
    app.state.entries = entries
    app.state.verbs = verbs
    app.state.sessions = Sessions(lambda: node().world.clock.now())
    return app


def _unwrap(app: Litestar) -> None:
    """Where two methods share a path, Litestar 2.25 wraps the first one's function for the thread twice, and its answer is never awaited."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            while isinstance(handler.fn, AsyncCallable) and isinstance(inner := handler.fn.func, AsyncCallable):
                handler._fn = inner


def discovered() -> tuple[list[HTTPRouteHandler], tuple[Entry, ...], tuple[Verb, ...]]:
    """Handlers, entries of the rail and commands of the palette, of every file in `pages/`."""
    handlers: list[HTTPRouteHandler] = [asset]
    entries: list[Entry] = []
    verbs: list[Verb] = []
    for module in sorted(pkgutil.iter_modules(pages_folder.__path__), key=lambda module: module.name):
        loaded = importlib.import_module(f"{pages_folder.__name__}.{module.name}")
        handlers += loaded.pages
        entries += getattr(loaded, "rail", ())
        verbs += getattr(loaded, "verbs", ())
    return handlers, tuple(entries), tuple(verbs)


async def _guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Host and, for whatever changes something, the page it came from. `opt={"open": True}` lets strangers in."""
    node: Node = connection.app.state.node()
    host = connection.headers.get("host", "")
    ours = urlsplit(node.config.people.origin).netloc
    if _HOST.fullmatch(host) is None and not (ours and host == ours):
        raise WrongHost
    if connection.scope.get("method") not in ("GET", "HEAD"):
        # Every browser says where a form comes from; SameSite=Strict alone would let in other ports of this machine.
        if connection.headers.get("origin", "") != origin_of(connection, node):
            raise ForeignForm
        if connection.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise ForeignForm
    if handler.opt.get("asset"):
        return
    session = await sync_to_thread(session_in, connection, node)
    connection.scope.setdefault("state", {})[_KEPT] = session
    if session is None and not handler.opt.get("open"):
        url = connection.url
        raise NotKnown(f"{url.path}?{url.query}" if url.query else url.path)
    # `opt={"act": …}` is asked here; `asks` names the act for which the flow asks; `own` is about the reader alone.
    if session is not None and not {"open", "asks", "own"} & set(handler.opt):
        actor = actor_of(session, node.world.me.name)
        if why := await sync_to_thread(permit, acting_world(connection, actor), actor, handler.opt.get("act", "view")):
            raise RefusedHere(why)


def _the_desk(request: Asking) -> Desk:
    node: Node = request.app.state.node()
    kept = request.scope.get("state", {})
    # Where the framework itself has no page, the guard wasn't asked.
    session = kept[_KEPT] if _KEPT in kept else session_in(request, node)
    state = request.app.state
    if session is not None:
        node = replace(node, world=acting_world(request, actor_of(session, node.world.me.name)))
    return Desk(request, node, session, choices(request, node, session), state.entries, state.verbs)


def _with_headers(app: ASGIApp) -> ASGIApp:
    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await app(scope, receive, with_headers)

    return answered


# ---- what went wrong, as pages ------------------------------------------------------------------------------------------


def _on_stranger(_: Asking, stranger: NotKnown) -> Redirect:
    back = "" if stranger.back in ("/", "/desk", HOME) else f"?back={quote(stranger.back, safe='')}"
    return Redirect(f"/desk/login{back}", status_code=303)


def _on_fault(request: Asking, fault: ComityError) -> Response[str]:
    """Hidden and absent answer alike: the same page for whatever isn't found."""
    problem = problem_of(fault)
    if problem.status >= 500:
        _log.error("answered %d: %s", problem.status, fault, exc_info=fault)
    if isinstance(fault, NotFound):
        return _fault_page(request, 404, "missing")
    kind = "malformed" if isinstance(fault, Malformed) else "conflict" if problem.status == 409 else "other"
    facts = problem.facts if problem.status < 500 else {}
    return _fault_page(request, problem.status, kind, code=fault.code, facts=facts)


def _on_refusal(request: Asking, no: RefusedHere) -> Response[str]:
    refused_here(request, no.reasons)
    return _fault_page(request, 422, "refused", reasons=no.reasons)


def _on_http(request: Asking, fault: HTTPException) -> Response[str]:
    if fault.status_code >= 500:
        _log.error("answered %d", fault.status_code, exc_info=fault)
    kind = {404: "missing", 405: "missing", 413: "large", 403: "foreign"}.get(fault.status_code, "other")
    return _fault_page(request, fault.status_code, kind)


def _on_surprise(request: Asking, fault: Exception) -> Response[str]:
    _log.error("unforeseen fault", exc_info=fault)
    return _fault_page(request, 500, "other")


def _fault_page(request: Asking, status: int, kind: str, **facts: Any) -> Response[str]:
    told = {"code": "", "facts": {}, "reasons": (), **facts}
    return _the_desk(request).show("fault.html", status=status, kind=kind, **told)
