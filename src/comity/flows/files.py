"""Files that records name: who names them, who may have them, which are still to be fetched, and when they go.

A record names a file by its SHA-256; the bytes travel apart. A file lives as long as a record that names it does, or until an
officer takes it away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from comity.domain.ledger import Peer
from comity.domain.record import Record, kinds
from comity.domain.record.opened import file_trace
from comity.domain.terms import Granted, NodeName, Reason, Refused
from comity.errors import Malformed, NotFound
from comity.flows.access import whole
from comity.flows.lookup import opened
from comity.ports import Noticed, Place, World

State = Literal["here", "fetching", "named"]


_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Naming:
    """A record that is here and names a file."""

    place: Place
    record: Record[Any]
    sha256: str
    size: int


@dataclass(frozen=True)
class Standing:
    """How far a named file has come: `here`, `fetching` (some bytes are here), or only `named`."""

    state: State
    held: int


@dataclass(frozen=True)
class Wanted:
    """A file that a record of another node's names and that isn't here."""

    sha256: str
    size: int
    writer: NodeName
    origin: str


def namings(world: World, sha256: str, origin: str | None = None) -> tuple[Naming, ...]:
    """Records that are settled, not erased, and name this file; only those of one channel when it is given."""
    try:
        key = file_trace(sha256).key
    except ValueError:
        return ()
    places = world.store.traced("file", [key]).get(key, ())
    found = (each for place in places if origin in (None, place.origin) for each in named_at(world, place))
    return tuple(each for each in found if each.sha256 == sha256)


def named_at(world: World, place: Place) -> Iterator[Naming]:
    """The files that the record at a place names; none when it is erased or in quarantine."""
    record = opened(world, place)
    kind = kinds().get(record.envelope.kind) if record is not None else None
    if record is not None and kind is not None and kind.files is not None:
        for file in kind.files(record.body):
            yield Naming(place, record, file.sha256, file.bytes)


def standing(world: World, sha256: str) -> Standing:
    """How far a file has come; one that is damaged is not here."""
    try:
        size = world.files.size(sha256)
    except Malformed:
        return Standing("named", 0)
    if size is not None:
        return Standing("here", size)
    held = world.files.begun(sha256)
    return Standing("fetching" if held else "named", held)


def shown(world: World, digests: Iterable[str]) -> list[str]:
    """Of these files, those that are open to whoever's world it is: named by a record of theirs, or by none and in no case of others."""
    keys = {sha256: bytes.fromhex(sha256[:32]) for sha256 in digests if _SHA256.fullmatch(sha256)}
    hidden = world.store.hidden("file", list(keys.values()))
    return [sha256 for sha256, key in keys.items() if key not in hidden]


def forget_unnamed(world: World, digests: Iterable[str], leaving: Collection[Place] = ()) -> tuple[str, ...]:
    """Of these files, forgets every one that no live record names any more, and returns them. Safe to repeat.

    leaving   places of records that are about to be erased: they don't hold a file back
    """
    gone = [d for d in dict.fromkeys(digests) if all(each.place in leaving for each in namings(world, d))]
    return tuple(sha256 for sha256 in gone if world.files.forget(sha256))


def forget(world: World, sha256: str) -> Granted[bool] | Refused:
    """Takes away a file that nobody names; says whether there was one. A named one goes with its records, not by itself."""
    named_by = namings(whole(world), sha256)
    if named_by:
        places = [f"{each.place.origin} {each.place.index}" for each in named_by[:10]]
        mend = "erase the records that name it"
        return Refused(
            (Reason("file-is-named", {"sha256": sha256, "count": len(named_by), "by": places, "mend": mend}),)
        )
    return Granted(world.files.forget(sha256))


def served(world: World, origin: str, sha256: str, start: int) -> tuple[int, Iterator[bytes]]:
    """(bytes, what there is from `start`) of a file that a record in this channel of ours names; else NotFound, always the same."""
    try:
        size = world.files.size(sha256) if namings(world, sha256, origin) else None
    except Malformed:  # damaged here: whoever keeps the node finds that; a reader finds nothing
        size = None
    if size is None or start > size:
        raise NotFound("no-such-file")
    return size, world.files.read(sha256, start)


def wanted_at(world: World, place: Place) -> Iterator[Wanted]:
    """The files that a held record of another node's names and that aren't here; none of what was withdrawn."""
    writer = world.store.channel(place.origin).writer
    if writer == world.me.name:
        return
    for each in named_at(world, place):
        header = each.record.envelope
        if not world.store.buried(header.issuer, [header.id]) and standing(world, each.sha256).state != "here":
            yield Wanted(each.sha256, each.size, writer, place.origin)


def wanted_now(world: World) -> Iterator[Wanted]:
    """Every file that is still to come, newest records first."""
    for name, kind in kinds().items():
        if kind.files is not None:
            for place in world.store.of_kind(name, 1 << 30):
                yield from wanted_at(world, place)


def fetch_piece(world: World, peer: Peer, wanted: Wanted, piece_bytes: int) -> int:
    """Asks for at most so many bytes more, a multiple of 64 KiB, and keeps them; returns how many are here. All of them: it's whole.

    Raises Unreachable, NotFound (not there yet, or not named any more), Malformed (bytes that can't be the file: noticed, thrown away).
    """
    if not namings(world, wanted.sha256):
        world.files.forget(wanted.sha256)
        raise NotFound("file-not-named", sha256=wanted.sha256)
    start = world.files.begun(wanted.sha256)
    path = f"/ch/{wanted.origin.rpartition('/')[2]}/files/{wanted.sha256}?start={start}&bytes={piece_bytes}"
    raw = world.courier.get(peer, path, piece_bytes)
    if not raw and start < wanted.size:
        raise NotFound("file-ends-early", sha256=wanted.sha256, start=start)
    try:
        held = world.files.extend(wanted.sha256, wanted.size, start, [raw])
    except Malformed as fault:
        about = {"sha256": wanted.sha256, "bytes": wanted.size, "origin": wanted.origin, "reason": fault.code}
        key = f"file-wrong {wanted.sha256} {wanted.origin}"
        world.store.keep([], [Noticed(key, world.clock.now(), "file-wrong", about)])
        raise
    if held == start < wanted.size:
        # Less than what is kept as one: asked for again at once, it would be asked for without end.
        raise NotFound("file-ends-early", sha256=wanted.sha256, start=start)
    if held >= wanted.size and not namings(world, wanted.sha256):
        world.files.forget(wanted.sha256)  # its record was erased while it came
    return held
