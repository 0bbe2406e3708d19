"""This node's own keys as others are to know them: what stands on its desk, and what is announced to each reader."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from comity.domain.ledger import Channel, Lane, Standing, VerifierKey, successor
from comity.domain.record import decode_fields, open_record
from comity.domain.record.kinds import roster_2
from comity.domain.terms import NodeName, instant_text
from comity.errors import NotFound
from comity.flows.filing import desk, letter, sealed
from comity.ports import Letter, Place, World

ROSTER = "roster/2"
RECEIPT, WITNESS = "receipt", "witness"
PURPOSE = "roster"
_NEWEST = 1000
_ENDED_MAX = 50
"""Ended channels that a roster still names, newest first."""


@dataclass(frozen=True)
class OwnRoster:
    """The keys that speak for the node as a whole; those of its channels stand with the channels.

    version      0 before the first change
    keys         receipt and witness keys, ended ones too
    certificate  DER, base64, of the one that is shown, or is about to be
    """

    version: int
    keys: tuple[roster_2.Key, ...]
    certificate: str

    def current(self, lane: str) -> roster_2.Key | None:
        """The key for this that is in use."""
        return next((key for key in self.keys if key.lane == lane and key.valid_to is None), None)


def own_roster(world: World) -> OwnRoster:
    """As it last stood on the desk; before the first change, what the node was made with."""
    for _, body in own_records(world, world.me.name):
        return OwnRoster(body.version, body.keys, body.certificate)
    since = instant_text(world.store.channel(desk(world)).opened)
    keys = [roster_2.Key(vkey=key.text, lane=lane, audience=(), valid_from=since) for lane, key in _made_with(world)]
    return OwnRoster(0, tuple(keys), b64encode(world.keyring.certificate()).decode("ascii"))


def own_records(world: World, audience: NodeName) -> Iterator[tuple[Place, roster_2.Body]]:
    """Our own rosters for this reader (ourselves: on the desk), newest first."""
    ours = {c.origin for c in world.store.channels() if c.writer == world.me.name and c.audience == audience}
    for place in world.store.of_kind(ROSTER, _NEWEST):
        if place.origin not in ours:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None:
                yield place, open_record(entry.envelope, decode_fields(entry.fields)).body


def announced(world: World, own: OwnRoster, channels: Sequence[Channel]) -> list[Letter]:
    """Letters that tell this roster to our desk and, in each open channel of ours, to its reader.

    channels  as they will stand when the letters go
    """
    now = world.clock.now()
    version = max(now, own.version + 1)
    ours = [channel for channel in channels if channel.writer == world.me.name]
    letters = [_letter(world, desk(world), version, own, own.keys)]
    for audience in dict.fromkeys(c.audience for c in ours if c.lane is not Lane.DESK):
        theirs = [channel for channel in ours if channel.audience == audience]
        keys = (*own.keys, *_channel_keys(theirs))
        record = None
        for channel in theirs:
            if channel.standing is Standing.OPEN:
                record = record or _letter(world, channel.origin, version, own, keys)
                letters.append(Letter(channel.origin, record.sealed, record.told))
    return letters


def _letter(world: World, origin: str, version: int, own: OwnRoster, keys: Iterable[roster_2.Key]) -> Letter:
    body = roster_2.Body(
        node=world.me.name,
        version=version,
        keys=tuple(keys),
        certificate=own.certificate,
        certificate_sha256=sha256(b64decode(own.certificate)).hexdigest(),
        address=world.me.address,
    )
    return letter(origin, sealed(world, body, purpose=PURPOSE))


def _channel_keys(theirs: Sequence[Channel]) -> Iterator[roster_2.Key]:
    """Open channels, and the newest ended ones that another goes on from."""
    ended = [(channel, successor(channel.origin, theirs)) for channel in theirs]
    gone = sorted(((after.opened, c) for c, after in ended if after is not None), key=lambda each: -each[0])
    ends = {channel.origin: at for at, channel in gone[:_ENDED_MAX] if channel.standing is not Standing.OPEN}
    for channel in theirs:
        at = ends.get(channel.origin)
        if channel.standing is not Standing.OPEN and at is None:
            continue
        follows = channel.follows
        yield roster_2.Key(
            vkey=channel.key.text,
            lane=channel.lane.value,
            audience=(channel.audience,),
            valid_from=instant_text(channel.opened),
            valid_to=instant_text(at) if at is not None else None,
            ended_why=channel.why or None if at is not None else None,
            continues=roster_2.Continued(origin=follows.origin, size=follows.size, root=follows.root.hex())
            if follows is not None
            else None,
        )


def _made_with(world: World) -> Iterator[tuple[str, VerifierKey]]:
    for lane in (RECEIPT, WITNESS):
        try:
            yield lane, world.keyring.key(f"{world.me.name}/{lane}")
        except NotFound:
            continue
