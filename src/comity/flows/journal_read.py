"""Reading the journal: whole and in order, or what it says of one thing. Whoever may audit; and that they read it stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.domain.record import Entry, decode_fields, open_record
from comity.domain.record.kinds import erase_1, journal_1
from comity.domain.record.opened import is_uuid, uuid_trace
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.flows.access import permit, whole
from comity.flows.journal import journals
from comity.flows.ordering import targets_of
from comity.flows.proposal import Proposal, propose
from comity.ports import Place, World

PAGE = 256


@dataclass(frozen=True)
class Kept:
    """One entry, and where the record stands that holds it.

    number  of the entry in its record
    name    of the person; None where it is erased, or nobody's
    """

    place: Place
    number: int
    record: str
    actor: str | None
    roles: tuple[str, ...]
    name: str | None
    why: str | None
    entry: journal_1.Entry


def walk(world: World, start: int = 0, origin: str | None = None) -> Iterator[Kept]:
    """Every entry, oldest first; from `start` of one channel on, or of all from their first."""
    for channel in journals(world):
        if origin is not None and channel.origin != origin:
            continue
        size = world.store.position(channel.origin).size
        for at in range(start if origin is not None else 0, size, PAGE):
            for entry in world.store.entries(channel.origin, at, min(at + PAGE, size)):
                yield from kept_in(Place(channel.origin, entry.index), entry)


def newest(world: World, limit: int, before: Place | None = None) -> Iterator[Kept]:
    """Newest first, at most `limit` records of the journal, from the one before `before` on."""
    left = limit
    channels = journals(world)[::-1]
    if before is not None:
        names = [channel.origin for channel in channels]
        channels = channels[names.index(before.origin) :] if before.origin in names else []
    for channel in channels:
        size = world.store.position(channel.origin).size
        stop = min(size, before.index) if before is not None and before.origin == channel.origin else size
        start = max(0, stop - left)
        for entry in reversed(world.store.entries(channel.origin, start, stop)):
            yield from reversed(list(kept_in(Place(channel.origin, entry.index), entry)))
        left -= stop - start
        if left <= 0:
            return


def about(world: World, thing: str) -> list[Kept]:
    """Entries of acts about a thing or record, by its UUID, oldest first; what was only read is found by `walk`."""
    if not is_uuid(thing):
        return []
    key = uuid_trace(journal_1.TRACE, thing).key
    places = world.store.traced(journal_1.TRACE, [key]).get(key, [])
    order = {channel.origin: at for at, channel in enumerate(journals(world))}
    found = []
    for place in sorted(places, key=lambda each: (order.get(each.origin, -1), each.index)):
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            for each in kept_in(place, entry):
                if thing in (*each.entry.records, *each.entry.about):
                    found.append(each)
    return found


def kept_in(place: Place, entry: Entry) -> Iterator[Kept]:
    """The entries of one record of the journal; none of a record of another kind, such as the one by which a channel goes on."""
    if entry.envelope is None:
        return
    record = open_record(entry.envelope, decode_fields(entry.fields) if entry.fields else ())
    body = record.body
    if isinstance(body, journal_1.Body):
        name = body.name if isinstance(body.name, str) else None
        why = body.why if isinstance(body.why, str) else None
        for number, each in enumerate(body.entries):
            yield Kept(place, number, record.envelope.id, body.actor, body.roles, name, why, each)


def propose_forgetting(world: World, actor: Actor, record: str, ground: str) -> Granted[Proposal] | Refused:
    """First of two persons: what a record of the journal says of a person goes; who confirms erasures confirms it. Its skeleton stays."""
    reasons = permit(world, actor, "erase")
    everything = whole(world)
    ours = {channel.origin for channel in journals(everything)}
    places = [place for place in everything.store.find(record) if place.origin in ours]
    if not places:
        reasons += (Reason("not-in-the-journal", {"record": record[:60]}),)
    if reasons:
        return Refused(reasons)
    sealed: set[str] = set()
    for entry in everything.store.entries(places[0].origin, places[0].index, places[0].index + 1):
        if entry.envelope is not None:
            sealed |= set(open_record(entry.envelope, ()).envelope.sealed)
    if not sealed:
        return Refused((Reason("names-nobody", {"record": record[:60]}),))
    targets = targets_of(everything, [record], tuple(sorted(sealed)))
    named = tuple(erase_1.Erasure(origin=t.origin, index=t.index, id=t.id, fields=t.pointers) for t in targets)
    return propose(everything, actor, erase_1.Body(targets=named, ground=ground, ordered_by=actor.name))
