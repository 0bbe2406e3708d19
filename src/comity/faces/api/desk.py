"""The desk's API: what officers and their tools ask of their own node, over loopback, as themselves or with a token.

Routes are the files in `routes/`; each exports `routes`, a list of handlers. There is no other list of them.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Callable

import msgspec
from litestar import Litestar, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.utils.sync import AsyncCallable

import comity
from comity.errors import ComityError, Malformed
from comity.faces.api import routes as routes_folder
from comity.faces.api.asking import (
    Asking,
    RefusedHere,
    journalling,
    may_act,
    refused_here,
    the_house,
    the_officer,
    the_world,
)
from comity.faces.api.door import Door, Turned, on_turned, the_person, the_signature
from comity.faces.api.problems import (
    PROBLEM_HANDLERS,
    PROBLEM_TYPE,
    Problem,
    problem_of,
    problem_response,
    refusal,
)
from comity.faces.api.strict_schema import StrictStructPlugin, TuplePlugin, operation_with_body
from comity.node.assembly import Node

BODY_BYTES_MAX = 4 * 1024 * 1024
"""A route that takes whole files raises it for itself: `@post(..., request_max_body_size=...)`."""
REFUSED = refusal(422, "refused", "Refused, with every reason")
_log = logging.getLogger("comity.desk")

_PROBLEMS = {
    400: "What was sent can't be read",
    401: "Nobody is in: the token, the session or what was shown at the door is missing, wrong or ended",
    403: "Not from this machine, not from a page of this node, or with a token that may only read",
    404: "Not found",
    409: "The present state rules this out",
    413: "The body is too large",
    415: "The body isn't JSON",
    422: "Refused, with every reason, or the evidence doesn't hold",
    500: "Something went wrong here",
    502: "A partner can't be reached",
    503: "Too busy; come back later",
    507: "A disk of this node is full; nothing half-written was kept",
}
_AT_THE_DOOR = {429: "Too many tries; come back later"}


class UnsupportedMediaType(HTTPException):
    """A body of a type that nobody here reads."""

    status_code = 415
    detail = "send application/json"


def desk_app(node: Callable[[], Node], token: str) -> Litestar:
    """The app. `node` is asked at every request; `token` opens everything on a node without accounts."""
    app = Litestar(
        discovered(),
        plugins=[StrictStructPlugin(), TuplePlugin()],
        guards=[Door(token), may_act],
        dependencies={
            "node": Provide(the_house, sync_to_thread=False),
            "world": Provide(the_world),
            "officer": Provide(the_officer, sync_to_thread=False),
            "person": Provide(the_person, sync_to_thread=False),
            "signature": Provide(the_signature, sync_to_thread=False),
        },
        exception_handlers={
            **PROBLEM_HANDLERS,
            ComityError: _on_fault,
            RefusedHere: _on_refusal,
            Turned: on_turned,
            ValidationException: _on_validation,
        },
        before_request=_only_json,
        middleware=[journalling],
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            title="Comity desk",
            version=comity.__version__,
            path="/schema",
            render_plugins=[JsonRenderPlugin()],
            security=[{"token": []}],
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        ),
        logging_config=None,
    )
    _unwrap(app)
    app.state.node = node
    return app


def _unwrap(app: Litestar) -> None:
    """Where two methods share a path, Litestar 2.25 wraps the first one's function for the thread twice, and a `Response` is never awaited."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            while isinstance(handler.fn, AsyncCallable) and isinstance(inner := handler.fn.func, AsyncCallable):
                handler._fn = inner


def discovered() -> list[HTTPRouteHandler]:
    """Every handler of every file in `routes/`, in the order of the files' names."""
    found: list[HTTPRouteHandler] = []
    for module in sorted(pkgutil.iter_modules(routes_folder.__path__), key=lambda module: module.name):
        loaded = importlib.import_module(f"{routes_folder.__name__}.{module.name}")
        found += loaded.routes
    for handler in found:
        told = _PROBLEMS | (_AT_THE_DOOR if "door" in handler.opt else {})
        described = {status: _described(text) for status, text in told.items()}
        handler.responses = {**described, **(handler.responses or {})}
        if "takes" in handler.opt:
            handler.operation_class = operation_with_body(handler.opt["takes"])
        # The framework would name and describe the wrapper that takes the function to a thread.
        function = getattr(handler.fn, "func", handler.fn)
        handler.operation_id = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        handler.summary, _, more = (inspect.getdoc(function) or "").partition("\n\n")
        handler.description = more or None
    return found


def _described(text: str) -> ResponseSpec:
    return ResponseSpec(Problem, generate_examples=False, description=text, media_type=PROBLEM_TYPE)


async def _only_json(request: Asking) -> None:
    """JSON, unless the route says by its option `takes` which other type it reads."""
    takes = request.route_handler.opt.get("takes", "application/json")
    if request.method in ("POST", "PUT", "PATCH") and request.content_type[0] != takes:
        raise UnsupportedMediaType


def _on_fault(_: Asking, fault: ComityError) -> Response[bytes]:
    """Unlike a partner, whoever has the token learns the facts of every fault."""
    problem = problem_of(fault)
    if problem.status >= 500:
        _log.error("answered %d: %s", problem.status, fault, exc_info=fault)
    return problem_response(msgspec.structs.replace(problem, facts=fault.facts))


def _on_refusal(request: Asking, no: RefusedHere) -> Response[bytes]:
    refused_here(request, no.reasons)
    reasons = [{"code": reason.code, "facts": reason.facts} for reason in no.reasons]
    return problem_response(msgspec.structs.replace(REFUSED, facts={"reasons": reasons}))


def _on_validation(_: Asking, fault: ValidationException) -> Response[bytes]:
    """Says which member of the body, or which parameter, doesn't fit, and why."""
    told = fault.extra if isinstance(fault.extra, list) else []
    faults = [{"where": each.get("key", ""), "why": each.get("message", "")} for each in told if isinstance(each, dict)]
    return problem_response(problem_of(Malformed("request-shape", faults=faults)))
