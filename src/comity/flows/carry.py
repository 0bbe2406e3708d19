"""What a peer may read from us, and the one thing it may hand in: its cosignature.

Every function takes the caller as the roster has it at this moment. A channel that doesn't exist and one that isn't the
caller's raise the very same NotFound; a suspended peer finds nothing at all. An expelled one still reads what it had confirmed
before, and the orders about it; no more (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from comity.domain.ledger import (
    TILE_WIDTH,
    Admission,
    Channel,
    Lane,
    Line,
    Peer,
    SignatureLine,
    Standing,
    TlogProof,
    VerifierKey,
    commitment,
    inclusion_proof,
    note_bytes,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
)
from comity.domain.record import Entry, encode_bundle
from comity.errors import MalformedNote, NotFound, Unproven
from comity.flows import files
from comity.flows.conduct import went_back
from comity.flows.filing import REMOVED
from comity.flows.lines import witnessed_size
from comity.flows.receipt_keys import counts, farthest_line, keys_of, receipt_keys
from comity.flows.roster_news import ROTATED
from comity.flows.taking_up import end_of
from comity.ports import Merged, Noticed, Stopped, World

EXCHANGE_VERSION = 1
ENVELOPE_VERSION = 1
CUSTODY_VERSION = 1
"""Orders are carried out, passed on and answered: a holder may ask for this before it passes a record on."""
NOTE_BYTES_MAX = 128 * 1024


@dataclass(frozen=True)
class WellKnown:
    """How a node describes itself. Channels aren't named: their origins are between them and their readers.

    keys   vkeys by which others recognise our word on their channels
    """

    node: str
    country: str
    title: str
    keys: tuple[str, ...]
    formats: dict[str, int]
    limits: dict[str, int]


class Continued(msgspec.Struct, frozen=True):
    """Where the channel ended that another one goes on from; `root` is hexadecimal."""

    origin: str
    size: int
    root: str


class Readable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A channel that the caller may read."""

    origin: str
    vkey: str
    lane: str
    size: int
    continues: Continued | None = None


def well_known(world: World, caller: Peer) -> WellKnown:
    """Our own description, for any accepted peer."""
    _accepted(caller)
    return WellKnown(
        node=world.me.name,
        country=world.me.country,
        title=world.me.title,
        keys=tuple(key.text for key, _ in receipt_keys(world, world.me.name)),
        formats={"exchange": EXCHANGE_VERSION, "envelope": ENVELOPE_VERSION, "custody": CUSTODY_VERSION},
        limits={"note_bytes": NOTE_BYTES_MAX, "tile_width": TILE_WIDTH},
    )


def channels_for(world: World, caller: Peer) -> list[Readable]:
    """The channels that this caller may read, urgent ones first."""
    if caller.admission is Admission.SUSPENDED:
        raise NotFound("no-such-channel")
    mine = [channel for channel in world.store.channels() if _may_read(world, caller, channel)]
    mine.sort(key=lambda channel: (channel.lane.rank, channel.origin))
    return [
        Readable(
            channel.origin,
            channel.key.text,
            channel.lane.value,
            _reach(world, caller, channel),
            Continued(follows.origin, follows.size, follows.root.hex()) if (follows := channel.follows) else None,
        )
        for channel in mine
    ]


def size(world: World, caller: Peer, origin: str) -> int:
    """How many entries are signed: what the event stream announces."""
    _readable(world, caller, origin)
    return world.store.position(origin).size


def sizes(world: World, caller: Peer) -> dict[str, int]:
    """The same for all that this caller may read, by the 16 digits of each channel; the most pressing come first."""
    return {one.origin.rpartition("/")[2]: one.size for one in channels_for(world, caller)}


def lane(world: World, caller: Peer, origin: str) -> Lane:
    """What travels in a channel that this caller may read."""
    return _readable(world, caller, origin, removed=True).lane


def checkpoint(world: World, caller: Peer, origin: str, least: int = 0, *, witnessed: bool = False) -> bytes:
    """The latest note with every cosignature that we were handed for that size; or that of the smallest size from `least` on.

    So a reader that is far behind can come nearer in steps, and has a receipt to give after each.

    witnessed  the newest note that carries as many witnesses' lines as there are for any; NotFound before the first
    """
    signed = _reach(world, caller, _readable(world, caller, origin, removed=True))
    if not signed:
        raise NotFound("nothing-signed-yet")
    if witnessed:
        at = witnessed_size(world, origin)
        if not 0 < at <= signed:
            raise NotFound("nothing-witnessed-yet")
        return _merged(world, origin, at)
    if least > signed:
        raise NotFound("beyond-signed-size")
    nearest = next(iter(world.store.sizes(origin, least - 1)), signed) if least else signed
    return _merged(world, origin, min(nearest, signed))


def checkpoint_at(world: World, caller: Peer, origin: str, at_size: int) -> bytes:
    """The note of one signed size with every cosignature that we were handed for it."""
    _readable(world, caller, origin)
    return _merged(world, origin, at_size)


def tile(world: World, caller: Peer, origin: str, level: int, n: int, width: int) -> bytes:
    """Hashes of a tile, full or partial, that lies whole below the signed size."""
    if (n * TILE_WIDTH + width) << 8 * level > _reach(world, caller, _readable(world, caller, origin, removed=True)):
        raise NotFound("beyond-signed-size")
    return world.store.tile(origin, level, n, width)


def entries_tile(world: World, caller: Peer, origin: str, n: int, width: int) -> bytes:
    """Commitments of a bundle, each behind its length (u16).

    NotFound when one of them was erased: salt and envelope went, and what was made of them can't be told any more.
    """
    _readable(world, caller, origin)
    opened = [_opened(entry) for entry in _bundle(world, caller, origin, n, 0, width)]
    return b"".join(b"\x00\x20" + commitment(salt, envelope) for salt, envelope in opened)


def records(world: World, caller: Peer, origin: str, n: int, width: int, skip: int = 0) -> bytes:
    """Entries [256 n + skip, 256 n + width) as a bundle.

    A bundle has no byte limit here: a whole one is usually some 200 KiB and at worst 256 times the limit of a record. A reader
    that won't take that much narrows it from both ends, by `width` and `skip`, down to a single entry.
    """
    return encode_bundle(_bundle(world, caller, origin, n, skip, width))


def proof(world: World, caller: Peer, origin: str, index: int, at_size: int | None = None) -> bytes:
    """Receipt file of one record, envelope inside; at the latest size unless told otherwise. Its fields travel beside it."""
    _readable(world, caller, origin)
    tree_size = world.store.position(origin).size if at_size is None else at_size
    if not 0 <= index < tree_size:
        raise NotFound("beyond-signed-size")
    note = _merged(world, origin, tree_size)
    found = world.store.entries(origin, index, index + 1)
    if not found:
        raise NotFound("entries-missing")
    salt, envelope = _opened(found[0])
    hashes = inclusion_proof(index, tree_size, lambda level, n, width: world.store.tile(origin, level, n, width))
    return TlogProof(salt + envelope, index, hashes, note).to_bytes()


def file(world: World, caller: Peer, origin: str, sha256: str, start: int = 0) -> tuple[int, Iterator[bytes]]:
    """(bytes, what there is from `start`) of a file that a record in this channel names; unknown and forbidden are the same NotFound."""
    _readable(world, caller, origin)
    return files.served(world, origin, sha256, start)


def take_cosignature(world: World, caller: Peer, origin: str, body: bytes) -> tuple[int, bytes]:
    """Stores the caller's line over one of our checkpoints; repeating it is harmless, the first line of a size stays.

    returns  (200, our note with all lines) · (409, our size and LF) when we haven't published that size ·
             (403, reason and LF) when the line isn't the caller's word on our checkpoint
    Raises MalformedNote when the body is no checkpoint of this channel.
    """
    channel = _readable(world, caller, origin, removed=True)
    note = parse_note(body)
    claimed = parse_checkpoint(note.text)
    if claimed.origin != origin:
        raise MalformedNote("checkpoint-of-another-origin", origin=claimed.origin[:150])
    try:
        ours = parse_note(world.store.note(origin, claimed.size))
    except NotFound:
        fence_if_signed(world, channel, body)
        return 409, b"%d\n" % _reach(world, caller, channel)
    if ours.text != note.text:
        fence_if_signed(world, channel, body)
        return 403, b"another-root\n"
    keys = [(key, until) for key, until in keys_of(caller) if until is None or key in _rotated(caller)]
    theirs = [(line, key, until) for line in note.signatures for key, until in keys if _is_by(line, key)]
    if not theirs:
        return 403, b"no-line-of-yours\n"
    signed, key, until = theirs[0]
    try:
        times = open_note(note_bytes(ours.text, [signed.to_bytes()]), [key]).good
    except Unproven:
        return 403, b"bad-signature\n"
    line = Line(key.name, claimed.size, times[key] or 0, signed.to_bytes())
    if not counts(line, until):
        return 403, b"key-has-ended\n"
    there = {line.name for line in world.store.lines(origin, claimed.size)}
    if there.isdisjoint(each.name for each, _ in keys):
        world.store.keep((), (Merged(origin, line), *went_back(world, channel, caller.name, line)))
        world.step("W5")
    return 200, _merged(world, origin, claimed.size)


def fence_if_signed(world: World, channel: Channel, body: bytes) -> None:
    """Our own good signature on a checkpoint that we don't know shows that this store is older than its signatures."""
    try:
        shown = open_checkpoint(body, channel.key)
    except Unproven:
        return
    at = world.clock.now()
    facts = {"origin": channel.origin, "size": shown.size}
    world.store.keep(
        (),
        (
            Stopped(channel.origin, "fenced", "own-signature-unknown", at, (body,)),
            Noticed(f"fenced:{channel.origin}", at, "own-signature-unknown", facts),
        ),
    )


def _accepted(caller: Peer) -> None:
    if caller.admission is not Admission.ACCEPTED:
        raise NotFound("no-such-channel")


def _may_read(world: World, caller: Peer, channel: Channel) -> bool:
    own = channel.writer == world.me.name
    return own and channel.audience == caller.name != world.me.name and not channel.lane.at_home


def _reach(world: World, caller: Peer, channel: Channel) -> int:
    """How far this caller may read: to the end; an expelled one only as far as it had confirmed, except where orders alone stand."""
    signed, end = world.store.position(channel.origin).size, end_of(world, channel.origin)
    if end is not None:  # what came back of a channel above the point from which another goes on was issued again there
        signed = min(signed, end)
    if caller.admission is not Admission.EXPELLED or (channel.standing is Standing.OPEN and channel.why == REMOVED):
        return signed
    line = farthest_line(world, channel.origin, caller.name, signed)
    return line.size if line is not None else 0


def _readable(world: World, caller: Peer, origin: str, *, removed: bool = False) -> Channel:
    """The caller's own channel; `removed`: an expelled one may have it too."""
    if not (removed and caller.admission is Admission.EXPELLED):
        _accepted(caller)
    channel: Channel | None = None
    with suppress(NotFound):
        channel = world.store.channel(origin)
    if channel is None or not _may_read(world, caller, channel):
        # One fault for both, without the store's as its cause.
        raise NotFound("no-such-channel")
    return channel


def _bundle(world: World, caller: Peer, origin: str, n: int, skip: int, width: int) -> list[Entry]:
    start, stop = n * TILE_WIDTH + skip, n * TILE_WIDTH + width
    if not start < stop <= _reach(world, caller, _readable(world, caller, origin, removed=True)):
        raise NotFound("beyond-signed-size")
    entries = world.store.entries(origin, start, stop)
    if len(entries) != stop - start:
        raise NotFound("entries-missing")
    return entries


def _opened(entry: Entry) -> tuple[bytes, bytes]:
    """(salt, envelope): what an erasure destroys together."""
    if entry.salt is None or entry.envelope is None:
        raise NotFound("record-erased")
    return entry.salt, entry.envelope


def _merged(world: World, origin: str, at_size: int) -> bytes:
    ours = parse_note(world.store.note(origin, at_size))
    lines = [line.to_bytes() for line in ours.signatures]
    return note_bytes(ours.text, lines + [line.line for line in world.store.lines(origin, at_size)])


def _rotated(caller: Peer) -> set[VerifierKey]:
    """Earlier keys that their owner replaced in good order. A lost or stolen one confirms nothing any more, whatever its time says."""
    return {past.key for past in caller.past if past.why == ROTATED}


def _is_by(line: SignatureLine, key: VerifierKey) -> bool:
    return (line.name, line.id) == (key.name, key.id)
