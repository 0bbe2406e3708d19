"""Sessions: whose they are, what they are for, and how they end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from comity.domain.people import TOUCH_MS, Account, Session, against_password, as_typed, key_of
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import Busy, Fenced, NotFound
from comity.flows.access import permit
from comity.flows.people.accounts import MANAGE, named
from comity.flows.people.entering import names_of
from comity.flows.people.whence import actor_for
from comity.ports import Fact, World
from comity.ports.people import AccountKept, ContextChosen, SessionSeen, SessionsEnded, TicketsClosed

REASON_MIN, REASON_MAX = 8, 500
WORD_MAX = 120


@dataclass(frozen=True)
class Person:
    """Somebody who is in."""

    session: Session
    account: Account
    actor: Actor


def who(world: World, token: str) -> Person | None:
    """Whose token this is; None when it opens nothing (any more)."""
    found = world.people.whose(key_of(token))
    if found is None:
        return None
    session, account = found
    now = world.clock.now()
    if not session.is_live(now) or account.standing != "active":
        return None
    if now - session.seen > TOUCH_MS:
        with suppress(Busy, Fenced):  # it is good all the same, and will be seen next time
            world.store.keep([], [SessionSeen(session.key, now)])
    return Person(session, account, actor_for(world, session, account))


def live(world: World, account: Account) -> tuple[Session, ...]:
    """Sessions of an account that open something, newest first."""
    now = world.clock.now()
    return tuple(each for each in world.people.sessions(account.id) if each.is_live(now))


def end(world: World, account: Account, session: str, why: str = "left") -> None:
    """One session of this account; NotFound for any other."""
    if all(each.id != session for each in live(world, account)):
        raise NotFound("session", session=session[:40])
    world.store.keep([], [SessionsEnded(account.id, world.clock.now(), why, only=session)])


def end_others(world: World, person: Person) -> int:
    """Every session of this person but the one they ask in; how many there were."""
    count = len(live(world, person.account)) - 1
    world.store.keep([], [SessionsEnded(person.account.id, world.clock.now(), "ended-by-me", but=person.session.id)])
    return count


def end_of(world: World, actor: Actor, wanted: str) -> Granted[int] | Refused:
    """Every session of somebody else, by an administrator."""
    account = named(world, wanted)
    if reasons := permit(world, actor, MANAGE):
        return Refused(reasons)
    count = len(live(world, account))
    world.store.keep([], [SessionsEnded(account.id, world.clock.now(), "ended-by-administrator")])
    return Granted(count)


def choose(
    world: World, person: Person, case: str | None, purpose: str, basis: str | None, reason: str
) -> Granted[Person] | Refused:
    """In which case, for which purpose and on which basis the person acts from now on; kept with the reason they give."""
    now, said = world.clock.now(), reason.strip()
    if reasons := against_context(world, person, case, purpose, basis, said):
        return Refused(reasons)
    session = replace(person.session, case=case, purpose=purpose, basis=basis)
    world.store.keep([], [ContextChosen(session.id, person.account.id, now, case, purpose, basis, said)])
    return Granted(Person(session, person.account, actor_for(world, session, person.account)))


def against_context(
    world: World, person: Person, case: str | None, purpose: str, basis: str | None, said: str
) -> tuple[Reason, ...]:
    """Every reason why the person can't act in this case, for this purpose and on this basis, `said` being why they want to."""
    reasons: tuple[Reason, ...] = ()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        facts = {"field": "reason", "characters_min": REASON_MIN, "characters_max": REASON_MAX}
        reasons += (Reason("context-without-reason", facts),)
    for field, word in (("purpose", purpose), ("basis", basis)):
        if word is not None and not (0 < len(word) <= WORD_MAX and word.isprintable()):
            reasons += (Reason("context-word", {"field": field, "characters_max": WORD_MAX}),)
    if case is not None and case not in world.store.open_to(person.account.id, world.clock.now()):
        reasons += (Reason("not-a-member", {"case": case[:WORD_MAX]}),)
    return reasons


def change_password(world: World, person: Person, present: str, password: str) -> Granted[Account] | Refused:
    """Whoever knows the present one sets another; every other session ends, and no browser counts as known any more."""
    account, now = person.account, world.clock.now()
    if not account.password or not world.hasher.fits(account.password, as_typed(present)):
        return Refused((Reason("present-password-wrong", {"field": "present"}),))
    if reasons := against_password(password, names_of(world, account)):
        return Refused(reasons)
    kept = world.hasher.hash(as_typed(password))
    changed = replace(account, password=kept, version=account.version + 1)
    facts: list[Fact] = [
        AccountKept(changed, over=account.version),
        SessionsEnded(account.id, now, "password", but=person.session.id),
        TicketsClosed(account.id, ("reset", "device"), now),
    ]
    world.store.keep([], facts)
    return Granted(changed)
