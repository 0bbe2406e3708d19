"""Evidence that this node has kept, as documents for a third machine; and how such a document is made from what is here."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from comity.domain.ledger import (
    TILE_WIDTH,
    Channel,
    Checkpoint,
    Line,
    TileSource,
    inclusion_proof,
    leaves_root,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
)
from comity.domain.receipt.evidence import document, own_lines, read_document, stands
from comity.errors import ComityError, NotFound
from comity.ports import Place, World

_HISTORY = b"history "


@dataclass(frozen=True)
class Kept:
    """One document about a channel; `kind` says what it shows."""

    origin: str
    number: int
    kind: str
    raw: bytes


def kept(world: World) -> list[Kept]:
    """All that this node can show, channel by channel."""
    return [each for channel in world.store.channels() for each in kept_of(world, channel.origin)]


def kept_of(world: World, origin: str) -> list[Kept]:
    """What is kept of one channel, in the order in which it was kept; NotFound when there is no such channel."""
    channel, found = world.store.channel(origin), list[Kept]()
    notes: dict[int, list[bytes]] = {}
    histories: list[bytes] = []
    for raw in world.store.evidence(origin):
        kind = _kind(raw)
        if kind:
            found.append(Kept(origin, len(found), kind, raw))
        elif raw.startswith(_HISTORY):
            histories.append(raw)
        elif (signed := _opened(raw, channel)) is not None:
            notes.setdefault(signed.size, []).append(own_lines(raw, channel.key))
    for raw in histories:
        if (told := _told(raw, notes)) is not None:
            found.append(Kept(origin, len(found), "history", told))
    for size, several in notes.items():
        if pair := _forked(world, channel, size, several):
            found.append(Kept(origin, len(found), "fork", document("fork", pair)))
    return found


def kept_at(world: World, origin: str, number: int) -> Kept:
    """One of them; NotFound when there are fewer."""
    found = kept_of(world, origin)
    if not 0 <= number < len(found):
        raise NotFound("evidence", origin=origin, number=number)
    return found[number]


def _kind(raw: bytes) -> str:
    try:
        return read_document(raw).kind
    except ComityError:
        return ""


def _opened(raw: bytes, channel: Channel) -> Checkpoint | None:
    try:
        return open_checkpoint(raw, channel.key)
    except ComityError:
        return None


def _told(raw: bytes, notes: Mapping[int, Sequence[bytes]]) -> bytes | None:
    """What a comparison with a witness left (witness.md): two notes of these sizes, and what leads from one to the other."""
    head, *hashes = raw.decode("ascii").splitlines()
    sizes = [int(word) for word in head.split(" ")[1:]]
    if len(sizes) != 2 or any(size not in notes for size in sizes):
        return None
    return document("history", [notes[size][0] for size in sizes], (), map(b64decode, hashes))


def _forked(world: World, channel: Channel, size: int, notes: Sequence[bytes]) -> list[bytes]:
    """Two notes of this size with different roots; one that is kept may be held against the one that we have ourselves."""
    mine: list[bytes] = []
    with suppress(NotFound):
        mine = [world.store.note(channel.origin, size)]
    by_root = {parse_checkpoint(parse_note(note).text).root: own_lines(note, channel.key) for note in (*notes, *mine)}
    return list(by_root.values())[:2] if len(by_root) > 1 else []


# ---- making documents


def split_document(one: bytes, leaves: Sequence[bytes], other: bytes, others: Sequence[bytes]) -> bytes | None:
    """That two signed trees part: the first index at which their leaves differ, proven under both roots. None where they don't.

    one, other  notes with the writer's line alone; each list has all the leaves of its note
    """
    at = next((index for index, pair in enumerate(zip(leaves, others, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return None
    places = [
        stands(number, at, inclusion_proof(at, len(all_), _tiles_of(all_)), leaf=all_[at])
        for number, all_ in enumerate((leaves, others))
    ]
    return document("split", (one, other), places)


def replay_document(world: World, channel: Channel, first: int, second: int) -> bytes | None:
    """That one id stands at two places of a channel that is held here; None when one of them isn't here any more."""
    position = world.store.position(channel.origin)
    records = [_record(world, Place(channel.origin, index)) for index in (first, second)]
    if records[0] is None or records[1] is None:
        return None
    places = [
        stands(0, index, _proof(world, channel.origin, index, position.size), record=record)
        for index, record in zip((first, second), records, strict=True)
    ]
    return document("replay", (own_lines(position.note, channel.key),), places)


def back_dated_document(world: World, channel: Channel, index: int, size_then: int) -> bytes | None:
    """That a record stands behind what was confirmed at `size_then`; None when it isn't here any more, or that note isn't."""
    position, record = world.store.position(channel.origin), _record(world, Place(channel.origin, index))
    lines = world.store.lines(channel.origin, size_then)
    if record is None or not lines:
        return None
    earlier = (
        own_lines(world.store.note(channel.origin, size_then), channel.key) + min(lines, key=lambda x: x.name).line
    )
    place = stands(1, index, _proof(world, channel.origin, index, position.size), record=record)
    return document("back-dated", (earlier, own_lines(position.note, channel.key)), (place,))


def went_back_document(world: World, channel: Channel, *lines: Line) -> bytes:
    """That one cosigner signed the second of these trees later than the first, which is larger."""
    return document(
        "went-back", [own_lines(world.store.note(channel.origin, x.size), channel.key) + x.line for x in lines]
    )


def _record(world: World, place: Place) -> bytes | None:
    for entry in world.store.entries(place.origin, place.index, place.index + 1):
        if entry.salt is not None and entry.envelope is not None:
            return entry.salt + entry.envelope
    return None


def _proof(world: World, origin: str, index: int, size: int) -> tuple[bytes, ...]:
    return inclusion_proof(index, size, lambda level, n, width: world.store.tile(origin, level, n, width))


def _tiles_of(leaves: Sequence[bytes]) -> TileSource:
    def tile(level: int, n: int, width: int) -> bytes:
        span = TILE_WIDTH**level
        first = n * TILE_WIDTH
        return b"".join(leaves_root(leaves[at * span : (at + 1) * span]) for at in range(first, first + width))

    return tile
