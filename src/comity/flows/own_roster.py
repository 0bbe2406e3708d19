"""This node's own keys as others are to know them: what stands on its desk, and what is announced to each reader."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from comity.domain.ledger import Channel, Standing, VerifierKey, successor
from comity.domain.record import decode_fields, open_record
from comity.domain.record.kinds import roster_2
from comity.domain.terms import NodeName, instant_text
from comity.errors import NotFound
from comity.flows.filing import REMOVED, desk, letter, sealed
from comity.ports import Keyring, Letter, Moved, Place, World

ROSTER = "roster/2"
RECEIPT, WITNESS = "receipt", "witness"
PURPOSE = "roster"
OWN = "own-roster"
"""Cursor: how often this node has told its own roster."""
FIRST_NUMBERS = 99
_NEWEST = 1000
_ENDED_MAX = 50
"""Ended channels that a roster still names, newest first."""


@dataclass(frozen=True)
class OwnRoster:
    """The keys that speak for the node as a whole; those of its channels stand with the channels.

    version      0 before the first change
    keys         receipt and witness keys, ended ones too
    certificate  DER, base64, of the one that is shown, or is about to be
    turn         how often it was told, when this was read
    """

    version: int
    keys: tuple[roster_2.Key, ...]
    certificate: str
    turn: int = 0

    def current(self, lane: str) -> roster_2.Key | None:
        """The key for this that is in use."""
        return next((key for key in self.keys if key.lane == lane and key.valid_to is None), None)


def own_roster(world: World) -> OwnRoster:
    """As it last stood on the desk; before the first change, what the node was made with."""
    turn = world.store.cursor(OWN)
    for _, body in own_records(world, world.me.name):
        return OwnRoster(body.version, body.keys, body.certificate, turn)
    opened = [channel.opened for channel in world.store.channels() if channel.writer == world.me.name]
    since = instant_text(min(opened, default=world.clock.now()))
    keys = [roster_2.Key(vkey=key.text, lane=lane, audience=(), valid_from=since) for lane, key in _made_with(world)]
    return OwnRoster(0, tuple(keys), b64encode(world.keyring.certificate()).decode("ascii"), turn)


def own_records(world: World, audience: NodeName) -> Iterator[tuple[Place, roster_2.Body]]:
    """Our own rosters for this reader (ourselves: on the desk), newest first."""
    ours = {c.origin: c.opened for c in world.store.channels() if c.writer == world.me.name and c.audience == audience}
    found = [place for place in world.store.of_kind(ROSTER, _NEWEST) if place.origin in ours]
    # By index, not by when they were made: a clock that was set back must not bring an ended key back.
    for place in sorted(found, key=lambda place: (ours[place.origin], place.index), reverse=True):
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None:
                yield place, open_record(entry.envelope, decode_fields(entry.fields)).body


def announced(world: World, own: OwnRoster, channels: Sequence[Channel]) -> tuple[list[Letter], Moved]:
    """Letters that tell this roster to our desk and, in each open channel of ours, to its reader; and the guard that goes with them.

    own       as it shall be, made from the one that `own_roster` told
    channels  as they will stand when the letters go
    The guard is a Conflict (`cursor-elsewhere`, name `own-roster`) where somebody else has told another one meanwhile.
    """
    now = world.clock.now()
    version = max(now, own.version + 1)
    ours = [channel for channel in channels if channel.writer == world.me.name]
    letters = [_letter(world, desk(world), version, own, own.keys)]
    for audience in dict.fromkeys(c.audience for c in ours if not c.lane.at_home):
        theirs = [channel for channel in ours if channel.audience == audience]
        keys = (*own.keys, *_channel_keys(theirs))
        record = None
        for channel in theirs:
            if channel.standing is Standing.OPEN and channel.why != REMOVED:
                record = record or _letter(world, channel.origin, version, own, keys)
                letters.append(Letter(channel.origin, record.sealed, record.told))
    return letters, Moved(OWN, own.turn, own.turn + 1)


def _letter(world: World, origin: str, version: int, own: OwnRoster, keys: Iterable[roster_2.Key]) -> Letter:
    body = roster_2.Body(
        node=world.me.name,
        version=version,
        keys=tuple(keys),
        certificate=own.certificate,
        certificate_sha256=sha256(b64decode(own.certificate)).hexdigest(),
        address=world.me.address,
        seal=b64encode(world.keyring.seal_key()).decode("ascii"),
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


def first_receipt_key(keyring: Keyring, host: NodeName) -> VerifierKey:
    """The receipt key that the node was made with. One that was made anew, after its keys were lost, began with a later number."""
    for number in range(1, FIRST_NUMBERS + 1):
        with suppress(NotFound):
            return keyring.key(numbered(host, RECEIPT, number))
    raise NotFound("no-receipt-key", node=host)


def numbered(host: NodeName, capacity: str, number: int) -> str:
    """Name of a cosigner's key: `<host>/receipt`, `<host>/receipt-2` and so on."""
    return f"{host}/{capacity}" if number == 1 else f"{host}/{capacity}-{number}"


def _made_with(world: World) -> Iterator[tuple[str, VerifierKey]]:
    yield RECEIPT, first_receipt_key(world.keyring, world.me.name)
    with suppress(NotFound):
        yield WITNESS, world.keyring.key(numbered(world.me.name, WITNESS, 1))
