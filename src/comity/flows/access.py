"""Whether somebody may do what they are about to do, and what they see: asked by every flow that acts or reads content.

An actor without an account is the machine itself, or the one officer of a node that has no accounts: nothing is asked of them.
The desk's API lets nobody act without an account from the first account on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from comity.domain.access import (
    ACTS,
    Act,
    Basis,
    Context,
    Link,
    Standing,
    Subject,
    Thing,
    decide,
    sight_of,
)
from comity.domain.record import Marking, Record
from comity.domain.terms import Actor, Reason
from comity.errors import Malformed
from comity.flows.journal import asked_for
from comity.ports import World


def permit(world: World, actor: Actor, act: str, subject: Subject | None = None) -> tuple[Reason, ...]:
    """Every reason against; none means yes. `subject` is None for an act that is about no thing."""
    if act not in ACTS:
        raise Malformed("act-unknown", act=act)
    against = (
        decide(standing(world, actor), Act(act), subject, context(world, actor), world.clock.now())
        if actor.account
        else ()
    )
    asked_for(world, act, granted=not against)
    return against


def permit_on(
    world: World, actor: Actor, act: str, things: Iterable[str], records: Iterable[Record[Any]] = ()
) -> tuple[Reason, ...]:
    """Like `permit`, about these things (ids of requests, reports, records; digests of files) and what their records' markings say."""
    things = tuple(things)
    asked_for(world, act, things, granted=True)
    return permit(world, actor, act, subject_of(world, things, records) if actor.account else None)


def standing(world: World, actor: Actor) -> Standing:
    """The actor's roles, as far as the catalog has them, and the cases that are open to them now."""
    known = world.catalog.roles()
    roles = tuple(known[name] for name in sorted(actor.acts_as) if name in known)
    cases = world.store.open_to(actor.account, world.clock.now())
    return Standing(world.me.name, world.me.country, roles, cases)


def context(world: World, actor: Actor) -> Context:
    """The case, purpose and basis that the actor named. A case's own basis holds where they name none."""
    file = world.store.case(actor.case) if actor.case is not None else None
    if file is None:
        basis = Basis(actor.basis) if actor.basis else None
        return Context(actor.case, actor.purpose, basis)
    allowed = frozenset(file.purposes)
    basis = None
    if file.basis is not None and actor.basis in (None, file.basis):
        basis = Basis(file.basis, allowed, file.basis_until)
    elif actor.basis is not None:
        basis = Basis(actor.basis)
    return Context(actor.case, actor.purpose, basis, allowed, file.state)


def seen_by(world: World, actor: Actor) -> World:
    """The same world as the actor sees it: their store holds nothing that is hidden from them."""
    if not actor.account:
        return world
    sight = sight_of(standing(world, actor), context(world, actor), world.clock.now())
    return replace(world, store=world.store.seen(sight))


def whole(world: World) -> World:
    """The world with everything in it: for what must reach every copy, after the actor was found to see what it is about."""
    return replace(world, store=world.store.whole())


def subject_of(world: World, things: Iterable[str], records: Iterable[Record[Any]] = ()) -> Subject:
    """What these things are, for a decision: in which cases they lie, and what their records' markings say."""
    markings: dict[Marking, None] = {}
    owner = None
    for record in records:
        markings.setdefault(record.envelope.marking)
        owner = owner or record.envelope.issuer
    return Subject(world.store.lies_in(tuple(things)), tuple(markings), owner)


def there(world: World, what: Thing, thing: str) -> bool:
    """Whether the thing is in the world: in an actor's own, whether they see it."""
    try:
        if what == "record":
            return bool(world.store.find(thing))
        key = bytes.fromhex(thing[:32] if what == "file" else thing.replace("-", ""))
    except ValueError:
        return False
    return key in world.store.traced(what, [key])


def filed_under(world: World, actor: Actor, what: Thing, things: Sequence[str]) -> list[Link]:
    """What an actor makes in a case lies in it, from the same transaction on; on the desk, in none."""
    if actor.case is None:
        return []
    now = world.clock.now()
    return [Link(actor.case, what, thing, actor.account or actor.name, now) for thing in things]
