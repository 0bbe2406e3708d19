"""The desk's API: what officers and their tools ask of their own node, over loopback, with a token.

Routes are the files in `routes/`; each exports `routes`, a list of handlers. There is no other list of them.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
import re
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Litestar, Response
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import comity
from comity.errors import ComityError, Malformed
from comity.faces.api import routes as routes_folder
from comity.faces.api.asking import Asking, RefusedHere, may_act, the_node, the_officer, the_world
from comity.faces.api.problems import (
    PROBLEM_HANDLERS,
    PROBLEM_TYPE,
    Problem,
    problem_of,
    problem_response,
    refusal,
)
from comity.faces.api.strict_schema import StrictStructPlugin
from comity.node.assembly import Node

BODY_BYTES_MAX = 4 * 1024 * 1024
"""A route that takes whole files raises it for itself: `@post(..., request_max_body_size=...)`."""
REFUSED = refusal(422, "refused", "Refused, with every reason")
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?")
_log = logging.getLogger("comity.desk")

_PROBLEMS = {
    400: "What was sent can't be read",
    401: "The token is missing or wrong",
    403: "The Host header isn't this machine's",
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


class TokenWrong(HTTPException):
    """No token, or not this node's."""

    status_code = 401
    detail = "send the token in api.token as Authorization: Bearer"


class HostNotOurs(HTTPException):
    """A page in a browser that has this machine's address under another name."""

    status_code = 403
    detail = "the Host header must name loopback"


class UnsupportedMediaType(HTTPException):
    """A body of a type that nobody here reads."""

    status_code = 415
    detail = "send application/json"


def desk_app(node: Callable[[], Node], token: str) -> Litestar:
    """The app. `node` is asked at every request; `token` opens everything, and nothing opens without it."""
    app = Litestar(
        discovered(),
        plugins=[StrictStructPlugin()],
        guards=[_guard(token), may_act],
        dependencies={
            "node": Provide(the_node, sync_to_thread=False),
            "world": Provide(the_world),
            "officer": Provide(the_officer, sync_to_thread=False),
        },
        exception_handlers={
            **PROBLEM_HANDLERS,
            ComityError: _on_fault,
            RefusedHere: _on_refusal,
            TokenWrong: _on_token,
            ValidationException: _on_validation,
        },
        before_request=_only_json,
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
    app.state.node = node
    return app


def discovered() -> list[HTTPRouteHandler]:
    """Every handler of every file in `routes/`, in the order of the files' names."""
    found: list[HTTPRouteHandler] = []
    for module in sorted(pkgutil.iter_modules(routes_folder.__path__), key=lambda module: module.name):
        loaded = importlib.import_module(f"{routes_folder.__name__}.{module.name}")
        found += loaded.routes
    for handler in found:
        described = {status: _described(text) for status, text in _PROBLEMS.items()}
        handler.responses = {**described, **(handler.responses or {})}
        # The framework would name and describe the wrapper that takes the function to a thread.
        function = getattr(handler.fn, "func", handler.fn)
        handler.operation_id = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        handler.summary, _, more = (inspect.getdoc(function) or "").partition("\n\n")
        handler.description = more or None
    return found


def _described(text: str) -> ResponseSpec:
    return ResponseSpec(Problem, generate_examples=False, description=text, media_type=PROBLEM_TYPE)


def _guard(token: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        # The header itself: the framework would put the socket's own address in the place of a missing one.
        if _HOST.fullmatch(connection.headers.get("host", "")) is None:
            raise HostNotOurs
        scheme, _, given = connection.headers.get("authorization", "").partition(" ")
        # Bytes, because the comparison takes only ASCII as text; and of every given token, to the end.
        if not secrets.compare_digest(given.encode(), token.encode()) or scheme.lower() != "bearer":
            raise TokenWrong

    return guard


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


def _on_refusal(_: Asking, no: RefusedHere) -> Response[bytes]:
    reasons = [{"code": reason.code, "facts": reason.facts} for reason in no.reasons]
    return problem_response(msgspec.structs.replace(REFUSED, facts={"reasons": reasons}))


def _on_validation(_: Asking, fault: ValidationException) -> Response[bytes]:
    """Says which member of the body, or which parameter, doesn't fit, and why."""
    told = fault.extra if isinstance(fault.extra, list) else []
    faults = [{"where": each.get("key", ""), "why": each.get("message", "")} for each in told if isinstance(each, dict)]
    return problem_response(problem_of(Malformed("request-shape", faults=faults)))


def _on_token(_: Asking, fault: TokenWrong) -> Response[bytes]:
    problem = msgspec.structs.replace(refusal(401, "token-wrong", "The token is missing or wrong"), detail=fault.detail)
    return problem_response(problem, {"www-authenticate": "Bearer"})
