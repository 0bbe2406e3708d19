"""The door of the desk's API: who asks, by what they show, before any route has work with it.

A node without accounts is worked by whoever has `api.token`. From the first account on every act has a person: a browser shows the
cookie of a session, the command line a token of its own; `api.token` then opens only what keeps a node running (`opt={"token": True}`).
What a browser sends of its own accord, the cookie, never suffices to change anything: the page adds a word that only it can read, and
the browser says that the page is ours. `opt={"open": True}` lets strangers knock.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64decode
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from litestar import Request as HttpRequest
from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, SkipValidation

from comity.domain.people import secret_from
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import Malformed
from comity.faces.api.asking import (
    BASIS_HEADER,
    CASE_HEADER,
    PURPOSE_HEADER,
    Asking,
    RefusedHere,
    acting_in,
    acting_world,
    granted,
    reason_in,
    the_node,
)
from comity.faces.api.problems import problem_response, refusal
from comity.flows.people.sessions import Person, against_context, who
from comity.flows.people.whence import Came
from comity.flows.signing import Signature
from comity.node.assembly import Node
from comity.ports.people import Site

CSRF_HEADER = "X-Comity-CSRF"
PASSKEY_HEADER = "X-Comity-Passkey"
DEVICE_S = 365 * 86_400
SAFE = ("GET", "HEAD", "OPTIONS")
READS_BY_POST = "reads"
"""`opt` of a route that reads, although it takes a body: open to a session that may only read."""
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?")

T = TypeVar("T")
Connection = ASGIConnection[Any, Any, Any, Any]


class Turned(HTTPException):
    """Whoever asks isn't let through. `code` tells why, `title` and `detail` in words."""

    code = ""
    title = ""


class TokenWrong(Turned):
    """Nothing that opens anything, or not this node's."""

    status_code = 401
    code, title = "token-wrong", "The token is missing or wrong"
    detail = "send the token in api.token as Authorization: Bearer"


class PersonNeeded(Turned):
    """The node has accounts, and nobody said who they are."""

    status_code = 401
    code, title = "person-needed", "This node has accounts: come in with yours"
    detail = "POST /session, or comity login; api.token opens status, doctor and making accounts"


class SessionEnded(Turned):
    """A token or cookie that opens nothing (any more)."""

    status_code = 401
    code, title = "session-ended", "This session has ended"
    detail = "come in again"


class HostNotOurs(Turned):
    """A page in a browser that has this machine's address under another name."""

    status_code = 403
    code, title = "host-not-ours", "Host not ours"
    detail = "the Host header must name loopback, or the origin in [people]"


class ForeignPage(Turned):
    """A browser sends our cookie along with what another page wants, or can't say which page wants it."""

    status_code = 403
    code, title = "foreign-page", "That comes from another page"
    detail = f"send {CSRF_HEADER} as GET /session tells it, from a page of this node"


class ReadsOnly(Turned):
    """A token that was made for reading."""

    status_code = 403
    code, title = "reads-only", "This token may only read"
    detail = "make one that acts: comity login"


class ContextChosen(Turned):
    """A browser's session has its context from the person, who said why; a header says nothing about that."""

    status_code = 400
    code, title = "context-is-chosen", "The context of this session is chosen in it"
    detail = "POST /session/context"


class NotLetIn(Turned):
    """What was shown at the door opens nothing; not told: which part of it."""

    status_code = 401
    code, title = "not-let-in", "That opens nothing here"
    detail = "check name and password; an administrator can help"


class TooManyTries(Turned):
    """Somebody has tried too often; how long they have to wait."""

    status_code = 429
    code, title = "too-many-tries", "Too many tries; come back later"
    detail = "a browser that you have come in with before doesn't wait, nor does a passkey"

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.wait_s = wait_s


def let(outcome: Granted[T] | Refused) -> T:
    """The value of a yes; at the door a no is an answer of its own."""
    if isinstance(outcome, Refused):
        first = outcome.reasons[0]
        if first.code == "too-many-tries":
            raise TooManyTries(int(str(first.facts["wait_s"])))
        if first.code == "not-let-in":
            raise NotLetIn
    return granted(outcome)


def on_turned(_: HttpRequest[Any, Any, Any], fault: Turned) -> Response[bytes]:
    """The answer to who isn't let through: nothing about what they asked for."""
    problem = refusal(fault.status_code, fault.code, fault.title)
    headers = {"www-authenticate": "Bearer"} if fault.status_code == 401 else {}
    if isinstance(fault, TooManyTries):
        headers["retry-after"] = str(fault.wait_s)
    return problem_response(
        type(problem)(problem.type, problem.title, problem.status, problem.code, fault.detail), headers
    )


class Door:
    """Guards every route.

    token   of the node, in `api.token`
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        node: Node = connection.app.state.node()
        _check_host(connection, node)
        scheme, _, given = connection.headers.get("authorization", "").partition(" ")
        if scheme and scheme.lower() != "bearer":
            raise TokenWrong
        accounts = await sync_to_thread(node.world.people.has_accounts)
        # Bytes, because the comparison takes only ASCII as text; and of every given token, to the end.
        if secrets.compare_digest(given.encode(), self._token):
            if accounts and not (handler.opt.get("token") or handler.opt.get("open")):
                raise PersonNeeded
            if accounts:
                _acts(connection, Actor("api.token", node.world.me.name, "administrator"))
            return
        if not accounts:
            raise TokenWrong
        cookie = "" if given else connection.cookies.get(session_cookie(connection, node), "")
        if not given and (not cookie or handler.opt.get("open")):
            # At the door itself a cookie counts for nothing, and so needs no proof of the page either; a browser's page does.
            if handler.opt.get("open"):
                _same_site(connection, node)
                return
            raise PersonNeeded
        person = await sync_to_thread(who, node.world, given or cookie)
        if person is None:
            raise SessionEnded
        self._check(connection, handler, node, person, cookie)
        connection.scope.setdefault("state", {})["person"] = person
        _acts(connection, person.actor)
        if not cookie:
            await sync_to_thread(_check_context, connection, node, person)

    def _check(
        self, connection: Connection, handler: BaseRouteHandler, node: Node, person: Person, cookie: str
    ) -> None:
        changes = connection.scope.get("method") not in SAFE
        if bool(cookie) != (person.session.kind == "browser"):
            raise SessionEnded  # a cookie is no token, and a token no cookie
        if cookie:
            _same_site(connection, node)
            if changes and not secrets.compare_digest(
                connection.headers.get(CSRF_HEADER, "").encode(), csrf_of(cookie).encode()
            ):
                raise ForeignPage
            if any(name in connection.headers for name in (CASE_HEADER, PURPOSE_HEADER, BASIS_HEADER)):
                raise ContextChosen
        if changes and person.session.scope == "read" and not handler.opt.get(READS_BY_POST):
            raise ReadsOnly


def the_person(request: Asking) -> Person:
    """Whose session it is; on a node without accounts nobody's."""
    person: Person | None = request.scope.get("state", {}).get("person")
    if person is None:
        raise PersonNeeded
    return person


Signing = Annotated[
    str | None,
    HeaderParameter(
        name=PASSKEY_HEADER,
        description="What the browser answered to POST /passkeys/sign: the JSON of a PublicKeyCredential in base64url.",
    ),
]


def the_signature(request: Asking, signing: Signing = None) -> Signature | None:
    """The passkey's signature that comes with an act; None when it comes without one."""
    if not signing:
        return None
    try:
        answer = urlsafe_b64decode(signing.encode("ascii") + b"=" * (-len(signing) % 4))
    except ValueError as fault:
        raise Malformed("passkey-header", header=PASSKEY_HEADER) from fault
    return Signature(site_or_no(request, the_node(request)), answer)


Signed: TypeAlias = NamedDependency[SkipValidation[Signature | None]]
"""Type of a handler's parameter `signature`."""


def _check_context(connection: Connection, node: Node, person: Person) -> None:
    """A header moves a person's token no further than the person may go, and as in a session they say why."""
    actor, own = acting_in(connection), person.actor
    if actor is None or (actor.case, actor.purpose, actor.basis) == (own.case, own.purpose, own.basis):
        return
    why = against_context(node.world, person, actor.case, actor.purpose, actor.basis, reason_in(connection))
    if why:
        acting_world(connection, actor)  # so that the journal hears of it
        raise RefusedHere(why)


def _acts(connection: Connection, actor: Actor) -> None:
    connection.scope.setdefault("state", {})["actor"] = actor


def _check_host(connection: Connection, node: Node) -> None:
    # The header itself: the framework would put the socket's own address in the place of a missing one.
    host = connection.headers.get("host", "")
    ours = urlsplit(node.config.people.origin).netloc
    if _HOST.fullmatch(host) is None and not (ours and host == ours):
        raise HostNotOurs


def _same_site(connection: Connection, node: Node) -> None:
    """For what changes something, the browser must say that the page is ours; SameSite alone lets in other ports of this machine."""
    origin, asks = connection.headers.get("origin"), connection.headers.get("sec-fetch-site")
    if asks not in (None, "same-origin", "none"):
        raise ForeignPage
    if origin is not None and origin != origin_of(connection, node):
        raise ForeignPage
    cookie = session_cookie(connection, node) in connection.cookies
    if cookie and connection.scope.get("method") not in SAFE and origin is None and asks != "same-origin":
        raise ForeignPage


def origin_of(connection: Connection, node: Node) -> str:
    """Scheme, host and port of this node's pages, as a browser at the other end has them."""
    return node.config.people.origin or f"http://{connection.headers.get('host', '')}"


def site_of(connection: Connection, node: Node) -> Site | None:
    """Where passkeys are valid; None where a browser has no name for it: passkeys know no addresses in numbers."""
    origin = origin_of(connection, node)
    name = urlsplit(origin).hostname or ""
    return None if not name or name[0].isdigit() or ":" in name else Site(name, origin)


def site_or_no(connection: Connection, node: Node) -> Site:
    """Where passkeys are valid, or a refusal that says how to get there."""
    site = site_of(connection, node)
    if site is None:
        port = connection.headers.get("host", "").rpartition(":")[2]
        raise RefusedHere((Reason("passkeys-need-a-name", {"mend": f"open http://localhost:{port}"}),))
    return site


def csrf_of(token: str) -> str:
    """The word that a page adds to what it sends: of the session's token, and nothing can be told back from it."""
    return secret_from(hashlib.sha256(b"comity csrf/1\x00" + token.encode("utf-8", "surrogatepass")).digest())


# ---- cookies ------------------------------------------------------------------------------------------------------------


def session_cookie(connection: Connection, node: Node) -> str:
    return _cookie_name(connection, node, "comity_session")


def device_cookie(connection: Connection, node: Node) -> str:
    return _cookie_name(connection, node, "comity_device")


def csrf_cookie(connection: Connection, node: Node) -> str:
    return _cookie_name(connection, node, "comity_csrf")


def _cookie_name(connection: Connection, node: Node, what: str) -> str:
    """Browsers share cookies among the ports of one host, and one machine may run several nodes: so the port is in the name."""
    if node.config.people.origin:
        return f"__Host-{what}"
    host = connection.headers.get("host", "")
    return f"{what}_{host.rpartition(':')[2] if re.search(r':[0-9]+$', host) else '80'}"


def cookies_for(connection: Connection, node: Node, came: Came) -> list[Cookie]:
    """What a browser keeps of a session that has just begun. Two of them end with the browser."""
    names = (session_cookie, csrf_cookie, device_cookie)
    session, csrf, device = (name(connection, node) for name in names)
    made = [_cookie(node, session, came.token), _cookie(node, csrf, csrf_of(came.token), script=True)]
    if came.device:
        made.append(_cookie(node, device, came.device, max_age=DEVICE_S))
    return made


def cookies_gone(connection: Connection, node: Node) -> list[Cookie]:
    """The browser forgets the session; it stays a known one."""
    names = (session_cookie(connection, node), csrf_cookie(connection, node))
    return [_cookie(node, name, "", max_age=0) for name in names]


def _cookie(node: Node, name: str, value: str, *, max_age: int | None = None, script: bool = False) -> Cookie:
    return Cookie(
        name,
        value=value,
        path="/",
        max_age=max_age,
        httponly=not script,
        samesite="strict",
        secure=bool(node.config.people.origin),
    )
