"""Is what a writer shows us what it shows its witness? Two histories that it signed, and that can't both be true, end the channel."""

from __future__ import annotations

from base64 import b64encode
from enum import StrEnum
from hashlib import sha256

from comity.domain.ledger import (
    Channel,
    Peer,
    Standing,
    TileSource,
    consistency_proof,
    open_checkpoint,
    own_note,
    tree_root,
)
from comity.errors import MalformedNote, NotFound, Unproven
from comity.flows.carry import NOTE_BYTES_MAX
from comity.ports import Noticed, Stopped, World


class Compared(StrEnum):
    """What the comparison shows.

    AGREES   the witness has seen the history that we hold
    AHEAD    it has seen more than we hold: nothing can be said until we hold as much
    NOTHING  it has seen nothing of this channel, or nothing that the writer signed
    FORK     the writer signed another history: the channel is stopped, the evidence kept
    """

    AGREES = "agrees"
    AHEAD = "ahead"
    NOTHING = "nothing"
    FORK = "fork"


def read_from_others(world: World, witness: Peer) -> list[Channel]:
    """Open channels that we read, whose writer isn't the witness itself."""
    return [
        channel
        for channel in world.store.channels()
        if channel.writer not in (world.me.name, witness.name) and channel.standing is Standing.OPEN
    ]


def compare_with_witness(world: World, witness: Peer, channel: Channel) -> Compared:
    """Fetches what the witness cosigned last of this channel, and holds it against what we hold. Raises Unreachable."""
    path = f"/witness/{sha256(channel.origin.encode()).hexdigest()}/checkpoint"
    try:
        raw = world.courier.get(witness, path, NOTE_BYTES_MAX)
        seen = open_checkpoint(raw, channel.key)
    except (NotFound, Unproven, MalformedNote):
        return Compared.NOTHING
    held = world.store.position(channel.origin)
    if seen.size > held.size:
        return Compared.AHEAD

    def tiles(level: int, n: int, width: int) -> bytes:
        return world.store.tile(channel.origin, level, n, width)

    root = tree_root(seen.size, tiles)
    if seen.root == root:
        return Compared.AGREES
    at = world.clock.now()
    # Of one size the two notes are the proof; else what leads from our root at that size to the larger one that was signed.
    theirs, ours = own_note(raw, channel.key), _note_at(world, channel.origin, seen.size)
    evidence = (ours, theirs) if ours else (held.note, theirs, _history(seen.size, held.size, root, tiles))
    about = {"origin": channel.origin, "writer": channel.writer, "size": seen.size, "witness": witness.name}
    world.store.keep(
        [],
        [
            Stopped(channel.origin, Standing.STOPPED.value, "equivocation", at, evidence),
            Noticed(f"fork {channel.origin} {seen.size}", at, "fork", about),
        ],
    )
    return Compared.FORK


def _note_at(world: World, origin: str, size: int) -> bytes:
    """The writer's note of exactly this size, if it ever came here; else nothing."""
    try:
        return world.store.note(origin, size)
    except NotFound:
        return b""


def _history(old: int, size: int, root: bytes, tiles: TileSource) -> bytes:
    """`history <old> <size>`, the root at `old`, and the consistency proof to `size`, each on a line of its own."""
    hashes = (root, *consistency_proof(old, size, tiles))
    return f"history {old} {size}\n".encode() + b"".join(b64encode(each) + b"\n" for each in hashes)
