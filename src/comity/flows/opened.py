"""An officer's first look at what has come in, told to its sender once: by name, and when.

That a record is *stored* is the machine's word: the reader's cosignature proves that the bytes were on its disk by that time. That it
is *opened* is what a person's node says of that person. The two are different facts, and nothing makes one out of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from comity.domain.record import Record
from comity.domain.record.kinds import ack_1
from comity.domain.terms import Actor, Instant, NodeName, instant_text
from comity.errors import Conflict
from comity.flows.filing import about_place, channel_in, letter, sealed
from comity.flows.lookup import opened
from comity.flows.receipt_keys import nearest_line
from comity.flows.request_state import dossier
from comity.ports import Acted, Place, World

LOOKED_AT = ("request", "message")
"""Kinds whose first opening is told."""


@dataclass(frozen=True)
class Served:
    """The reader's node had every record below `size` on its disk by `at`: its own cosignature says so."""

    at: Instant
    size: int
    by: str


@dataclass(frozen=True)
class Seen:
    """The reader's node says, in the record at `place`, that this officer opened the record at this time (RFC 3339)."""

    at: str
    by: str
    place: Place


def open_request(world: World, actor: Actor, request: str) -> tuple[Place, ...]:
    """Tells the other side that this officer has opened its request and messages, as far as nobody had; returns the words' places."""
    found = dossier(world, request)
    places = []
    for place, record in found.records:
        if record.envelope.kind.partition("/")[0] in LOOKED_AT and record.envelope.issuer == found.other:
            told = open_record(world, actor, place, record)
            places += [told] if told is not None else []
    return tuple(places)


def open_record(world: World, actor: Actor, place: Place, record: Record[Any]) -> Place | None:
    """Tells a record's issuer that an officer has opened it; None when that was told before, or there is no channel to tell it."""
    envelope, channel = record.envelope, world.store.channel(place.origin)
    mark = f"opened {envelope.id}"
    if channel.writer == world.me.name or world.store.acted(envelope.issuer, mark) is not None:
        return None
    try:
        origin = channel_in(world, channel.writer, channel.lane)
    except Conflict:
        return None  # a partner that nothing is written to: it isn't told
    now = world.clock.now()
    body = ack_1.Body(of=envelope.id, of_kind=envelope.kind, state="opened", at=instant_text(now), by=actor.name)
    word = sealed(world, body, purpose="acknowledgement", about=(about_place(world, place),))
    try:
        (told,) = world.store.keep(
            [letter(origin, word)], [Acted(NodeName(envelope.issuer), mark, now, f"opened by {actor.name}")]
        )
    except Conflict as fault:
        if fault.code != "already-acted":
            raise
        return None  # somebody else looked at the same moment
    return told


def served(world: World, place: Place) -> Served | None:
    """When the record's reader confirmed that it holds it; None on a desk, or not yet."""
    channel = world.store.channel(place.origin)
    if channel.writer == channel.audience:
        return None
    line = nearest_line(world, place.origin, channel.audience, place.index)
    return Served(Instant(line.time_s * 1000), line.size, line.name) if line is not None else None


def seen(world: World, place: Place, record: Record[Any]) -> Seen | None:
    """Who of the record's readers opened it first, by their node's word; None when it hasn't said so."""
    reader = world.store.channel(place.origin).audience
    try:
        key = UUID(record.envelope.id).bytes
    except ValueError:
        return None
    words = []
    for there in world.store.traced("record", [key]).get(key, ()):
        word = opened(world, there)
        if word is None or word.envelope.kind.partition("/")[0] != "ack" or word.envelope.issuer != reader:
            continue
        if word.body.of == record.envelope.id and word.body.state == "opened":
            words.append(Seen(word.body.at, word.body.by or "", there))
    return min(words, key=lambda each: each.at, default=None)
