"""Faults as HTTP answers: one complete table, and the RFC 9457 document that goes with it."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec
from litestar import Request as HttpRequest
from litestar import Response
from litestar.exceptions import HTTPException

from comity import errors

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
_log = logging.getLogger("comity.api")

# A test holds this table against the tree in errors.py.
PROBLEMS: dict[type[errors.ComityError], tuple[int, str]] = {
    errors.ComityError: (500, "Something went wrong here"),
    errors.Malformed: (400, "What was sent can't be read"),
    errors.MalformedNote: (400, "The note can't be read"),
    errors.MalformedRecord: (400, "The record can't be read"),
    errors.Unproven: (422, "The evidence doesn't hold"),
    errors.BadSignature: (403, "The signature fails"),
    errors.BadProof: (422, "The proof doesn't lead to the signed root"),
    errors.UnknownKey: (403, "Nobody whose key is trusted has signed"),
    errors.Misconduct: (409, "The writer broke the protocol"),
    errors.Equivocation: (409, "Two signed roots can't both be true"),
    errors.Rollback: (409, "A signed size lies below one already held"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "The present state rules this out"),
    errors.Fenced: (409, "This channel may not be signed on"),
    errors.Misconfigured: (500, "This node isn't set up right"),
    errors.Busy: (503, "Too busy; come back later"),
    errors.NoSpace: (507, "A disk of this node is full; nothing half-written was kept"),
    errors.Unreachable: (502, "A partner can't be reached"),
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem document.

    code    stable, kebab-case: tells the case within the type
    facts   what the wording may name; left out where the caller must not learn more, or can't do anything about it
    """

    type: str
    title: str
    status: int
    code: str = ""
    detail: str = ""
    facts: dict[str, Any] = {}


def problem_of(fault: errors.ComityError) -> Problem:
    """The document for a fault of ours, by the nearest class in the table."""
    kind = next(kind for kind in type(fault).__mro__ if kind in PROBLEMS)
    status, title = PROBLEMS[kind]
    told = fault.facts if 400 <= status < 500 and status != 404 else {}
    return Problem(f"urn:comity:problem:{_kebab(kind.__name__)}", title, status, fault.code, facts=told)


def refusal(status: int, code: str, title: str) -> Problem:
    """A document for a no that isn't a fault in the tree."""
    return Problem(f"urn:comity:problem:{code}", title, status, code)


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The answer that carries the document."""
    extra = {"cache-control": "no-store", **(headers or {})}
    if problem.status in (503, 507):
        extra["retry-after"] = str(RETRY_AFTER_S)
    body = msgspec.json.encode(problem, enc_hook=str)
    return Response(body, status_code=problem.status, media_type=PROBLEM_TYPE, headers=extra)


def _on_fault(_: HttpRequest[Any, Any, Any], fault: errors.ComityError) -> Response[bytes]:
    problem = problem_of(fault)
    if problem.status >= 500:
        _log.error("answered %d: %s", problem.status, fault, exc_info=fault)
    return problem_response(problem)


def _on_http(_: HttpRequest[Any, Any, Any], fault: HTTPException) -> Response[bytes]:
    """What the framework refuses itself: no such route, wrong method, body too large, arguments that don't fit."""
    if fault.status_code == 404:
        return problem_response(problem_of(errors.NotFound("no-such-resource")))
    if fault.status_code >= 500:
        _log.error("answered %d", fault.status_code, exc_info=fault)
        return problem_response(problem_of(errors.ComityError("internal")))
    code = _kebab(type(fault).__name__.removesuffix("Exception"))
    allow = {name: value for name, value in (fault.headers or {}).items() if name.lower() == "allow"}
    problem = Problem(
        f"urn:comity:problem:{code}", code.replace("-", " ").capitalize(), fault.status_code, code, fault.detail
    )
    return problem_response(problem, allow)


def _on_text(_: HttpRequest[Any, Any, Any], __: UnicodeDecodeError) -> Response[bytes]:
    """The JSON decoder lets this one through; a caller can cause it at will."""
    return problem_response(problem_of(errors.Malformed("not-utf8")))


def _on_surprise(_: HttpRequest[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """The top of the worker: whatever nobody foresaw is logged whole and told not at all."""
    _log.error("unforeseen fault", exc_info=fault)
    return problem_response(problem_of(errors.ComityError("internal")))


PROBLEM_HANDLERS: dict[int | type[Exception], Any] = {
    errors.ComityError: _on_fault,
    HTTPException: _on_http,
    UnicodeDecodeError: _on_text,
    Exception: _on_surprise,
}
"""For `Litestar(exception_handlers=...)`. `Any`: the framework types handlers invariantly by their exception."""


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
