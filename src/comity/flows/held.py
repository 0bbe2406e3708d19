"""What we hold of a channel that the caller writes: it asks for it when it came back from a backup and has lost its end.

A writer gets nothing here that it has not written itself. What is pending isn't held, and isn't handed back.
"""

from __future__ import annotations

import msgspec

from comity.domain.ledger import TILE_WIDTH, Admission, Channel, Peer, note_bytes, parse_note
from comity.domain.record import encode_bundle
from comity.errors import NotFound
from comity.flows.carry import Continued
from comity.ports import World


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """A channel of the caller's, as far as we hold it."""

    origin: str
    vkey: str
    lane: str
    size: int
    continues: Continued | None = None


def held_channels(world: World, caller: Peer) -> list[Held]:
    """Every channel that this caller writes for us, the most pressing first."""
    _accepted(caller)
    theirs = [channel for channel in world.store.channels() if channel.writer == caller.name]
    theirs.sort(key=lambda channel: (channel.lane.rank, channel.origin))
    return [
        Held(
            channel.origin,
            channel.key.text,
            channel.lane.value,
            world.store.position(channel.origin).size,
            Continued(follows.origin, follows.size, follows.root.hex()) if (follows := channel.follows) else None,
        )
        for channel in theirs
    ]


def held_checkpoint(world: World, caller: Peer, origin: str) -> bytes:
    """The caller's own note at the size that we hold, with our line if we have given one for that size."""
    _theirs(world, caller, origin)
    position = world.store.position(origin)
    if not position.size:
        raise NotFound("nothing-held")
    note = parse_note(position.note)
    lines = [line.to_bytes() for line in note.signatures]
    return note_bytes(note.text, lines + [line.line for line in world.store.lines(origin, position.size)])


def held_tile(world: World, caller: Peer, origin: str, level: int, n: int, width: int) -> bytes:
    """Hashes of a tile that lies whole below what we hold."""
    _theirs(world, caller, origin)
    if (n * TILE_WIDTH + width) << 8 * level > world.store.position(origin).size:
        raise NotFound("beyond-held-size")
    return world.store.tile(origin, level, n, width)


def held_records(world: World, caller: Peer, origin: str, n: int, width: int, skip: int = 0) -> bytes:
    """Entries [256 n + skip, 256 n + width) as a bundle; what was erased stays erased."""
    _theirs(world, caller, origin)
    start, stop = n * TILE_WIDTH + skip, n * TILE_WIDTH + width
    if not start < stop <= world.store.position(origin).size:
        raise NotFound("beyond-held-size")
    return encode_bundle(world.store.entries(origin, start, stop))


def _accepted(caller: Peer) -> None:
    if caller.admission is not Admission.ACCEPTED:
        raise NotFound("no-such-channel")


def _theirs(world: World, caller: Peer, origin: str) -> Channel:
    _accepted(caller)
    for channel in world.store.channels():
        if channel.origin == origin and channel.writer == caller.name:
            return channel
    raise NotFound("no-such-channel")
