"""Where somebody comes in from, and what they get for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from comity.domain.people import DEVICE_MS, Account, How, Scope, Session, Ticket, key_of, secret_from
from comity.domain.terms import Actor, Instant
from comity.ports import Fact, World
from comity.ports.people import SessionKept, SessionsEnded, TicketKept

LABEL_MAX = 120


@dataclass(frozen=True)
class Whence:
    """What the other end says of itself.

    source   its address
    label    what it is called: a browser, a machine
    kind     `browser` keeps a cookie, `token` is handed to the command line
    device   secret of a known device; empty when it has none
    before   token of the session that this browser had so far; empty when it had none
    ms       how long a token is to last; None: as long as a browser's session
    """

    source: str
    label: str = ""
    kind: Literal["browser", "token"] = "browser"
    device: str = ""
    before: str = ""
    ms: int | None = None
    scope: Scope = "act"


@dataclass(frozen=True)
class Came:
    """Somebody is in.

    token   opens the session; told this once
    device  secret by which this browser will be known; empty when it is already, or isn't one
    """

    token: str
    session: Session
    account: Account
    device: str = ""


def let_in(world: World, account: Account, how: How, whence: Whence, facts: list[Fact]) -> Came:
    """A new session with a token that nobody knew before, in one transaction with `facts`; the browser's earlier session ends."""
    now, rules = world.clock.now(), world.rules
    browser = whence.kind == "browser"
    most = rules.browser_ms if browser else rules.token_ms
    wanted = rules.browser_ms if whence.ms is None else whence.ms
    token = secret_from(world.mint.salt())
    session = Session(
        key=key_of(token),
        id=world.mint.record_id(),
        account=account.id,
        kind=whence.kind,
        how=how,
        made=now,
        seen=now,
        ends=Instant(now + min(wanted, most)),
        idle_ms=rules.idle_ms if browser else 0,
        label="".join(each for each in whence.label if each.isprintable())[:LABEL_MAX],
        scope=whence.scope,
    )
    if whence.before and (earlier := world.people.whose(key_of(whence.before))) is not None:
        facts.append(SessionsEnded(earlier[0].account, now, "came-in-anew", only=earlier[0].id))
    device = ""
    if browser and known_device(world, account, whence) is None:
        device = secret_from(world.mint.salt())
        ticket = Ticket(key_of(device), "device", account.id, now, Instant(now + DEVICE_MS))
        facts.append(TicketKept(ticket, now))
    world.store.keep([], [*facts, SessionKept(session)])
    return Came(token, session, account, device)


def known_device(world: World, account: Account | None, whence: Whence) -> Ticket | None:
    """The ticket of a browser with which this very person has come in before. Asked of the store whoever it is."""
    found = world.people.ticket(key_of(whence.device))
    if found is None or account is None or found.account != account.id:
        return None
    return found if found.is_open("device", world.clock.now()) else None


def actor_for(world: World, session: Session, account: Account) -> Actor:
    """The person as flows know them, in the context that their session has."""
    role = "officer" if "officer" in account.roles else next(iter(account.roles), "")
    actor = Actor(account.name, world.me.name, role, frozenset(account.roles), account.id)
    return replace(actor, case=session.case, purpose=session.purpose, basis=session.basis)
