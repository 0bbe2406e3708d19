"""Sharing a list of indicators with a peer: one record for each value, in the bulk channel, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from msgspec import UNSET

from comity.domain.indicator import Indicator, is_open
from comity.domain.ledger import Lane
from comity.domain.match import Listing
from comity.domain.record import Marking
from comity.domain.record.kinds import indicator_1
from comity.domain.terms import Actor, NodeName
from comity.flows.access import filed_under
from comity.flows.filing import channel_to, desk, letter, sealed
from comity.flows.suppress import suppressors
from comity.ports import World

SHARED = Marking(tlp="AMBER", hcodes=("H0",))


@dataclass(frozen=True)
class Imported:
    """What became of a batch: how many records were new, how many stood there before, how many a warning list names."""

    new: int
    known: int
    suppressed: int
    origin: str


def _note(listing: Listing, actor: Actor) -> str:
    said_on = f"as of {listing.said_on}" if listing.said_on else ""
    return "; ".join(part for part in (listing.note, said_on, f"imported by {actor.name}") if part)


def list_id(source_sha256: str, audience: str, value: Indicator, note: str = "") -> str:
    """The same value of the same file, for the same audience, has the same id: importing again adds nothing.

    note  what the list says of the value: two statements about one value are two records

    A UUID of version 8 would say "made by a rule", but envelopes take version 7: so the bits of time are taken from the digest
    too, and say nothing about time; `made` does.
    """
    raw = bytearray(blake2b(f"{source_sha256}\0{audience}\0{note}".encode() + value.key, digest_size=16).digest())
    raw[6], raw[8] = raw[6] & 0x0F | 0x70, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def import_values(
    world: World,
    actor: Actor,
    values: Sequence[Indicator],
    *,
    role: str,
    source: str,
    source_sha256: str,
    audience: NodeName | None,
    confidence: int | None = None,
) -> Imported:
    """One transaction for the batch. `audience` None keeps the values on our own desk."""
    listings = [Listing(value, role) for value in values]
    return import_listings(
        world,
        actor,
        listings,
        source=source,
        source_sha256=source_sha256,
        audience=audience,
        confidence=confidence,
    )


def import_listings(
    world: World,
    actor: Actor,
    listings: Sequence[Listing],
    *,
    source: str,
    source_sha256: str,
    audience: NodeName | None,
    confidence: int | None = None,
) -> Imported:
    """Like `import_values`, where the list says of each value what it is."""
    origin = desk(world) if audience is None else channel_to(world, audience, Lane.BULK)
    lists = suppressors(world)
    before = world.store.position(origin).size
    letters, named, named_records = [], 0, list[str]()
    for listing in listings:
        value = listing.value
        is_suppressed = bool(lists.check(value))
        named += is_suppressed
        in_clear = is_open(value.kind)
        body = indicator_1.Body(
            kind=value.kind,
            role=listing.role,
            source=indicator_1.Source(source, source_sha256, _note(listing, actor)),
            value=value.value if in_clear else UNSET,
            confidence=confidence,
            suppressed=is_suppressed,
            personal_value=UNSET if in_clear else value.value,
        )
        # In a case of its own: else it would tell what another case has imported already.
        note = f"{listing.note}\n{actor.case}" if actor.case is not None else listing.note
        record = list_id(source_sha256, origin, value, note)
        named_records.append(record)
        letters.append(letter(origin, sealed(world, body, purpose="crime", marking=SHARED, record=record)))
    places = world.store.keep(letters, filed_under(world, actor, "record", named_records))
    new = sum(place.index >= before for place in set(places))
    return Imported(new, len(letters) - new, named, origin)
