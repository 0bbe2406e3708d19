"""Passkeys: enrolled by their person, named, removed."""

from __future__ import annotations

from dataclasses import replace

from comity.domain.people import PASSKEY_NAME_MAX, PASSKEYS_MAX, Passkey
from comity.domain.terms import Granted, Reason, Refused
from comity.errors import Malformed, NotFound, Unproven
from comity.flows.people.entering import asked, challenge
from comity.flows.people.sessions import Person
from comity.ports import World
from comity.ports.people import PasskeyKept, Site, TicketUsed


def held(world: World, account: str) -> tuple[Passkey, ...]:
    """Those that open something, oldest first."""
    return tuple(each for each in world.people.passkeys(account) if each.removed is None)


def to_enrol(world: World, site: Site, person: Person) -> Granted[bytes] | Refused:
    """What a browser needs to make a passkey."""
    have = held(world, person.account.id)
    if reasons := _may_change(world, person) + _too_many(have):
        return Refused(reasons)
    value = challenge(world, "enrol", person.account.id)
    account = person.account
    ids = [each.id for each in have]
    return Granted(world.ceremonies.to_enrol(site, value, account.id, account.login, account.name, ids))


def enrol(world: World, site: Site, person: Person, name: str, answer: bytes) -> Granted[Passkey] | Refused:
    """The passkey that a device has made belongs to its person from now on."""
    now, named = world.clock.now(), name.strip()
    reasons = _may_change(world, person) + _name(named) + _too_many(held(world, person.account.id))
    if reasons:
        return Refused(reasons)
    try:
        found = asked(world, "enrol", person.account.id, answer)
        if found is None:
            return Refused((Reason("ceremony-ended", {"mend": "begin again"}),))
        value, ticket = found
        made = world.ceremonies.enrolled(site, value, answer)
    except (Malformed, Unproven) as fault:
        return Refused((Reason("passkey-not-made", {"why": str(fault.facts.get("why", ""))}),))
    if world.people.passkey(made.id) is not None:
        return Refused((Reason("passkey-known", {"mend": "use another device"}),))
    passkey = Passkey(
        made.id,
        person.account.id,
        named,
        made.public,
        made.count,
        now,
        backed_up=made.backed_up,
        transports=made.transports,
    )
    world.store.keep([], [TicketUsed(ticket.key, now), PasskeyKept(passkey)])
    return Granted(passkey)


def rename(world: World, person: Person, passkey: bytes, name: str) -> Granted[Passkey] | Refused:
    """What its person calls the device."""
    found, named = _mine(world, person, passkey), name.strip()
    if reasons := _name(named):
        return Refused(reasons)
    world.store.keep([], [PasskeyKept(replace(found, name=named), over=found)])
    return Granted(replace(found, name=named))


def remove(world: World, person: Person, passkey: bytes) -> Granted[Passkey] | Refused:
    """It opens and signs nothing any more; what it signed stays signed."""
    found = _mine(world, person, passkey)
    if reasons := _may_change(world, person):
        return Refused(reasons)
    gone = replace(found, removed=world.clock.now())
    world.store.keep([], [PasskeyKept(gone, over=found)])
    return Granted(gone)


def _mine(world: World, person: Person, passkey: bytes) -> Passkey:
    found = world.people.passkey(passkey)
    if found is None or found.account != person.account.id or found.removed is not None:
        raise NotFound("passkey")
    return found


def _may_change(world: World, person: Person) -> tuple[Reason, ...]:
    """A browser that was left open must not give a stranger a key of their own."""
    if person.session.is_fresh(world.clock.now()):
        return ()
    return (Reason("come-in-again", {"why": "this asks for somebody who has just come in"}),)


def _name(name: str) -> tuple[Reason, ...]:
    if 0 < len(name) <= PASSKEY_NAME_MAX and name.isprintable():
        return ()
    return (Reason("passkey-name", {"field": "name", "characters_max": PASSKEY_NAME_MAX}),)


def _too_many(have: tuple[Passkey, ...]) -> tuple[Reason, ...]:
    return (Reason("too-many-passkeys", {"most": PASSKEYS_MAX}),) if len(have) >= PASSKEYS_MAX else ()
