"""What held records do here (R8): they are read, filed, matched, obeyed and answered, each exactly once.

One transaction moves the channel's cursor and keeps everything that follows from the records it passes: postings, notices,
erasures, answers. So a crash leaves a record either untouched or wholly dealt with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from comity.domain.ledger import ED25519, Channel, Lane, VerifierKey
from comity.domain.record import (
    ABOUT,
    ERASE,
    Commanded,
    Entry,
    Record,
    Told,
    about_key,
    decode_fields,
    filed,
    open_record,
    order_in,
)
from comity.domain.record.kinds import ack_1
from comity.domain.terms import NodeName, instant_text
from comity.errors import Malformed
from comity.flows.filing import about_place, letter, outgoing, sealed
from comity.ports import Acted, Buried, Drained, Erased, Erasure, Fact, Letter, Noticed, Opened, Place, World

AckState = Literal["stored", "opened", "quarantined", "done", "refused"]
BATCH_MAX = 500


@dataclass
class Drainer:
    """Deals with what one writer's channels hold. Its memory is only a cache of orders already seen in held entries."""

    world: World
    writer: NodeName
    _scanned: dict[str, int] = field(default_factory=dict)
    _orders: dict[str, Place] = field(default_factory=dict)

    def drain(self, origin: str) -> int:
        """Passes at most BATCH_MAX entries of one channel; returns how many.

        Only what our stored cosignature covers is acted on: a store that comes back from before it knows that it is behind.
        """
        world = self.world
        position, line = world.store.position(origin), world.store.line(origin)
        stop = min(position.drained + BATCH_MAX, line.size if line is not None else 0)
        if stop <= position.drained:
            return 0
        self._look_ahead()
        entries = world.store.entries(origin, position.drained, stop)
        filed_as = [filed(origin, entry.envelope, entry.fields) for entry in entries]
        ids = [told.header.id for told in filed_as if told.header is not None]
        batch = _Batch(world, world.store.channel(origin), self._orders, world.store.buried(self.writer, ids))
        told = tuple(filed_as)
        for entry, one in zip(entries, told, strict=True):
            batch.take(entry, one)
        batch.match()
        world.step("R8a")
        world.store.keep(batch.letters, [Drained(origin, position.drained, stop, told), *batch.facts])
        world.step("R8b")
        return len(told)

    def drain_all(self) -> int:
        """Everything held from this writer, urgent channels first."""
        channels = [c for c in self.world.store.channels() if c.writer == self.writer]
        channels.sort(key=lambda channel: (channel.lane is not Lane.URGENT, channel.origin))
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
                            self._orders.setdefault(target.id, Place(channel.origin, entry.index))
            self._scanned[channel.origin] = position.size


@dataclass
class _Batch:
    """Decides, for each entry in turn, what it does; keeps nothing itself."""

    world: World
    channel: Channel
    orders: dict[str, Place]
    buried: dict[str, Place]
    facts: list[Fact] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    _acted: set[str] = field(default_factory=set)
    _values: dict[bytes, Place] = field(default_factory=dict)

    def take(self, entry: Entry, told: Told) -> None:
        place = Place(self.channel.origin, entry.index)
        if entry.envelope is None:
            return
        if told.header is None or told.fault is not None:
            self._quarantine(place, told)
            return
        buried = self.buried.get(told.header.id)
        if buried is not None and self._orders_erasure(buried):
            self.facts.append(Erased(Erasure(place), buried))
            return
        command = order_in(entry.envelope, entry.fields)
        if command is not None:
            self._obey(command, place, told)
        elif told.header.kind.startswith(("roster/", "continues/")):
            self._announce(entry)
        elif told.header.kind.startswith("request/"):
            self._receive_request(place, told, entry, stopped=buried is not None or told.header.id in self.orders)
        elif told.header.kind.startswith(("decision/", "action/", "evidence/", "ack/")):
            self._notice_step(place, told)
        for trace in told.traces:
            if trace.name == "value":
                self._values.setdefault(trace.key, place)

    def _orders_erasure(self, order: Place) -> bool:
        found = self.world.store.entries(order.origin, order.index, order.index + 1)
        command = order_in(found[0].envelope, found[0].fields) if found and found[0].envelope is not None else None
        return command is not None and command.kind == ERASE

    def _quarantine(self, place: Place, told: Told) -> None:
        """Kept, counted, cosigned, and answered with the reason; never a stop."""
        about = {"origin": place.origin, "index": place.index, "reason": told.fault or "unreadable"}
        self.facts.append(
            Noticed(f"quarantine {place.origin} {place.index}", self.world.clock.now(), "quarantined", about)
        )
        named = told.header.id if told.header is not None else None
        kind = told.header.kind if told.header is not None else None
        self._answer(place, named, kind, "quarantined", told.fault or "unreadable")

    def _obey(self, command: Commanded, place: Place, told: Told) -> None:
        assert told.header is not None
        store = self.world.store
        for target in command.targets:
            channel = next((c for c in store.channels() if c.origin == target.origin), None)
            if channel is None or channel.writer != command.issuer:
                continue
            if command.kind == ERASE and target.index < store.position(target.origin).size:
                self.facts.append(Erased(Erasure(Place(target.origin, target.index), target.pointers), place))
            if target.pointers is None:
                self.facts.append(Buried(NodeName(command.issuer), target.id, place))
                self.buried.setdefault(target.id, place)
        about = {"origin": place.origin, "index": place.index, "kind": command.kind, "count": len(command.targets)}
        self.facts.append(Noticed(f"order {place.origin} {place.index}", self.world.clock.now(), "order", about))
        self._answer(place, told.header.id, told.header.kind, "done", None)

    def _receive_request(self, place: Place, told: Told, entry: Entry, *, stopped: bool) -> None:
        """The machine's part: the request is here, whole, and is acknowledged; an officer opens it later."""
        assert told.header is not None
        header = told.header
        about = {"origin": place.origin, "index": place.index, "record": header.id}
        key, now = f"request {header.issuer} {header.id}", self.world.clock.now()
        record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields))
        if record.body.to != self.world.me.name:
            self.facts.append(
                Noticed(key + " misaddressed", now, "request-misaddressed", about | {"to": record.body.to})
            )
            return
        if stopped or self._suspended(place):
            self.facts.append(Noticed(key + " stopped", now, "request-stopped", about))
            return
        if header.id in self._acted or self.world.store.acted(header.issuer, header.id) is not None:
            return
        self._acted.add(header.id)
        self.facts += [
            Acted(NodeName(header.issuer), header.id, now, "received"),
            Noticed(key, now, "request-arrived", about),
        ]
        self._answer(place, header.id, header.kind, "stored", None)

    def _suspended(self, place: Place) -> bool:
        """Whether a record in quarantine speaks of this one: nobody knows what it orders, so nothing is done until then."""
        key = about_key(place.origin, place.index)
        named_by = self.world.store.traced(ABOUT, [key]).get(key, [])
        return any(told.fault is not None for told in self.world.store.told(named_by).values())

    def _notice_step(self, place: Place, told: Told) -> None:
        assert told.header is not None
        about = {"origin": place.origin, "index": place.index, "kind": told.header.kind}
        self.facts.append(Noticed(f"step {place.origin} {place.index}", self.world.clock.now(), "step-arrived", about))

    def _announce(self, entry: Entry) -> None:
        """A channel that our peer opens for us, announced in one that is already trusted.

        What is not a channel of this writer's for us, or bears a name that is taken, is passed over.
        """
        record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields))
        lanes = {lane.value for lane in (Lane.URGENT, Lane.BULK)}
        known = {channel.origin for channel in self.world.store.channels()}
        name = re.compile(re.escape(self.channel.writer) + r"/ch/[0-9a-f]{16}")
        for announced in getattr(record.body, "keys", ()):
            try:
                key = VerifierKey.parse(announced.vkey)
            except Malformed:
                continue
            ours = self.world.me.name in announced.audience and announced.lane in lanes
            if ours and key.kind == ED25519 and name.fullmatch(key.name) and key.name not in known:
                known.add(key.name)
                channel = Channel(
                    key, self.channel.writer, self.world.me.name, Lane(announced.lane), self.world.clock.now()
                )
                self.facts.append(Opened(channel))

    def match(self) -> None:
        """Match on arrival: values that a record of ours also names are noticed, once for each value and batch."""
        store = self.world.store
        for key, places in store.traced("value", list(self._values)).items():
            ours = [p for p in places if store.channel(p.origin).writer == self.world.me.name]
            if ours:
                there, place = ours[0], self._values[key]
                about = {"origin": place.origin, "index": place.index, "ours": there.origin, "ours_index": there.index}
                notice = Noticed(f"match {key.hex()} {place.origin}", self.world.clock.now(), "match", about)
                self.facts.append(notice)

    def _answer(self, place: Place, record: str | None, kind: str | None, state: AckState, reason: str | None) -> None:
        """Never in answer to an acknowledgement: two nodes that can't read each other's would go on for ever."""
        origin = outgoing(self.world, self.channel.writer, Lane.URGENT)
        if origin is None or (kind is not None and kind.startswith("ack/")):
            return
        at = instant_text(self.world.clock.now())
        body = ack_1.Body(of=record, of_kind=kind, state=state, reason=reason, at=at)
        about = (about_place(self.world, place),)
        self.letters.append(letter(origin, sealed(self.world, body, purpose="acknowledgement", about=about)))
