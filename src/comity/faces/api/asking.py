"""What every route of the desk's API shares: who acts, in which world, and how a lawful no is answered."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import unquote

from litestar import Request as HttpRequest
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation

from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import Malformed
from comity.node.assembly import Node
from comity.ports import World

T = TypeVar("T")

OFFICER_HEADER = "X-Comity-Officer"
OFFICER_CHARACTERS_MAX = 100

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


def the_world(request: Asking) -> World:
    """The world of this app's node."""
    return the_node(request).world


Acting: TypeAlias = Annotated[
    str | None,
    HeaderParameter(name=OFFICER_HEADER, description="Name of the acting officer: UTF-8, percent-encoded."),
]
"""Type of a handler's parameter where naming the officer is left to who asks; `officer_named` reads it."""


def the_officer(request: Asking, acting: Acting = None) -> Actor:
    """Who acts, as the header says it; Malformed without one."""
    if not acting:
        raise Malformed("officer-not-named", header=OFFICER_HEADER)
    return Actor(officer_named(acting), the_node(request).world.me.name, "officer")


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
