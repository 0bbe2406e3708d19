"""A channel that this node holds, as pages that any web server can hand out: the layout of the exchange, without a caller.

What leaves this way leaves our control like any copy: it is asked for by an officer and remembered, record by record, because erased
bodies go from it with the next writing only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from comity.domain.ledger import (
    BETWEEN_NODES,
    TILE_WIDTH,
    Channel,
    Standing,
    note_bytes,
    parse_checkpoint,
    parse_note,
    parse_tile_path,
)
from comity.domain.record import Entry, encode_bundle, index_of
from comity.domain.terms import NodeName
from comity.errors import Conflict, NotFound
from comity.flows.carry import Continued
from comity.flows.taking_up import end_of
from comity.ports import Copied, Fact, Moved, Place, World

COPY = "pages"


@dataclass(frozen=True)
class Head:
    """A channel at one signed size: what its pages are to be.

    checkpoint  the writer's note at that size with every cosignature that is here for it
    root        hexadecimal
    parted      numbers of the bundles in which an order took something from an entry below that size; they may have changed
    """

    origin: str
    writer: str
    vkey: str
    lane: str
    size: int
    root: str
    checkpoint: str
    continues: Continued | None
    parted: tuple[int, ...]


def heads(world: World) -> list[str]:
    """Origins of the channels between nodes that can be written out now, the most pressing first."""
    found = [channel for channel in world.store.channels() if channel.lane in BETWEEN_NODES and _shown(world, channel)]
    return [channel.origin for channel in sorted(found, key=lambda channel: (channel.lane.rank, channel.origin))]


def head(world: World, origin: str) -> Head:
    """NotFound `channel`, or `nothing-signed-yet`; Conflict `channel-behind` while a restored store hasn't caught up with it."""
    channel = world.store.channel(origin)
    if channel.standing is Standing.BEHIND:
        raise Conflict("channel-behind", origin=origin)
    return head_at(world, channel, _size(world, channel))


def head_at(world: World, channel: Channel, size: int) -> Head:
    """The channel at a size of which its store has the note. NotFound `nothing-signed-yet` at none."""
    origin = channel.origin
    if not size:
        raise NotFound("nothing-signed-yet", origin=origin)
    note = parse_note(world.store.note(origin, size))
    lines = [line.to_bytes() for line in note.signatures]
    whole = note_bytes(note.text, lines + [line.line for line in world.store.lines(origin, size)])
    follows = channel.follows
    return Head(
        origin=origin,
        writer=channel.writer,
        vkey=channel.key.text,
        lane=channel.lane.value,
        size=size,
        root=parse_checkpoint(note.text).root.hex(),
        checkpoint=whole.decode(),
        continues=Continued(follows.origin, follows.size, follows.root.hex()) if follows else None,
        parted=tuple(sorted({entry.index // TILE_WIDTH for entry in world.store.parted(origin, 0, size)})),
    )


def page(world: World, origin: str, path: str, by: str) -> bytes:
    """A tile of hashes or a bundle of records, by its path below the channel; what was erased is erased in it.

    by  the officer who lets the records of a bundle out; each is remembered once, as a copy that no order reaches
    NotFound for what doesn't lie whole below the signed size; MalformedNote for what is no path of a page.
    """
    channel = world.store.channel(origin)
    if channel.standing is Standing.BEHIND:
        raise Conflict("channel-behind", origin=origin)

    def let_out(entries: Sequence[Entry]) -> Sequence[Entry]:
        _remember(world, origin, entries, by)
        return entries

    return piece(world, origin, path, _size(world, channel), let_out)


def piece(
    world: World, origin: str, path: str, size: int, let_out: Callable[[Sequence[Entry]], Sequence[Entry]]
) -> bytes:
    """A tile, or a bundle of what `let_out` makes of its entries, for whoever writes or reads pages.

    NotFound for what doesn't lie whole below `size`; MalformedNote for what is no path of a page.
    """
    level, n, width = parse_tile_path(path)
    if isinstance(level, int):
        if (n * TILE_WIDTH + width) << 8 * level > size:
            raise NotFound("beyond-signed-size", origin=origin, path=path)
        return world.store.tile(origin, level, n, width)
    start, stop = n * TILE_WIDTH, n * TILE_WIDTH + width
    if level != "records" or stop > size:
        raise NotFound("beyond-signed-size", origin=origin, path=path)
    entries = world.store.entries(origin, start, stop)
    if len(entries) != width:
        raise NotFound("entries-missing", origin=origin, path=path)
    return encode_bundle(let_out(entries))


def _remember(world: World, origin: str, entries: Sequence[Entry], by: str) -> None:
    """Every record that is let out for the first time; a cursor tells up to where they were."""
    name = f"{COPY} {origin}"
    before, after = world.store.cursor(name), entries[-1].index + 1
    if after <= before:
        return
    fresh = [entry for entry in entries if entry.index >= before and entry.envelope is not None]
    told = world.store.told([Place(origin, entry.index) for entry in fresh])
    facts: list[Fact] = [Moved(name, before, after)]
    for entry in fresh:
        known = told.get(Place(origin, entry.index)) or index_of(entry.envelope or b"", entry.fields)
        if known.header is not None:
            digest = sha256(encode_bundle([entry])).hexdigest()
            issuer, record = NodeName(known.header.issuer), known.header.id
            facts.append(Copied(issuer, record, COPY, digest, by, world.clock.now()))
    world.store.keep([], facts)


def _shown(world: World, channel: Channel) -> bool:
    return channel.standing is not Standing.BEHIND and _size(world, channel) > 0


def _size(world: World, channel: Channel) -> int:
    """Signed or held; of a channel that another goes on from, to its end."""
    size, end = world.store.position(channel.origin).size, end_of(world, channel.origin)
    return size if end is None else min(size, end)
