"""Reading the journal: whole and in order, or what it says of one thing. Whoever may audit; and that they read it stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.domain.record import Entry, decode_fields, open_record
from comity.domain.record.kinds import erase_1, journal_1
from comity.domain.record.opened import is_uuid, uuid_trace
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused, instant_from, instant_text
from comity.flows.access import permit, whole
from comity.flows.journal import journals, own
from comity.flows.ordering import targets_of
from comity.flows.proposal import Proposal, propose
from comity.ports import Place, World

PAGE = 256
SCAN_MAX = 1024
"""Records of the journal that one search looks at, before it says how far it has come."""


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


@dataclass(frozen=True)
class Wanted:
    """What is looked for in the journal; what is empty asks for nothing.

    who           part of a name, the id of an account, or a role
    since, until  as entries have their times: from this one on, and before that one
    outcome       `granted` or `refused`
    """

    who: str = ""
    act: str = ""
    case: str = ""
    purpose: str = ""
    basis: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""

    def fits(self, kept: Kept) -> bool:
        """Whether the entry is one of those."""
        entry = kept.entry
        named = (kept.actor or "", *kept.roles)
        return (
            (not self.who or self.who in named or self.who.casefold() in (kept.name or "").casefold())
            and self.act in ("", entry.act)
            and self.case in ("", entry.case)
            and self.purpose in ("", entry.purpose)
            and self.basis.casefold() in (entry.basis or "").casefold()
            and self.outcome in ("", entry.outcome)
            and self.since <= entry.at
            and (not self.until or entry.at < self.until)
        )


@dataclass(frozen=True)
class Matched:
    """Entries that were looked for, newest first.

    before  where to look on; None when the journal's beginning, or the earliest time asked for, is reached
    looked  records that were looked at
    """

    entries: tuple[Kept, ...]
    before: Place | None
    looked: int


def matching(world: World, wanted: Wanted, limit: int, before: Place | None = None, scan: int = SCAN_MAX) -> Matched:
    """What fits, from the newest on or from the record before `before`: entries of whole records, until there are `limit`."""
    found: list[Kept] = []
    looked = 0
    at = before if before is not None or not wanted.until else _first_from(world, wanted.until)
    while looked < scan:
        step = list(_records(world, min(PAGE // 4, scan - looked), at))
        if not step:
            return Matched(tuple(found), None, looked)
        for place, entry in step:
            at, looked = place, looked + 1
            entries = list(kept_in(place, entry))
            found += reversed([each for each in entries if wanted.fits(each)])
            if wanted.since and entries and max(each.entry.at for each in entries) < _earlier(wanted.since):
                return Matched(tuple(found), None, looked)
            if len(found) >= limit:
                return Matched(tuple(found), at, looked)
    return Matched(tuple(found), at, looked)


def _records(world: World, limit: int, before: Place | None) -> Iterator[tuple[Place, Entry]]:
    """Records of the journal, newest first."""
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
            yield Place(channel.origin, entry.index), entry
        left -= stop - start
        if left <= 0:
            return


def _earlier(at: str) -> str:
    """A minute before: entries wait a moment until their record is made."""
    return instant_text(Instant(instant_from(at) - 60_000))


def _first_from(world: World, at: str) -> Place | None:
    """The first record that was made at that time or later, by halving; None when there is none, so that the newest is older."""
    alone, late = own(world), instant_text(Instant(instant_from(at) + 60_000))
    for channel in journals(alone):
        low, high = 0, alone.store.position(channel.origin).size
        size = high
        while low < high:
            middle = (low + high) // 2
            place = Place(channel.origin, middle)
            header = alone.store.told([place])[place].header
            if header is not None and instant_text(header.made) < late:
                low = middle + 1
            else:
                high = middle
        if low < size:
            return Place(channel.origin, low)
    return None


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
    for place, entry in _records(world, limit, before):
        yield from reversed(list(kept_in(place, entry)))


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
