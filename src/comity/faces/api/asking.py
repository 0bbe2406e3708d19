"""What every route of the desk's API shares: who acts, in which world, and how a lawful no is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import unquote

import msgspec
from litestar import Request as HttpRequest
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, SkipValidation
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import ComityError, Malformed
from comity.faces.api.problems import PROBLEM_TYPE, Problem, problem_of
from comity.flows.access import permit, seen_by
from comity.flows.journal import acting, finished, tally_of
from comity.node.assembly import Node
from comity.ports import World

T = TypeVar("T")

OFFICER_HEADER = "X-Comity-Officer"
CASE_HEADER, PURPOSE_HEADER, BASIS_HEADER = "X-Comity-Case", "X-Comity-Purpose", "X-Comity-Basis"
REASON_HEADER = "X-Comity-Reason"
OFFICER_CHARACTERS_MAX = 100
REASON_CHARACTERS_MAX = 500
WORD_CHARACTERS_MAX = 120
_ROUTES = "comity.faces.api.routes."
_ACTING = "acting-world"
_DOOR = "own-keys"
"""Act of what people do about their own coming in."""

Asking = HttpRequest[Any, Any, Any]
House: TypeAlias = NamedDependency[SkipValidation[Node]]
"""Type of a handler's parameter `node`."""
Here: TypeAlias = NamedDependency[SkipValidation[World]]
"""Type of a handler's parameter `world`."""
Officer: TypeAlias = NamedDependency[SkipValidation[Actor]]
"""Type of a handler's parameter `officer`; a request without the header doesn't get to the handler."""


class RefusedHere(Exception):
    """Carries the reasons of a refusal out of a handler."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__([reason.code for reason in reasons])
        self.reasons = reasons


def granted(outcome: Granted[T] | Refused) -> T:
    """The value of a yes; a no becomes a problem document of status 422 with every reason."""
    if isinstance(outcome, Refused):
        raise RefusedHere(outcome.reasons)
    return outcome.value


def the_node(request: Asking) -> Node:
    """The node of this app."""
    node: Node = request.app.state.node()
    return node


def the_house(request: Asking) -> Node:
    """The same node, with its world bound to whoever asks, if anybody is named."""
    node, actor = the_node(request), acting_in(request)
    return node if actor is None else replace(node, world=acting_world(request, actor))


async def the_world(request: Asking) -> World:
    """The world of this app's node, as the acting person sees it."""
    actor = acting_in(request)
    if actor is None:
        return the_node(request).world
    return await sync_to_thread(seen_by, acting_world(request, actor), actor)


def acting_world(connection: ASGIConnection[Any, Any, Any, Any], actor: Actor) -> World:
    """The node's world bound to whoever asks: one for each question, so that its journal knows what belongs together."""
    state = connection.scope.setdefault("state", {})
    found: World | None = state.get(_ACTING)
    if found is None:
        handler = connection.scope.get("route_handler")
        declared = handler.opt if handler is not None else {}
        act = str(declared.get("act") or declared.get("asks") or (_DOOR if "door" in declared else ""))
        found = state[_ACTING] = acting(connection.app.state.node().world, actor, act, reason_in(connection))
    return found


def journalling(app: ASGIApp) -> ASGIApp:
    """Before an answer begins to leave: what was read for it is in the journal, or a problem leaves in its place."""

    async def journalled(scope: Scope, receive: Receive, send: Send) -> None:
        stopped = False

        async def told_first(message: Message) -> None:
            nonlocal stopped
            world: World | None = (scope.get("state") or {}).get(_ACTING)
            if message["type"] == "http.response.start" and world is not None and tally_of(world) is not None:
                try:
                    await sync_to_thread(finished, world)
                except ComityError as fault:
                    stopped = True
                    await _send_problem(problem_of(fault), send)
            if not stopped:
                await send(message)

        await app(scope, receive, told_first)

    return journalled


async def _send_problem(problem: Problem, send: Send) -> None:
    raw = msgspec.json.encode(problem)
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(raw)).encode())]
    start: Any = {"type": "http.response.start", "status": problem.status, "headers": headers}
    body: Any = {"type": "http.response.body", "body": raw, "more_body": False}
    await send(start)
    await send(body)


def refused_here(request: Asking, reasons: tuple[Reason, ...]) -> None:
    """A no is told to the journal with the answer that says it."""
    world: World | None = request.scope.get("state", {}).get(_ACTING)
    tally = tally_of(world) if world is not None else None
    if tally is not None:
        tally.refused = reasons


Acting: TypeAlias = Annotated[
    str | None,
    HeaderParameter(name=OFFICER_HEADER, description="Name of the acting officer: UTF-8, percent-encoded."),
]
"""Type of a handler's parameter where naming the officer is left to who asks; `officer_named` reads it."""


def the_officer(request: Asking, acting: Acting = None) -> Actor:
    """Who acts: the person whose session it is, or on a node without accounts whom the header names; Malformed without one."""
    actor = acting_in(request)
    if actor is None:
        raise Malformed("officer-not-named", header=OFFICER_HEADER)
    return actor


def acting_in(request: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """Who acts, if anybody is named, in the case, for the purpose and on the basis that the headers name.

    A person who has an account stands in `request.state.actor`: whoever checked the session put them there.
    """
    actor: Actor | None = request.scope.get("state", {}).get("actor")
    if actor is None and (named := request.headers.get(OFFICER_HEADER)):
        actor = Actor(officer_named(named), request.app.state.node().world.me.name, "officer")
    if actor is None:
        return None
    case, purpose, basis = (_word(request, name) for name in (CASE_HEADER, PURPOSE_HEADER, BASIS_HEADER))
    return replace(actor, case=case or actor.case, purpose=purpose or actor.purpose, basis=basis or actor.basis)


def _word(request: ASGIConnection[Any, Any, Any, Any], header: str) -> str | None:
    given = request.headers.get(header)
    try:
        text = unquote(given, errors="strict") if given is not None else None
    except UnicodeDecodeError as fault:
        raise Malformed("context-header", header=header, characters_max=WORD_CHARACTERS_MAX) from fault
    if text is not None and (not text.isprintable() or not 0 < len(text) <= WORD_CHARACTERS_MAX):
        raise Malformed("context-header", header=header, characters_max=WORD_CHARACTERS_MAX)
    return text


def reason_in(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Why the headers name another case, purpose or basis than the session; it goes to the journal. Empty without one."""
    said = connection.headers.get(REASON_HEADER, "")
    try:
        text = unquote(said, errors="strict").strip()
    except UnicodeDecodeError as fault:
        raise Malformed("context-header", header=REASON_HEADER, characters_max=REASON_CHARACTERS_MAX) from fault
    if text and (not text.isprintable() or len(text) > REASON_CHARACTERS_MAX):
        raise Malformed("context-header", header=REASON_HEADER, characters_max=REASON_CHARACTERS_MAX)
    return text


async def may_act(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: what a route lets people do is named in its `opt`.

    act    asked here, before anything else: for what is about no single thing, and for reading, where the store hides the rest
    asks   the act for which the route's flow asks, about the thing itself
    door   why it is open to everybody: one signs in or out there, or looks after one's own keys
    A route that names none of them is open to nobody who has an account.
    """
    actor = acting_in(connection)
    function = getattr(handler.fn, "func", handler.fn)  # without what takes it to a thread
    asked_elsewhere = "asks" in handler.opt or "door" in handler.opt or not function.__module__.startswith(_ROUTES)
    if actor is None or not actor.account or asked_elsewhere:
        return
    if "act" not in handler.opt:
        raise RefusedHere((Reason("act-not-declared", {"route": str(handler)}),))
    world = acting_world(connection, actor)
    if reasons := await sync_to_thread(permit, world, actor, handler.opt["act"]):
        raise RefusedHere(reasons)


def officer_named(acting: str | None) -> str:
    """The name in the header, empty without one; Malformed when it can't be a name."""
    if not acting:
        return ""
    try:
        name = unquote(acting, errors="strict").strip()
    except UnicodeDecodeError as fault:
        raise Malformed("officer-name", why="not UTF-8") from fault
    if not name or not name.isprintable() or len(name) > OFFICER_CHARACTERS_MAX:
        raise Malformed("officer-name", characters_max=OFFICER_CHARACTERS_MAX)
    return name
