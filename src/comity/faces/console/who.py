"""Who reads: sessions of the console, and what a browser remembers of a reader's choices.

A node without accounts is worked by whoever has its token: they show it once, say their name, and have a session until they
leave, twelve hours pass, or the node ends. What is kept here is the digest of a random session id, never the id itself.
From the first account on the token opens no page: people come in with their own sessions, which the node keeps (`flows/people`).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar.datastructures import Cookie

from comity.domain.terms import Actor, Instant, NodeName
from comity.errors import Malformed
from comity.faces.api import door
from comity.faces.api.asking import OFFICER_CHARACTERS_MAX, Asking
from comity.faces.console.spoken import zone_of, zones_known
from comity.faces.console.words import LANGUAGES, preferred
from comity.flows.people.sessions import Person, who
from comity.flows.people.whence import Whence
from comity.node.assembly import Node

SESSION_MS = 12 * 3_600_000
SESSIONS_MAX = 1000
CHOICE_S = 365 * 86_400
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Session:
    """One reader who has shown who they are.

    name     of the officer: as they said it, or their account's
    purpose  under which they read; `case` and `basis` likewise
    person   whose account it is; None on a node that has none
    """

    name: str
    since: Instant
    purpose: str = "crime"
    case: str | None = None
    basis: str | None = None
    person: Person | None = None


@dataclass(frozen=True)
class Choices:
    """What a reader chose for this browser; empty theme means as the machine has it."""

    lang: str
    zone: str
    theme: str
    keys: bool


class NotKnown(Exception):
    """Nobody is logged in, and this page needs somebody."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


class Sessions:
    """Those of one running node, in memory: a restart ends them all."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now, self._lock, self._held = now, threading.Lock(), dict[bytes, Session]()

    def begin(self, name: str) -> str:
        """The id for the cookie."""
        told = secrets.token_urlsafe(32)
        with self._lock:
            self._sweep()
            while len(self._held) >= SESSIONS_MAX:
                del self._held[next(iter(self._held))]  # the oldest
            self._held[_key(told)] = Session(name, self._now())
        return told

    def of(self, told: str) -> Session | None:
        with self._lock:
            found = self._held.get(_key(told))
        if found is None or self._now() - found.since > SESSION_MS:
            return None
        return found

    def change(self, told: str, session: Session) -> None:
        """Nothing happens when it has ended meanwhile."""
        with self._lock:
            if _key(told) in self._held:
                self._held[_key(told)] = session

    def end(self, told: str) -> None:
        with self._lock:
            self._held.pop(_key(told), None)

    def _sweep(self) -> None:
        now = self._now()
        for key in [key for key, each in self._held.items() if now - each.since > SESSION_MS]:
            del self._held[key]


def _key(told: str) -> bytes:
    return hashlib.sha256(told.encode("utf-8", "replace")).digest()


def cookie_name(request: Asking, what: str) -> str:
    """Browsers share cookies among the ports of one host, and this machine may run several nodes: so the port is in the name."""
    host = request.headers.get("host", "")
    return f"comity-{what}-{host.rpartition(':')[2] if ':' in host else '80'}"


def session_cookie(request: Asking, told: str) -> Cookie:
    """No age: it ends with the browser, or earlier. Never over a network: the desk listens on loopback alone."""
    return Cookie(cookie_name(request, "desk"), value=told, path="/desk", httponly=True, samesite="strict")


def session_id(request: Asking) -> str:
    return request.cookies.get(cookie_name(request, "desk"), "")


def choice_cookie(request: Asking, what: str, value: str) -> Cookie:
    return Cookie(
        cookie_name(request, what), value=value, path="/desk", max_age=CHOICE_S, httponly=True, samesite="lax"
    )


def session_in(connection: Any, node: Node) -> Session | None:
    """Who shows a session that is still good, by whichever way this node lets people in."""
    if not node.world.people.has_accounts():
        found: Session | None = connection.app.state.sessions.of(session_id(connection))
        return found
    token = connection.cookies.get(door.session_cookie(connection, node), "")
    person = who(node.world, token) if token else None
    if person is None or person.session.kind != "browser":
        return None
    inside = person.session
    return Session(person.account.name, inside.made, inside.purpose, inside.case, inside.basis, person)


def whence(request: Asking, node: Node) -> Whence:
    """What a browser at the door says of itself."""
    return Whence(
        source=request.client.host if request.client is not None else "",
        label=request.headers.get("user-agent", ""),
        device=request.cookies.get(door.device_cookie(request, node), ""),
        before=request.cookies.get(door.session_cookie(request, node), ""),
    )


def choices(request: Asking, node: Node, session: Session | None) -> Choices:
    """As the cookies say, then as the account does; a value that nobody offered is as good as none."""
    account = session.person.account if session is not None and session.person is not None else None

    def kept(what: str) -> str:
        return request.cookies.get(cookie_name(request, what), "")

    accepted, here = preferred(request.headers.get("accept-language", "")), zone_of(node.world.me.country)
    lang, zone, theme = kept("lang"), kept("zone").replace("~", "/"), kept("theme")
    return Choices(
        lang=next(known for known in (lang, account.language if account else "", accepted) if known in LANGUAGES),
        zone=next(known for known in (zone, account.zone if account else "", here) if known in zones_known()),
        theme=theme if theme in THEMES else "",
        keys=kept("keys") != "off",
    )


def name_said(text: str) -> str:
    """An officer's name as typed; Malformed when it can't be one."""
    name = text.strip()
    if not name or not name.isprintable() or len(name) > OFFICER_CHARACTERS_MAX:
        raise Malformed("officer-name", characters_max=OFFICER_CHARACTERS_MAX)
    return name


def actor_of(session: Session, node: NodeName) -> Actor:
    """Who acts when this reader presses a button."""
    if session.person is not None:
        return session.person.actor
    return Actor(session.name, node, "officer", case=session.case, purpose=session.purpose, basis=session.basis)
