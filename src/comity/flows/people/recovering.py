"""For who can't come in any more: codes that were written down before, or two administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from comity.domain.people import CODE_MS, CODES, RESET_MS, Account, Ticket, code_from, key_of, secret_from
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused
from comity.flows.access import permit
from comity.flows.people.accounts import MANAGE, named
from comity.flows.people.entering import close_ways
from comity.flows.people.sessions import Person
from comity.ports import Fact, Noticed, World
from comity.ports.people import AccountKept, PasskeyKept, SessionsEnded, TicketKept, TicketsClosed


@dataclass(frozen=True)
class Reset:
    """A reset of somebody's way in.

    proposed_by  the first administrator
    secret       once the second has confirmed: opens the account once, until then; told this once
    """

    account: Account
    proposed_by: str
    until: Instant
    secret: str | None = None


class _About(msgspec.Struct, frozen=True):
    """What a proposal keeps: ids of the administrators."""

    proposed_by: str
    confirmed_by: str = ""


def codes(world: World, person: Person) -> Granted[tuple[str, ...]] | Refused:
    """Ten codes, each good for coming in once with a new password; shown this once. Earlier ones end."""
    now = world.clock.now()
    if not person.session.is_fresh(now):
        return Refused((Reason("come-in-again", {"why": "this asks for somebody who has just come in"}),))
    made = tuple(code_from(world.mint.salt()) for _ in range(CODES))
    until = Instant(now + CODE_MS)
    tickets = [TicketKept(Ticket(key_of(code), "code", person.account.id, now, until), now) for code in made]
    world.store.keep([], [TicketsClosed(person.account.id, ("code",), now), *tickets])
    return Granted(made)


def codes_left(world: World, account: Account) -> int:
    """How many codes still open the account."""
    now = world.clock.now()
    return sum(each.is_open("code", now) for each in world.people.tickets(account.id, "code"))


def propose(world: World, actor: Actor, wanted: str) -> Granted[Reset] | Refused:
    """One administrator says that somebody can't come in any more. Nothing changes before another one confirms it."""
    account, now = named(world, wanted), world.clock.now()
    reasons = permit(world, actor, MANAGE) + _against(account, actor)
    if reasons:
        return Refused(reasons)
    until = Instant(now + RESET_MS)
    about = msgspec.json.encode(_About(_whose(actor)))
    # Its secret is thrown away: what opens the account is made when it is confirmed.
    proposal = Ticket(key_of(secret_from(world.mint.salt())), "reset-asked", account.id, now, until, about)
    told = {"account": account.id, "name": account.name, "by": actor.name}
    facts: list[Fact] = [TicketsClosed(account.id, ("reset-asked",), now), TicketKept(proposal, now)]
    facts.append(Noticed(f"reset-asked {proposal.key.hex()}", now, "reset-asked", told))
    world.store.keep([], facts)
    return Granted(Reset(account, _whose(actor), until))


def confirm(world: World, actor: Actor, wanted: str) -> Granted[Reset] | Refused:
    """A second administrator agrees: its person starts over with a link. Every session, passkey, code and known browser ends."""
    account, now = named(world, wanted), world.clock.now()
    proposal = waiting(world, account)
    reasons = permit(world, actor, MANAGE) + _against(account, actor)
    if proposal is None:
        reasons += (Reason("no-reset-asked", {"account": account.id, "mend": "propose"}),)
    elif proposal.proposed_by == _whose(actor):
        reasons += (Reason("four-eyes", {"field": "by", "by": actor.name}),)
    if reasons or proposal is None:
        return Refused(reasons)
    secret, until = secret_from(world.mint.salt()), Instant(now + RESET_MS)
    link = Ticket(key_of(secret), "reset", account.id, now, until)
    without = replace(account, password="", version=account.version + 1)
    told = {"account": account.id, "name": account.name, "by": actor.name, "asked_by": proposal.proposed_by}
    facts: list[Fact] = [
        AccountKept(without, over=account.version),
        SessionsEnded(account.id, now, "reset"),
        *close_ways(account, now),
        TicketKept(link, now),
        *_without_passkeys(world, account, now),
        Noticed(f"reset {link.key.hex()}", now, "reset-confirmed", told),
    ]
    world.store.keep([], facts)
    return Granted(Reset(without, proposal.proposed_by, until, secret))


def waiting(world: World, account: Account) -> Reset | None:
    """The reset that waits for a second administrator."""
    now = world.clock.now()
    for ticket in world.people.tickets(account.id, "reset-asked"):
        if ticket.is_open("reset-asked", now):
            return Reset(account, msgspec.json.decode(ticket.about, type=_About).proposed_by, ticket.until)
    return None


def _without_passkeys(world: World, account: Account, now: Instant) -> Sequence[Fact]:
    have = [each for each in world.people.passkeys(account.id) if each.removed is None]
    return [PasskeyKept(replace(each, removed=now), over=each) for each in have]


def _against(account: Account, actor: Actor) -> tuple[Reason, ...]:
    reasons: tuple[Reason, ...] = ()
    if account.standing != "active":
        reasons += (Reason("standing", {"standing": account.standing, "allowed": ["active"]}),)
    if account.id == actor.account:
        reasons += (Reason("own-reset", {"mend": "two other administrators"}),)
    return reasons


def _whose(actor: Actor) -> str:
    return actor.account or actor.name
