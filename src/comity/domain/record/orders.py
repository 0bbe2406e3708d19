"""Records that speak about other records: orders of an issuer about its own, and the posting by which they are found."""

from __future__ import annotations

from hashlib import blake2b

from msgspec import Struct

from comity.domain.record.codec import open_record
from comity.domain.record.fields import decode_fields
from comity.domain.record.index import Told, index_of
from comity.domain.record.opened import Trace
from comity.errors import MalformedRecord

ERASE = "erase/1"
WITHDRAW = "withdraw/1"
AMEND = "amend/1"
CLEAR = "clear/1"
ORDERS = (ERASE, WITHDRAW, AMEND, CLEAR)
"""Kinds by which an issuer takes back what it said; whoever holds the record carries them out and answers."""
PROPOSAL = "proposal"
"""Purpose of an order that one officer has drafted on the desk and nobody has confirmed."""
ABOUT = "about"
"""Name of the trace that leads from a record to whatever names it in `about`."""

_WORDS = (*(kind.partition("/")[0].encode() + b"/" for kind in ORDERS), b"\\u00")


class Target(Struct, frozen=True):
    """A record that an order names; `pointers` None means the whole of it."""

    origin: str
    index: int
    id: str
    pointers: tuple[str, ...] | None = None


class Commanded(Struct, frozen=True):
    """An order as its issuer gave it.

    reason       code or ground, as its kind has it
    replacement  id of the record that an amendment puts in the place of its target
    danger       a person is in danger until it is carried out
    made         RFC 3339 in UTC
    purpose      of the envelope; PROPOSAL on the issuer's own desk is no order yet
    replaces     id of the issuer's own note of the same act, which binds the orders to several readers together
    """

    kind: str
    issuer: str
    targets: tuple[Target, ...]
    id: str = ""
    reason: str = ""
    replacement: str | None = None
    danger: bool = False
    made: str = ""
    purpose: str = ""
    replaces: str | None = None


def order_in(envelope: bytes, fields: bytes) -> Commanded | None:
    """The order that a record gives; None for any other record, and for one that doesn't decode. Cheap for those."""
    if not any(word in envelope for word in _WORDS):
        return None
    try:
        record = open_record(envelope, decode_fields(fields) if fields else ())
    except MalformedRecord:
        return None
    kind, body = record.envelope.kind, record.body
    if kind not in ORDERS:
        return None
    targets = tuple(
        Target(target.origin, target.index, target.id, getattr(target, "fields", None)) for target in body.targets
    )
    return Commanded(
        kind,
        record.envelope.issuer,
        targets,
        record.envelope.id,
        getattr(body, "reason_code", None) or body.ground,
        getattr(body, "replacement", None),
        getattr(body, "danger", False),
        record.envelope.made,
        record.envelope.purpose,
        record.envelope.replaces,
    )


def filed(origin: str, envelope: bytes | None, fields: bytes) -> Told:
    """How an entry of this channel is filed: nothing when it is erased, in quarantine when it isn't its writer's own."""
    if envelope is None:
        return Told(None, (), None)
    told = index_of(envelope, fields)
    if told.header is not None and told.fault is None and told.header.issuer != origin.partition("/ch/")[0]:
        return Told(told.header, (), "issuer-not-the-writer", told.about)
    return told


def about_key(origin: str, index: int) -> bytes:
    """16 bytes under which records about this place are posted."""
    return blake2b(f"{origin}\x00{index}".encode(), digest_size=16).digest()


def postings(told: Told) -> tuple[Trace, ...]:
    """Everything a record is to be found by: its traces, and the places that it names."""
    named = (Trace(ABOUT, about_key(about.origin, about.index)) for about in told.about)
    return tuple(dict.fromkeys((*told.traces, *named)))
