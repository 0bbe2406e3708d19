"""How a record of ours is made and which channel it goes into."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct

from comity.domain.ledger import ED25519, Channel, Lane, Standing
from comity.domain.record import About, Marking, Sealed, encode_fields, index_of, seal
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict
from comity.ports import Letter, Opened, Place, World

REMOVED = "removed-member"
"""`why` of an open channel to an expelled peer: orders alone stand in it."""
BETWEEN_PEERS = Marking(tlp="AMBER", hcodes=("H0",))
"""What passes between two authorities unless an officer says otherwise: the recipient's organisation, against crime only."""


def outgoing(world: World, to: NodeName, lane: Lane) -> str | None:
    """Origin of the open channel that we write for `to`, newest first; None when there is none, or only one for orders."""
    origin = open_channel(world, to, lane)
    return None if origin is None or world.store.channel(origin).why == REMOVED else origin


def open_channel(world: World, to: NodeName, lane: Lane) -> str | None:
    """The same, even where nothing but orders about what a removed member has may be written."""
    fitting = [
        channel
        for channel in world.store.channels()
        if channel.writer == world.me.name
        and channel.audience == to
        and channel.lane is lane
        and channel.standing is Standing.OPEN
    ]
    return max(fitting, key=lambda channel: (channel.opened, channel.origin)).origin if fitting else None


def channel_to(world: World, to: NodeName, lane: Lane) -> str:
    """`outgoing`, or Conflict that says how to mend it."""
    origin = outgoing(world, to, lane)
    if origin is None:
        raise Conflict("no-channel-to-peer", peer=to, lane=lane.value)
    return origin


def channel_in(world: World, to: NodeName, lane: Lane) -> str:
    """The open channel of this lane, or the urgent one where the two have none: a rescue waits for no channel of its own."""
    found = outgoing(world, to, lane) if lane is Lane.RESCUE else None
    return found if found is not None else channel_to(world, to, Lane.URGENT)


def new_channel(world: World, audience: NodeName, lane: Lane) -> Channel:
    """A channel of ours with a key of its own; it exists once its `Opened` fact is kept."""
    key = world.keyring.create(f"{world.me.name}/ch/{world.mint.channel_id()}", ED25519)
    return Channel(key, world.me.name, audience, lane, world.clock.now())


def desk(world: World) -> str:
    """Origin of the node's private channel, opened at first use."""
    origin = outgoing(world, world.me.name, Lane.DESK)
    if origin is None:
        channel = new_channel(world, world.me.name, Lane.DESK)
        world.store.keep([], [Opened(channel)])
        origin = channel.origin
    return origin


def sealed(
    world: World,
    body: Struct,
    *,
    purpose: str,
    basis: str | None = None,
    about: Sequence[About] = (),
    marking: Marking = BETWEEN_PEERS,
    replaces: str | None = None,
    lang: str | None = None,
    made: Instant | None = None,
    record: str | None = None,
) -> Sealed:
    """A record of ours, minted now."""
    return seal(
        body,
        id=record or world.mint.record_id(),
        issuer=world.me.name,
        made=made if made is not None else world.clock.now(),
        marking=marking,
        purpose=purpose,
        basis=basis,
        about=about,
        replaces=replaces,
        lang=lang,
        salt=world.mint.salt,
    )


def letter(origin: str, record: Sealed) -> Letter:
    """The record on its way into a channel, with its postings."""
    return Letter(origin, record, index_of(record.envelope, encode_fields(record.fields)))


def about_place(world: World, place: Place) -> About:
    """A reference to a record that is here, by place and digest of its envelope."""
    entry = world.store.entries(place.origin, place.index, place.index + 1)[0]
    return About(place.origin, place.index, sha256(entry.envelope or b"").hexdigest())
