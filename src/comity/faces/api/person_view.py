"""People, sessions and passkeys as the desk's API shows them. Nothing that opens anything is among it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from comity.domain.people import Account, Passkey, Session
from comity.domain.terms import Instant, instant_text
from comity.errors import NotFound
from comity.flows.people.passkeys import held
from comity.flows.people.recovering import codes_left, waiting
from comity.flows.people.sessions import Person
from comity.ports import World
from comity.ports.people import ContextChosen


class PersonView(msgspec.Struct, frozen=True):
    """One account.

    standing  invited, active, suspended, gone
    by        account that made it; empty: whoever had the node's token
    """

    id: str
    login: str
    name: str
    roles: list[str]
    language: str
    zone: str
    standing: str
    created: str
    by: str
    passkeys: int
    reset_asked_by: str | None


class SessionView(msgspec.Struct, frozen=True):
    """One session. `this` is the one in which it is asked."""

    id: str
    kind: str
    how: str
    label: str
    scope: str
    made: str
    seen: str
    ends: str
    case: str | None
    purpose: str
    basis: str | None
    this: bool


class PasskeyView(msgspec.Struct, frozen=True):
    """One passkey; `id` in base64url."""

    id: str
    name: str
    made: str
    used: str | None
    backed_up: bool
    transports: list[str]


class ContextView(msgspec.Struct, frozen=True):
    """What was chosen in a session, and why."""

    at: str
    case: str | None
    purpose: str
    basis: str | None
    reason: str


class Me(msgspec.Struct, frozen=True):
    """Who asks.

    csrf   the word that a page adds in X-Comity-CSRF to whatever changes something; empty for a token
    codes  how many one-time codes are left
    """

    person: PersonView
    session: SessionView
    contexts: list[ContextView]
    csrf: str
    codes: int
    passkey_for: list[str]


def person_view(world: World, account: Account) -> PersonView:
    asked = waiting(world, account)
    return PersonView(
        account.id,
        account.login,
        account.name,
        list(account.roles),
        account.language,
        account.zone,
        account.standing,
        instant_text(account.created),
        account.by,
        len(held(world, account.id)),
        asked.proposed_by if asked is not None else None,
    )


def session_view(session: Session, this: str = "") -> SessionView:
    return SessionView(
        session.id,
        session.kind,
        session.how,
        session.label,
        session.scope,
        instant_text(session.made),
        instant_text(session.seen),
        instant_text(_ends(session)),
        session.case,
        session.purpose,
        session.basis,
        session.id == this,
    )


def _ends(session: Session) -> Instant:
    """If it isn't used any more."""
    return min(session.ends, Instant(session.seen + session.idle_ms)) if session.idle_ms else session.ends


def passkey_view(passkey: Passkey) -> PasskeyView:
    return PasskeyView(
        b64(passkey.id),
        passkey.name,
        instant_text(passkey.made),
        instant_text(passkey.used) if passkey.used is not None else None,
        passkey.backed_up,
        list(passkey.transports),
    )


def me(world: World, person: Person, csrf: str) -> Me:
    return Me(
        person_view(world, person.account),
        session_view(person.session, person.session.id),
        [_context(each) for each in world.people.contexts(person.session.id)],
        csrf,
        codes_left(world, person.account),
        sorted(world.rules.passkey_for),
    )


def _context(chosen: ContextChosen) -> ContextView:
    return ContextView(instant_text(chosen.at), chosen.case, chosen.purpose, chosen.basis, chosen.reason)


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """NotFound for what is no id of a passkey."""
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as fault:
        raise NotFound("passkey") from fault
