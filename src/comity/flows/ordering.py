"""Giving an order about records of ours: one act, one transaction, and every reader told in the channel where the record stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from comity.domain.ledger import Channel, Lane, Standing, successor
from comity.domain.record import Marking, Sealed
from comity.domain.record.orders import Target
from comity.domain.terms import NodeName, Reason
from comity.errors import NotFound
from comity.flows.filing import REMOVED, desk, letter, outgoing, sealed
from comity.ports import Erased, Erasure, Fact, Letter, Noticed, Place, World

CUSTODY = "custody"
ON_DESK = Marking(tlp="RED", hcodes=("H0", "H2"))
Bodies = Callable[[tuple[Target, ...]], Struct]
"""Makes the body of an order that names these targets."""


@dataclass(frozen=True)
class Issued:
    """An order that was given.

    act        id of our own note of it, on the desk; the orders to the readers say `replaces` with it
    readers    who is told
    unreached  who holds the record and has no channel of ours any more
    """

    act: str
    readers: tuple[NodeName, ...]
    unreached: tuple[NodeName, ...]


def own_places(world: World, record: str) -> list[Place]:
    """Where a record that we issued stands; NotFound when it isn't ours or never was."""
    ours = {channel.origin for channel in world.store.channels() if channel.writer == world.me.name}
    places = [place for place in world.store.find(record) if place.origin in ours]
    if not places:
        raise NotFound("own-record", record=record)
    return places


def kind_of_own(world: World, record: str) -> str:
    """Kind of a record that we issued and that is still here; NotFound."""
    for place in own_places(world, record):
        told = world.store.told([place]).get(place)
        if told is not None and told.header is not None:
            return told.header.kind
    raise NotFound("own-record", record=record[:60])


def targets_of(world: World, records: Iterable[str], pointers: tuple[str, ...] | None = None) -> tuple[Target, ...]:
    """Every place of every one of these records, as an order names them."""
    return tuple(
        Target(place.origin, place.index, record, pointers)
        for record in dict.fromkeys(records)
        for place in own_places(world, record)
    )


def goes_on_in(world: World, origin: str) -> Channel | None:
    """The channel itself while it is open, or the open one that it was continued by."""
    channels = world.store.channels()
    channel: Channel | None = world.store.channel(origin)
    while channel is not None and channel.standing is not Standing.OPEN:
        channel = successor(channel.origin, channels)
    return channel


def issue(
    world: World,
    body: Bodies,
    targets: Sequence[Target],
    *,
    erases: bool = False,
    replaces: str | None = None,
    marking: Marking,
    with_letters: Sequence[Letter] = (),
    with_facts: Sequence[Fact] = (),
    first: Callable[[NodeName], Sealed] | None = None,
) -> Issued:
    """Keeps the act on our desk and the order with every reader, in one transaction.

    body          makes an order over the targets that one reader may see
    erases        bodies go in this very transaction
    replaces      id of the proposal that was confirmed
    marking       of the orders to the readers
    with_letters  what goes along on the desk; with_facts: what is kept in the same transaction
    first         a record that stands before the order in each of its channels
    """
    act = world.mint.record_id()
    note = sealed(world, body(tuple(targets)), purpose=CUSTODY, marking=ON_DESK, replaces=replaces, record=act)
    home = desk(world)
    at_home = [t for t in targets if world.store.channel(t.origin).lane is Lane.DESK]
    letters = [*with_letters, _letter(home, note, at_home if erases else ())]
    letters += _in_journals(world, body, targets, act, erases=erases)
    told: dict[NodeName, None] = {}
    unreached: dict[NodeName, None] = {}
    stranded: list[Target] = []
    for audience, theirs in _by_audience(world, targets).items():
        going: dict[str, list[Target]] = {}
        for target in theirs:
            channel = goes_on_in(world, target.origin)
            # A removed member gets orders and nothing beside them: what was amended is a new record, and not for it.
            if channel is None or (first is not None and channel.why == REMOVED):
                unreached[audience] = None
                stranded.append(target)
            else:
                going.setdefault(channel.origin, []).append(target)
        if not going:
            continue
        order = sealed(world, body(tuple(theirs)), purpose=CUSTODY, marking=marking, replaces=act)
        before = first(audience) if first is not None else None
        for origin, named in going.items():
            letters += [letter(origin, before)] if before is not None else []
            letters.append(_letter(origin, order, named if erases else ()))
        urgent = outgoing(world, audience, Lane.URGENT)
        if urgent is not None and urgent not in going:
            letters += [letter(urgent, before)] if before is not None else []
            letters.append(letter(urgent, order))
        told[audience] = None
    places = world.store.keep(letters, [*_facts(world, act, tuple(unreached)), *with_facts])
    if erases and stranded:  # nobody reads on there; our own bodies go all the same
        by = places[len(with_letters)]
        world.store.keep([], [Erased(Erasure(Place(t.origin, t.index), t.pointers), by) for t in stranded])
    return Issued(act, tuple(told), tuple(unreached))


def _letter(origin: str, order: Sealed, erased: Iterable[Target]) -> Letter:
    plain = letter(origin, order)
    gone = tuple(Erasure(Place(t.origin, t.index), t.pointers) for t in erased)
    return Letter(origin, order, plain.told, gone)


def _in_journals(world: World, body: Bodies, targets: Sequence[Target], act: str, *, erases: bool) -> list[Letter]:
    """An order about what the journal says of a person stands in the journal itself, where overseers see it."""
    going: dict[str, list[Target]] = {}
    for target in targets:
        if world.store.channel(target.origin).lane is Lane.JOURNAL:
            channel = goes_on_in(world, target.origin)
            going.setdefault(channel.origin if channel is not None else target.origin, []).append(target)
    return [
        _letter(
            origin,
            sealed(world, body(tuple(named)), purpose=CUSTODY, marking=ON_DESK, replaces=act),
            named if erases else (),
        )
        for origin, named in going.items()
    ]


def _by_audience(world: World, targets: Iterable[Target]) -> dict[NodeName, list[Target]]:
    found: dict[NodeName, list[Target]] = {}
    for target in targets:
        channel = world.store.channel(target.origin)
        if not channel.lane.at_home:
            found.setdefault(channel.audience, []).append(target)
    return found


def _facts(world: World, act: str, unreached: tuple[NodeName, ...]) -> list[Fact]:
    if not unreached:
        return []
    about = {"order": act, "nodes": list(unreached)}
    return [Noticed(f"unreached {act}", world.clock.now(), "order-reaches-nobody", about)]


def refusal_for(world: World, records: Sequence[str], reason: str) -> tuple[Reason, ...]:
    """What every order asks for: a reason, and records of ours."""
    reasons: list[Reason] = []
    if not reason.strip():
        reasons.append(Reason("reason-missing", {"field": "reason_code", "mend": "say why"}))
    if not records:
        reasons.append(Reason("record-missing", {"field": "records", "mend": "name the record"}))
    for record in records:
        try:
            own_places(world, record)
        except NotFound:
            reasons.append(Reason("not-our-record", {"record": record[:60], "mend": "only its issuer takes it back"}))
    return tuple(reasons)
