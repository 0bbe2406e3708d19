"""Channels that a known writer announces: which of them a reader takes up, and what it holds against the others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from comity.domain.ledger import (
    BETWEEN_NODES,
    ED25519,
    EMPTY_ROOT,
    Channel,
    Lane,
    Peer,
    Predecessor,
    Standing,
    VerifierKey,
    open_checkpoint,
    successor,
    tree_root,
)
from comity.domain.terms import NodeName
from comity.errors import Malformed, MalformedNote
from comity.ports import Fact, Noticed, Opened, Stopped, World

CHANNELS_BYTES_MAX = 1024 * 1024
_LANES = {lane.value for lane in BETWEEN_NODES}


@dataclass(frozen=True)
class Announced:
    """A channel as its writer tells of it; `lane` in its own words."""

    vkey: str
    lane: str
    follows: Predecessor | None = None


class _Continued(msgspec.Struct, frozen=True):
    origin: str
    size: int
    root: str


class _Listed(msgspec.Struct, frozen=True):
    """A line of `GET /channels`; members that we don't know are passed over."""

    vkey: str
    lane: str
    continues: _Continued | None = None


def root_at(world: World, origin: str, size: int) -> bytes | None:
    """Root of the first `size` entries, as far as we hold or await them; None where we can't tell yet."""
    position = world.store.position(origin)
    if size == 0:
        return EMPTY_ROOT
    if size == position.size:
        return position.root
    if size < position.size:
        return tree_root(size, lambda level, n, width: world.store.tile(origin, level, n, width))
    if size == position.pending:
        return open_checkpoint(position.pending_note, world.store.channel(origin).key).root
    return None


def taken_up(world: World, writer: NodeName, announced: Iterable[Announced]) -> list[Fact]:
    """What follows from these channels of this writer's for us. One that isn't one, or bears a name that is taken, is passed over.

    A channel that goes on from another is opened only if that one is held here, in good standing, and has that root there.
    """
    facts: list[Fact] = []
    known = {channel.origin: channel for channel in world.store.channels()}
    for each in announced:
        key = _channel_key(each, writer)
        there = known.get(key.name) if key is not None else None
        if key is None or (there is not None and (there.key != key or there.follows is not None or not each.follows)):
            continue
        lane = Lane(each.lane)
        channel = there or Channel(key, writer, world.me.name, lane, world.clock.now())
        if each.follows is not None:
            why = _why_not(world, known, channel, each.follows)
            if why is not None:
                facts.append(_refused(world, channel, each.follows, why))
                continue
            channel = replace(channel, follows=each.follows)
        known[channel.origin] = channel
        facts.append(Opened(channel))
    return facts


def _channel_key(announced: Announced, writer: NodeName) -> VerifierKey | None:
    try:
        key = VerifierKey.parse(announced.vkey)
    except Malformed:
        return None
    fits = re.fullmatch(re.escape(writer) + r"/ch/[0-9a-f]{16}", key.name) is not None
    return key if fits and key.kind == ED25519 and announced.lane in _LANES else None


def _why_not(world: World, known: dict[str, Channel], channel: Channel, follows: Predecessor) -> str | None:
    """The reason against taking the channel for the continuation that it claims to be."""
    earlier = known.get(follows.origin)
    if earlier is None or follows.origin == channel.origin:
        return "predecessor-unknown"
    if (earlier.writer, earlier.audience, earlier.lane) != (channel.writer, channel.audience, channel.lane):
        return "predecessor-of-another-kind"
    if earlier.standing is Standing.STOPPED:
        return "predecessor-stopped"
    root = root_at(world, follows.origin, follows.size)
    return "predecessor-has-another-root" if root is not None and root != follows.root else None


def _refused(world: World, channel: Channel, follows: Predecessor, why: str) -> Noticed:
    about = {
        "origin": channel.origin,
        "writer": channel.writer,
        "continues": follows.origin,
        "size": follows.size,
        "why": why,
    }
    return Noticed(f"continues {channel.origin} {why}", world.clock.now(), "continues-refused", about)


def look_for_channels(world: World, peer: Peer) -> tuple[str, ...]:
    """Asks a peer which channels it writes for us, and takes up those that go on from one we hold; returns their origins.

    For a writer that has lost every channel in which it could announce one. Raises as `Courier.get`, and Malformed.
    """
    raw = world.courier.get(peer, "/channels", CHANNELS_BYTES_MAX)
    try:
        listed = msgspec.json.decode(raw, type=tuple[_Listed, ...])
        announced = [
            Announced(each.vkey, each.lane, Predecessor(found.origin, found.size, bytes.fromhex(found.root)))
            for each in listed
            if (found := each.continues) is not None
        ]
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as fault:
        raise MalformedNote("channels-unreadable", peer=peer.name) from fault
    facts = taken_up(world, peer.name, announced)
    if facts:
        world.store.keep([], facts)
    return tuple(fact.channel.origin for fact in facts if isinstance(fact, Opened))


def end_of(world: World, origin: str) -> int | None:
    """The size at which this channel ended because another goes on from it; None while none does."""
    after = successor(origin, world.store.channels())
    return after.follows.size if after is not None and after.follows is not None else None


def settle_chain(world: World, origin: str) -> None:
    """Once a predecessor is held to its end: it is retired, or its false continuation is stopped."""
    channel, position = world.store.channel(origin), world.store.position(origin)
    after, now = successor(origin, world.store.channels()), world.clock.now()
    if after is None or after.follows is None or after.standing is Standing.STOPPED:
        return
    root = root_at(world, origin, after.follows.size)
    if root is None:
        return
    if root != after.follows.root:
        evidence = tuple(note for note in (position.note, world.store.position(after.origin).note) if note)
        refused = _refused(world, after, after.follows, "predecessor-has-another-root")
        world.store.keep(
            [],
            [Stopped(after.origin, Standing.STOPPED.value, "predecessor-has-another-root", now, evidence), refused],
        )
    elif channel.standing is Standing.OPEN and position.size == position.pending >= after.follows.size:
        world.store.keep([], [Stopped(origin, Standing.RETIRED.value, "continued", now)])
