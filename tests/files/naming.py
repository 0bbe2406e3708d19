"""Records that name files: fictional evidence, in any channel of a test's node."""

from __future__ import annotations

from comity.domain.record import encode_fields, index_of, seal
from comity.domain.record.kinds import erase_1, evidence_1
from comity.ports import Erasure, Letter, Place, World
from tests.files.kept import digest
from tests.worlds import marking

REQUEST = "0193a5d1-0000-7000-8000-00000000f1c7"


def item(raw: bytes, *, sha256: str | None = None, size: int | None = None) -> evidence_1.Item:
    return evidence_1.Item(
        sha256=sha256 or digest(raw),
        bytes=len(raw) if size is None else size,
        media_type="application/octet-stream",
        collected_at="2026-11-26T09:00:00.000Z",
        collected_by="fictional clerk",
        method="export",
    )


def hand_over(world: World, origin: str, *items: evidence_1.Item) -> Place:
    """Writes a record that names them into a channel of ours."""
    body = evidence_1.Body(request=REQUEST, items=items, by="fictional clerk")
    (place,) = world.store.keep([_letter(world, origin, body)])
    return place


def take_back(world: World, place: Place) -> None:
    """Erases that record by an order in its own channel."""
    told = world.store.told([place])[place]
    assert told.header is not None
    target = erase_1.Erasure(origin=place.origin, index=place.index, id=told.header.id)
    body = erase_1.Body(targets=(target,), ground="mistaken-identity", ordered_by="fictional judge")
    letter = _letter(world, place.origin, body)
    world.store.keep([Letter(letter.origin, letter.sealed, letter.told, (Erasure(place),))])


def _letter(world: World, origin: str, body: evidence_1.Body | erase_1.Body) -> Letter:
    sealed = seal(
        body,
        id=world.mint.record_id(),
        issuer=world.me.name,
        made=world.clock.now(),
        marking=marking(),
        purpose="crime",
        salt=world.mint.salt,
    )
    return Letter(origin, sealed, index_of(sealed.envelope, encode_fields(sealed.fields)))
