"""Coming in and going: sessions, what they are for, and a person's own ways in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from comity.faces.api.asking import Asking, House, granted
from comity.faces.api.door import (
    cookies_for,
    cookies_gone,
    csrf_of,
    device_cookie,
    let,
    session_cookie,
    site_or_no,
)
from comity.faces.api.person_view import Me, SessionView, me, session_view
from comity.flows.people import accounts, entering, recovering, sessions
from comity.flows.people.sessions import Person
from comity.flows.people.whence import Came, Whence

Acting = NamedDependency[SkipValidation[Person]]
Typed = Annotated[str, msgspec.Meta(max_length=1000)]
Said = Annotated[str, msgspec.Meta(max_length=600)]
DAY_MS = 24 * 3_600_000


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody wants who comes in.

    kind   `browser` gets a cookie; `token` gets a token for the command line, told once in the answer
    days   how long a token is to last; the node has its own limit
    scope  `read` makes a token that changes nothing
    """

    kind: Literal["browser", "token"] = "browser"
    label: Annotated[str, msgspec.Meta(max_length=120)] = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    scope: Literal["act", "read"] = "act"


class ByPassword(Wanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Name and password."""

    login: Typed
    password: Typed


class ByPasskey(Wanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the browser made of the options: the JSON of a PublicKeyCredential."""

    answer: dict[str, Any]


class ByLink(Wanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An invitation or a reset, and the password that counts from now on."""

    secret: Typed
    password: Typed


class ByCode(Wanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A one-time code, and the password that counts from now on."""

    login: Typed
    code: Typed
    password: Typed


class Entered(msgspec.Struct, frozen=True):
    """Somebody is in.

    token  for the command line alone; nobody is told it again
    csrf   what a page adds in X-Comity-CSRF to whatever changes something
    """

    session: SessionView
    login: str
    name: str
    roles: list[str]
    token: str
    csrf: str


class NewContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which case, for which purpose and on which basis one acts from now on. The reason is kept."""

    reason: Said
    case: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    purpose: Annotated[str, msgspec.Meta(max_length=120)] = "crime"
    basis: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The present password, and the one that counts from now on."""

    present: Typed
    password: Typed


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Language and time zone; left out, they stay."""

    language: Literal["en", "ko", "vi", "km", "zh"] | None = None
    zone: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class Codes(msgspec.Struct, frozen=True):
    """One-time codes, told this once."""

    codes: list[str]


class Ended(msgspec.Struct, frozen=True):
    """How many sessions have ended."""

    ended: int


@post("/session", sync_to_thread=True, opt={"open": True, "door": "one's own way in"})
def enter(node: House, request: Asking, data: JSONBody[ByPassword]) -> Response[Entered]:
    """Come in with name and password. A wrong one, an unknown name and a suspended account get the same answer."""
    whence = _whence(node, request, data)
    return _entered(node, request, let(entering.by_password(node.world, data.login, data.password, whence)))


@post("/session/passkey/options", sync_to_thread=True, status_code=200, opt={"open": True, "door": "one's own way in"})
def passkey_options(node: House, request: Asking) -> Response[bytes]:
    """What `navigator.credentials.get` wants, as JSON; good for five minutes and once."""
    site = site_or_no(request, node)
    return Response(entering.to_enter(node.world, site), media_type="application/json")


@post("/session/passkey", sync_to_thread=True, opt={"open": True, "door": "one's own way in"})
def enter_by_passkey(node: House, request: Asking, data: JSONBody[ByPasskey]) -> Response[Entered]:
    """Come in with a passkey alone."""
    site, answer = site_or_no(request, node), msgspec.json.encode(data.answer)
    whence = _whence(node, request, data)
    return _entered(node, request, let(entering.by_passkey(node.world, site, answer, whence)))


@post("/session/link", sync_to_thread=True, opt={"open": True, "door": "one's own way in"})
def enter_by_link(node: House, request: Asking, data: JSONBody[ByLink]) -> Response[Entered]:
    """Come in for the first time, or after a reset, and set a password."""
    whence = _whence(node, request, data)
    return _entered(node, request, let(entering.by_link(node.world, data.secret, data.password, whence)))


@post("/session/code", sync_to_thread=True, opt={"open": True, "door": "one's own way in"})
def enter_by_code(node: House, request: Asking, data: JSONBody[ByCode]) -> Response[Entered]:
    """Come in with a one-time code, and set a password; every other session ends."""
    whence = _whence(node, request, data)
    came = entering.by_code(node.world, data.login, data.code, data.password, whence)
    return _entered(node, request, let(came))


@get("/session", sync_to_thread=True, opt={"door": "one's own way in"})
def session(node: House, request: Asking, person: Acting) -> Me:
    """Who asks, in which session, and what it is for."""
    return me(node.world, person, _csrf(node, request, person))


@delete("/session", sync_to_thread=True, status_code=200, opt={"door": "one's own way in", "reads": True})
def leave(node: House, request: Asking, person: Acting) -> Response[Ended]:
    """This session ends, here and in the browser."""
    sessions.end(node.world, person.account, person.session.id)
    return Response(Ended(1), cookies=cookies_gone(request, node))


@post("/session/context", sync_to_thread=True, status_code=200, opt={"door": "one's own way in", "reads": True})
def context(node: House, request: Asking, person: Acting, data: JSONBody[NewContext]) -> Me:
    """Act in another case, for another purpose or on another basis from now on; the change is kept with its reason."""
    chosen = sessions.choose(node.world, person, data.case, data.purpose, data.basis, data.reason)
    return me(node.world, granted(chosen), _csrf(node, request, person))


@post("/session/password", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def password(node: House, person: Acting, data: JSONBody[NewPassword]) -> Ended:
    """Another password; every other session ends."""
    before = len(sessions.live(node.world, person.account))
    granted(sessions.change_password(node.world, person, data.present, data.password))
    return Ended(before - 1)


@post("/session/person", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def choose(node: House, request: Asking, person: Acting, data: JSONBody[Choice]) -> Me:
    """One's own language and time zone."""
    account = granted(accounts.choose(node.world, person.account, data.language, data.zone))
    return me(node.world, Person(person.session, account, person.actor), _csrf(node, request, person))


@post("/session/codes", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def codes(node: House, person: Acting) -> Codes:
    """Ten new one-time codes, told this once; earlier ones end. Asks for somebody who has just come in."""
    made: tuple[str, ...] = granted(recovering.codes(node.world, person))
    return Codes(list(made))


@get("/sessions", sync_to_thread=True, opt={"door": "one's own way in"})
def mine(node: House, person: Acting) -> list[SessionView]:
    """One's own sessions, newest first."""
    return [session_view(each, person.session.id) for each in sessions.live(node.world, person.account)]


@delete("/sessions", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def end_others(node: House, person: Acting) -> Ended:
    """Every other session of one's own ends."""
    return Ended(sessions.end_others(node.world, person))


@delete("/sessions/{session_id:str}", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def end_one(node: House, person: Acting, session_id: FromPath[str]) -> Ended:
    """One session of one's own ends."""
    sessions.end(node.world, person.account, session_id, "ended-by-me")
    return Ended(1)


def _whence(node: Any, request: Asking, wanted: Wanted) -> Whence:
    """Where the request comes from; Any: the node, whose type the framework resolves."""
    source = request.client.host if request.client is not None else ""
    label = wanted.label or request.headers.get("user-agent", "")
    return Whence(
        source=source,
        label=label,
        kind=wanted.kind,
        device=request.cookies.get(device_cookie(request, node), ""),
        before=request.cookies.get(session_cookie(request, node), ""),
        ms=wanted.days * DAY_MS if wanted.days is not None else None,
        scope=wanted.scope if wanted.kind == "token" else "act",
    )


def _entered(node: Any, request: Asking, came: Came) -> Response[Entered]:
    browser = came.session.kind == "browser"
    shown = Entered(
        session_view(came.session, came.session.id),
        came.account.login,
        came.account.name,
        list(came.account.roles),
        "" if browser else came.token,
        csrf_of(came.token) if browser else "",
    )
    cookies = cookies_for(request, node, came) if browser else []
    return Response(shown, cookies=cookies, headers={"cache-control": "no-store"})


def _csrf(node: Any, request: Asking, person: Person) -> str:
    if person.session.kind != "browser":
        return ""
    return csrf_of(request.cookies.get(session_cookie(request, node), ""))


routes = [
    enter,
    passkey_options,
    enter_by_passkey,
    enter_by_link,
    enter_by_code,
    session,
    leave,
    context,
    password,
    choose,
    codes,
    mine,
    end_others,
    end_one,
]
