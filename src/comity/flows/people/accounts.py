"""Accounts: made by an administrator, entered by an invitation, changed, suspended, left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from comity.domain.people import (
    ADMINISTRATOR,
    INVITATION_MS,
    Account,
    Standing,
    Ticket,
    against_account,
    key_of,
    login_as_typed,
    secret_from,
)
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused
from comity.errors import NotFound
from comity.flows.access import permit
from comity.flows.people.entering import close_ways
from comity.ports import Fact, Noticed, World
from comity.ports.people import AccountKept, SessionsEnded, TicketKept, TicketsClosed

MANAGE = "manage-people"


@dataclass(frozen=True)
class NewPerson:
    """What an administrator fills in."""

    login: str
    name: str
    roles: tuple[str, ...]
    language: str = "en"
    zone: str = "UTC"


@dataclass(frozen=True)
class Invited:
    """An account that waits for its person.

    secret  opens it once, until then; told this once, to be handed to its person
    """

    account: Account
    secret: str
    until: Instant


def named(world: World, wanted: str) -> Account:
    """By login name or id; NotFound."""
    found = world.people.account_named(login_as_typed(wanted)) or world.people.account(wanted)
    if found is None:
        raise NotFound("person", person=wanted[:80])
    return found


def add(world: World, actor: Actor, asked: NewPerson) -> Granted[Invited] | Refused:
    """A new account with an invitation. The first one of a node administers it: from then on every act has a person."""
    now, login, roles = world.clock.now(), login_as_typed(asked.login), _in_order(asked.roles)
    reasons = permit(world, actor, MANAGE)
    known = world.catalog.roles()
    reasons += against_account(login, asked.name, roles, asked.language, asked.zone, known)
    if not world.people.has_accounts() and ADMINISTRATOR not in roles:
        mend = f"give the first account the role {ADMINISTRATOR}"
        reasons += (Reason("first-account-administers", {"field": "roles", "mend": mend}),)
    if reasons:
        return Refused(reasons)
    made = Account(
        world.mint.record_id(),
        login,
        asked.name,
        roles,
        asked.language,
        asked.zone,
        "invited",
        now,
        actor.account,
    )
    # Whoever has the token stands outside all roles: what they do about people isn't done unseen.
    loud = [] if actor.account else [_by_token(made, now)]
    return Granted(_invite(world, made, [AccountKept(made), *loud]))


def _by_token(account: Account, now: Instant) -> Noticed:
    about = {"account": account.id, "name": account.name, "roles": list(account.roles)}
    return Noticed(f"account-by-token {account.id}", now, "account-by-token", about)


def invite_again(world: World, actor: Actor, wanted: str) -> Granted[Invited] | Refused:
    """A new invitation for somebody who hasn't come yet; the old one ends."""
    account = named(world, wanted)
    reasons = permit(world, actor, MANAGE)
    if account.standing != "invited":
        reasons += (Reason("not-invited", {"standing": account.standing, "mend": "reset"}),)
    if reasons:
        return Refused(reasons)
    return Granted(_invite(world, account, [TicketsClosed(account.id, ("invitation",), world.clock.now())]))


def _invite(world: World, account: Account, facts: Sequence[Fact]) -> Invited:
    now, secret = world.clock.now(), secret_from(world.mint.salt())
    until = Instant(now + INVITATION_MS)
    ticket = Ticket(key_of(secret), "invitation", account.id, now, until)
    world.store.keep([], [*facts, TicketKept(ticket, now)])
    return Invited(account, secret, until)


def change(
    world: World,
    actor: Actor,
    wanted: str,
    *,
    name: str | None = None,
    roles: Sequence[str] | None = None,
    language: str | None = None,
    zone: str | None = None,
) -> Granted[Account] | Refused:
    """Another name, other roles, another language or zone. Nobody gives themselves roles."""
    account = named(world, wanted)
    changed = replace(
        account,
        name=name if name is not None else account.name,
        roles=_in_order(roles) if roles is not None else account.roles,
        language=language or account.language,
        zone=zone or account.zone,
        version=account.version + 1,
    )
    reasons = permit(world, actor, MANAGE)
    reasons += against_account(
        changed.login, changed.name, changed.roles, changed.language, changed.zone, world.catalog.roles()
    )
    if changed.roles != account.roles and actor.account == account.id:
        reasons += (Reason("own-roles", {"mend": "another administrator"}),)
    reasons += _last_administrator(world, account, changed)
    if reasons:
        return Refused(reasons)
    world.store.keep([], [AccountKept(changed, over=account.version)])
    return Granted(changed)


def choose(world: World, account: Account, language: str | None, zone: str | None) -> Granted[Account] | Refused:
    """A person's own language and time zone."""
    changed = replace(account, language=language or account.language, zone=zone or account.zone)
    reasons = against_account(changed.login, changed.name, changed.roles, changed.language, changed.zone, changed.roles)
    if reasons:
        return Refused(reasons)
    world.store.keep([], [AccountKept(replace(changed, version=account.version + 1), over=account.version)])
    return Granted(changed)


def suspend(world: World, actor: Actor, wanted: str) -> Granted[Account] | Refused:
    """Nobody comes in with this account until it is reinstated; what is open ends at once."""
    return _stand(world, actor, wanted, ("active", "invited"), "suspended")


def reinstate(world: World, actor: Actor, wanted: str) -> Granted[Account] | Refused:
    """A suspended account is as before; who never had a password needs a new invitation."""
    account = named(world, wanted)
    return _stand(world, actor, wanted, ("suspended",), "active" if account.password else "invited")


def leave(world: World, actor: Actor, wanted: str) -> Granted[Account] | Refused:
    """Its person has left for good. The account stays, because records name them, and opens nothing any more."""
    return _stand(world, actor, wanted, ("active", "invited", "suspended"), "gone")


def _stand(
    world: World, actor: Actor, wanted: str, of: tuple[Standing, ...], to: Standing
) -> Granted[Account] | Refused:
    account, now = named(world, wanted), world.clock.now()
    changed = replace(account, standing=to, version=account.version + 1)
    reasons = permit(world, actor, MANAGE)
    if account.standing not in of:
        reasons += (Reason("standing", {"standing": account.standing, "allowed": list(of)}),)
    if actor.account == account.id:
        reasons += (Reason("own-standing", {"mend": "another administrator"}),)
    reasons += _last_administrator(world, account, changed)
    if reasons:
        return Refused(reasons)
    facts: list[Fact] = [AccountKept(changed, over=account.version)]
    if to in ("suspended", "gone"):
        facts += [SessionsEnded(account.id, now, to), *close_ways(account, now)]
    world.store.keep([], facts)
    return Granted(changed)


def _last_administrator(world: World, account: Account, changed: Account) -> tuple[Reason, ...]:
    """A node with accounts keeps somebody who can make more of them."""
    if not account.administers or changed.administers:
        return ()
    if any(each.administers for each in world.people.accounts() if each.id != account.id):
        return ()
    return (Reason("last-administrator", {"account": account.id, "mend": "make another administrator first"}),)


def _in_order(roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(roles)))
