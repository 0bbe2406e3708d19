"""What held records do here (R8): they are read, filed, matched, obeyed and answered, each exactly once.

One transaction moves the channel's cursor and keeps everything that follows from the records it passes: postings, notices,
erasures, answers. So a crash leaves a record either untouched or wholly dealt with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from comity.domain.ledger import Standing
from comity.domain.record import ERASE, Entry, Header, Told, filed, order_in
from comity.domain.record.custody import Course
from comity.domain.terms import NodeName
from comity.flows.arriving import Batch, arrivals, finishers
from comity.flows.conduct import conduct
from comity.flows.disposition import disposition_of
from comity.flows.intake import UNLIMITED, Intake, Taken
from comity.flows.obeying import holding
from comity.flows.once_answered import unanswered
from comity.ports import Drained, Erased, Erasure, Noticed, Place, World

BATCH_MAX = 500
UNKNOWN_KIND = "unknown-kind"


def unseen(kind: str, peer: str) -> None:
    """For who counts nothing."""


@dataclass
class Drainer:
    """Deals with what one writer's channels hold. Its memory is only a cache of orders already seen in held entries.

    intake  how many records of each kind the writer may bring in a day
    saw     is told of what breaks the rules of the exchange, with the writer's name, once it is kept
    """

    world: World
    writer: NodeName
    intake: Intake = UNLIMITED
    saw: Callable[[str, str], None] = unseen
    taken: Taken = field(init=False)
    _scanned: dict[str, int] = field(default_factory=dict)
    _orders: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = Taken(self.world, self.writer, self.intake)

    def drain(self, origin: str) -> int:
        """Passes at most BATCH_MAX entries of one channel; returns how many.

        Only what our stored cosignature covers is acted on: a store that comes back from before it knows that it is behind.
        """
        world = self.world
        if world.store.channel(origin).standing is Standing.BEHIND:
            return 0
        position, line = world.store.position(origin), world.store.line(origin)
        stop = min(position.drained + BATCH_MAX, line.size if line is not None else 0)
        if stop <= position.drained:
            return 0
        self._look_ahead()
        entries = world.store.entries(origin, position.drained, stop)
        filed_as = [filed(origin, entry.envelope, entry.fields) for entry in entries]
        ids = [told.header.id for told in filed_as if told.header is not None]
        batch = Batch(world, world.store.channel(origin), self._orders, world.store.buried(self.writer, ids))
        told = tuple(filed_as)
        here = {one.header.id: Place(origin, e.index) for e, one in zip(entries, told, strict=True) if one.header}
        batch.here.update(here)
        for entry, one in zip(entries, told, strict=True):
            _take(batch, entry, one)
        batch.facts += conduct(world, batch.channel, entries, told)
        _match(batch)
        for finish in finishers():
            finish(batch)
        world.step("R8a")
        world.store.keep(
            unanswered(world, batch.letters),
            [Drained(origin, position.drained, stop, told), *self.taken.counted(told), *batch.facts],
        )
        world.step("R8b")
        for kind in batch.met:
            self.saw(kind, self.writer)
        return len(told)

    def drain_all(self) -> int:
        """Everything held from this writer, the most pressing channels first."""
        channels = [c for c in self.world.store.channels() if c.writer == self.writer]
        channels.sort(key=lambda channel: (channel.lane.rank, channel.origin))
        total = 0
        for channel in channels:
            while count := self.drain(channel.origin):
                total += count
        return total

    def _look_ahead(self) -> None:
        """Orders to erase or withdraw that are held but not yet reached: nothing they name is acted on any more."""
        for channel in self.world.store.channels():
            if channel.writer != self.writer:
                continue
            position = self.world.store.position(channel.origin)
            start = max(self._scanned.get(channel.origin, 0), position.drained)
            for at in range(start, position.size, BATCH_MAX):
                for entry in self.world.store.entries(channel.origin, at, min(at + BATCH_MAX, position.size)):
                    order = order_in(entry.envelope, entry.fields) if entry.envelope is not None else None
                    if order is not None and order.issuer == self.writer:
                        for target in order.targets:
                            if target.pointers is None:  # what lacks a value still stands
                                self._orders.setdefault(target.id, Place(channel.origin, entry.index))
            self._scanned[channel.origin] = position.size


def _take(batch: Batch, entry: Entry, told: Told) -> None:
    """What one entry does: obeyed, acted upon, noticed, or put into quarantine. An erased one does nothing."""
    place = Place(batch.channel.origin, entry.index)
    if entry.envelope is None:
        return
    if told.header is None or told.fault is not None:
        _quarantine(batch, place, told)
        return
    buried = batch.buried.get(told.header.id)
    if buried is not None and _orders_erasure(batch.world, told.header, buried):
        batch.facts.append(Erased(Erasure(place), buried))
        return
    arrive = arrivals().get(told.header.kind.partition("/")[0])
    if arrive is not None:
        arrive(batch, place, told, entry)
    if told.header.id in batch.orders or told.header.id in batch.buried:
        return  # taken back before it was read: it raises nothing
    for trace in told.traces:
        if trace.name == "value" and place not in batch.mute:
            batch.values.setdefault(trace.key, []).append(place)


def _orders_erasure(world: World, header: Header, order: Place) -> bool:
    """Whether the record was erased: by the order that buried it, or by one that came after that."""
    if holding(world, header.id) is not None:
        return False
    found = world.store.entries(order.origin, order.index, order.index + 1)
    command = order_in(found[0].envelope, found[0].fields) if found and found[0].envelope is not None else None
    if command is not None and command.kind == ERASE:
        return True
    return disposition_of(world, header.issuer, header.id).course is Course.ERASED


def _quarantine(batch: Batch, place: Place, told: Told) -> None:
    """Kept, counted, cosigned, and answered with the reason; never a stop."""
    about = {"origin": place.origin, "index": place.index, "reason": told.fault or "unreadable"}
    key = f"quarantine {place.origin} {place.index}"
    batch.facts.append(Noticed(key, batch.world.clock.now(), "quarantined", about))
    if told.fault != UNKNOWN_KIND:  # a newer node's, perhaps
        batch.met.append("quarantined")
    named = told.header.id if told.header is not None else None
    kind = told.header.kind if told.header is not None else None
    batch.answer(place, named, kind, "quarantined", told.fault or "unreadable")


def _match(batch: Batch) -> None:
    """Match on arrival: values that a record of ours also names are noticed, once for each two records."""
    store = batch.world.store
    for key, places in store.traced("value", list(batch.values)).items():
        ours = [p for p in places if store.channel(p.origin).writer == batch.world.me.name]
        for place in dict.fromkeys(batch.values[key]) if ours else ():
            there = ours[0]
            about = {"origin": place.origin, "index": place.index, "ours": there.origin, "ours_index": there.index}
            # Nothing of the value in the key: a notice outlives the record's erasure.
            named = f"match {place.origin} {place.index} {there.origin} {there.index}"
            batch.facts.append(Noticed(named, batch.world.clock.now(), "match", about))
