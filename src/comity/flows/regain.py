"""The end of a channel of ours as a reader holds it: asked for, checked, and taken back. Nothing is signed for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from comity.domain.ledger import (
    TILE_WIDTH,
    Channel,
    Line,
    Peer,
    Predecessor,
    VerifierKey,
    note_bytes,
    open_checkpoint,
    open_note,
    parse_note,
    tile_path,
)
from comity.domain.record import (
    ERASE,
    Entry,
    Order,
    Sealed,
    State,
    decode_bundle,
    decode_fields,
    encode_fields,
    index_of,
    order_in,
)
from comity.errors import Malformed, MalformedNote, MalformedRecord, Unproven
from comity.flows.fetch import BUNDLE_BYTES_MAX, NOTE_BYTES_MAX
from comity.flows.taking_up import CHANNELS_BYTES_MAX
from comity.ports import Erased, Erasure, Fact, Letter, Merged, Place, World


@dataclass(frozen=True)
class HeldThere:
    """A channel of ours as a reader says that it holds it."""

    origin: str
    vkey: str
    lane: str
    size: int
    follows: Predecessor | None


@dataclass(frozen=True)
class Tail:
    """What a reader handed back of one channel: our own note, and all that it covers beyond what we have.

    lines  the reader's cosignatures over that note
    """

    channel: Channel
    size: int
    note: bytes
    entries: tuple[Entry, ...]
    leaves: tuple[bytes, ...]
    lines: tuple[Line, ...]


class _Continued(msgspec.Struct, frozen=True):
    origin: str
    size: int
    root: str


class _Listed(msgspec.Struct, frozen=True):
    """A line of `GET /held`; members that we don't know are passed over."""

    origin: str
    vkey: str
    lane: str
    size: int
    continues: _Continued | None = None


def held_by(world: World, peer: Peer) -> tuple[HeldThere, ...]:
    """What the peer holds of our channels, by its own word; nothing is taken over without our signature."""
    raw = world.courier.get(peer, "/held", CHANNELS_BYTES_MAX)
    try:
        listed = msgspec.json.decode(raw, type=tuple[_Listed, ...])
        return tuple(
            HeldThere(
                each.origin,
                each.vkey,
                each.lane,
                each.size,
                None
                if (found := each.continues) is None
                else Predecessor(found.origin, found.size, bytes.fromhex(found.root)),
            )
            for each in listed
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as fault:
        raise MalformedNote("held-unreadable", peer=peer.name) from fault


def tail_of(world: World, peer: Peer, channel: Channel, start: int | None = None, stop: int | None = None) -> Tail:
    """What the peer holds from `start` (else from our size) to `stop` (else to its own). Unproven unless our signature is on it."""
    origin = channel.origin
    note = world.courier.get(peer, _path(origin, "checkpoint"), NOTE_BYTES_MAX)
    signed = open_checkpoint(note, channel.key)
    first = world.store.position(origin).size if start is None else start
    last = signed.size if stop is None else min(stop, signed.size)
    entries: list[Entry] = []
    leaves: list[bytes] = []
    for n in range(first // TILE_WIDTH, (last - 1) // TILE_WIDTH + 1) if first < last else ():
        low, high = max(first - n * TILE_WIDTH, 0), min(last - n * TILE_WIDTH, TILE_WIDTH)
        raw = world.courier.get(peer, _path(origin, tile_path(0, n, high)), TILE_WIDTH * 32)
        if len(raw) < high * 32 or len(raw) % 32:
            raise MalformedRecord("tile-length", origin=origin, tile=n, bytes=len(raw))
        leaves += [raw[at * 32 : at * 32 + 32] for at in range(low, high)]
        at = low
        while at < high:
            at, came = _entries(world, peer, origin, n, at, high)
            entries += came
    return Tail(
        channel, signed.size, _own(note, channel.key), tuple(entries), tuple(leaves), _lines(peer, note, signed.size)
    )


def _entries(world: World, peer: Peer, origin: str, n: int, low: int, high: int) -> tuple[int, list[Entry]]:
    while True:
        skip = f"?skip={low}" if low else ""
        try:
            raw = world.courier.get(peer, _path(origin, tile_path("records", n, high) + skip), BUNDLE_BYTES_MAX)
        except Malformed as fault:
            if fault.code != "body-too-large" or high - low == 1:
                raise
            high = low + (high - low) // 2
            continue
        return high, decode_bundle(raw, n * TILE_WIDTH + low, high - low)


def regained(world: World, tail: Tail) -> int:
    """Takes a tail back in one transaction, without what orders in it erase; returns how many entries came.

    What they erase of the part that we have goes first, so that a crash between the two leaves nothing to be seen.
    """
    if not tail.entries:
        return 0
    origin = tail.channel.origin
    entries, earlier = _obeyed(world, tail)
    if earlier:
        world.store.keep([], earlier)
        world.step("V1o")
    world.store.regain(origin, tail.note, entries, tail.leaves)
    world.step("V1r")
    there = {line.name for line in world.store.lines(origin, tail.size)}
    fresh = [Merged(origin, line) for line in tail.lines if line.name not in there]
    if fresh:
        world.store.keep([], fresh)
    return len(entries)


def _obeyed(world: World, tail: Tail) -> tuple[list[Entry], list[Fact]]:
    """The entries without what orders among them take away, and what those orders take from channels that we have."""
    entries, earlier = {entry.index: entry for entry in tail.entries}, list[Fact]()
    ours = {channel.origin for channel in world.store.channels() if channel.writer == world.me.name}
    for entry in tail.entries:
        command = order_in(entry.envelope, entry.fields) if entry.envelope is not None else None
        if command is None or command.kind != ERASE or command.issuer != world.me.name:
            continue
        order = Place(tail.channel.origin, entry.index)
        for target in command.targets:
            if target.origin == tail.channel.origin and target.index in entries:
                entries[target.index] = _without(entries[target.index], target.pointers, order)
            elif target.origin in ours and target.index < world.store.position(target.origin).size:
                earlier.append(Erased(Erasure(Place(target.origin, target.index), target.pointers), order))
    return [entries[index] for index in sorted(entries)], earlier


def _without(entry: Entry, pointers: tuple[str, ...] | None, order: Place) -> Entry:
    if entry.state is State.ERASED:
        return entry
    by = Order(order.origin, order.index)
    if pointers is None:
        return Entry(entry.index, State.ERASED, None, None, b"", by)
    rest = encode_fields([field for field in decode_fields(entry.fields) if field.pointer not in pointers])
    return replace(entry, state=State.PARTED, fields=rest, order=by)


def letter_again(origin: str, entry: Entry) -> Letter | None:
    """The same envelope for another channel of ours; None for one that was erased, or that doesn't read."""
    if entry.envelope is None:
        return None
    told = index_of(entry.envelope, entry.fields)
    if told.header is None:
        return None
    return Letter(origin, Sealed(entry.envelope, tuple(decode_fields(entry.fields)), told.header.id), told)


def _own(note: bytes, key: VerifierKey) -> bytes:
    parsed = parse_note(note)
    return note_bytes(parsed.text, [s.to_bytes() for s in parsed.signatures if (s.name, s.id) == (key.name, key.id)])


def _lines(peer: Peer, note: bytes, size: int) -> tuple[Line, ...]:
    """The peer's own cosignatures under a note, under its present key or an earlier one."""
    return tuple(_good_lines(note, size, [peer.receipt_key, *(past.key for past in peer.past)]))


def _good_lines(note: bytes, size: int, keys: Iterable[VerifierKey]) -> Iterable[Line]:
    parsed = parse_note(note)
    for key in keys:
        for line in parsed.signatures:
            if (line.name, line.id) != (key.name, key.id):
                continue
            try:
                times = open_note(note_bytes(parsed.text, [line.to_bytes()]), [key]).good
            except Unproven:
                continue
            yield Line(key.name, size, times[key] or 0, line.to_bytes())


def _path(origin: str, rest: str) -> str:
    return f"/held/{origin.rsplit('/', 1)[1]}/{rest}"
