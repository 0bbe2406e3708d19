"""What tests of stores put into them."""

from __future__ import annotations

from comity.domain.ledger import (
    Lane,
    Standing,
)
from comity.domain.record import Entry, index_of
from comity.domain.terms import Instant
from comity.ports import (
    Drained,
    Stopped,
    World,
)
from tests.worlds import channel_to, introduce, letter, sealed_indicator


def written(world: World, count: int) -> str:
    channel = channel_to(world, "taskforce.kh.example", Lane.BULK, "1" * 16)
    world.store.keep([letter(channel.origin, sealed_indicator(world, n)) for n in range(count)])
    return channel.origin


def reading(world: World, far: World, count: int) -> tuple[str, list[Entry], list[bytes], bytes]:
    """`far` writes `count` records for `world`; what there is to pull."""
    channel = channel_to(far, world.me.name, Lane.BULK, "4" * 16)
    far.store.keep([letter(channel.origin, sealed_indicator(far, n)) for n in range(count)])
    introduce(world, far, [channel])
    entries = far.store.entries(channel.origin, 0, count)
    return channel.origin, entries, far.store.leaves(channel.origin, 0, count), far.store.position(channel.origin).note


def replace_envelope(entry: Entry) -> Entry:
    return Entry(entry.index, entry.state, entry.salt, (entry.envelope or b"") + b" ", entry.fields, entry.order)


def standing(world: World, origin: str, standing: Standing) -> None:
    world.store.keep([], [Stopped(origin, standing.value, "a reason", Instant(1))])


def held(world: World, far: World, count: int) -> tuple[str, list[Entry], bytes]:
    """A channel of `far` that `world` holds and has drained."""
    origin, entries, _, note = reading(world, far, count)
    world.store.hold(origin, count, note, entries)
    told = tuple(index_of(e.envelope or b"", e.fields) for e in entries)
    world.store.keep([], [Drained(origin, 0, count, told)])
    return origin, entries, note
