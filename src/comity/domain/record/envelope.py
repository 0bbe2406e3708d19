"""The envelope: the immutable bytes of a record, and their one strict reading.

Speed without giving up strictness: msgspec decodes into a typed value and writes it back. If the bytes come out as they went
in, they are what an encoder makes of a typed value, so no object holds a key twice, no number is a float, no text is broken,
nothing stands before or after; types bound integers and depth. Bytes that come out otherwise may still be lawful (white
space, another order of members): then `strict.scan` decides.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field

from comity.domain.record.forms import checker_for
from comity.domain.record.limits import ABOUT_MAX, DEPTH_MAX, ENVELOPE_BYTES_MAX, FIELDS_MAX, STRING_CHARS_MAX
from comity.domain.record.marking import Marking, read_marking, spells_marking
from comity.domain.record.places import Count, KindName, Origin, Sha256, Time, Uuid, Uuid7, Word
from comity.domain.record.pointer import check_pointer
from comity.domain.record.strict import escapes_a_key, scan
from comity.domain.terms import Instant, instant_from, node_name
from comity.errors import Malformed, MalformedRecord

DECODE_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises on bytes from outside."""

Commitment = Annotated[bytes, Meta(min_length=32, max_length=32)]


class About(Struct, frozen=True, forbid_unknown_fields=True):
    """A reference to a record: its place in a channel and the SHA-256 of its envelope."""

    origin: Origin
    index: Count
    sha256: Sha256


class Envelope(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One record without its personal values.

    kind      name and version of the body: `request/1`
    id        UUIDv7
    issuer    node name
    made      RFC 3339 in UTC
    basis     id of the legal basis, or None
    sealed    pointer into `body` → the 32 bytes that commit to the value there (base64 in JSON)
    source    exchange.md §1
    """

    v: Literal[1]
    kind: KindName
    id: Uuid7
    issuer: str
    made: Time
    marking_raw: Raw = field(default=Raw(b"null"), name="marking")
    purpose: Word
    basis: Word | None
    body: Raw
    sealed: dict[str, Commitment] = {}
    about: Annotated[tuple[About, ...], Meta(max_length=ABOUT_MAX)] = ()
    replaces: Uuid | None = None
    expires: Time | None = None
    lang: Annotated[str, Meta(min_length=2, max_length=35)] | None = None

    @property
    def marking(self) -> Marking:
        """What may be done with the record; an unreadable marking closes it, but doesn't make it unreadable."""
        return read_marking(bytes(self.marking_raw))


class Names(Struct, frozen=True):
    """The members of a header, out of an envelope that may not decode otherwise."""

    id: Uuid7
    kind: KindName
    issuer: str
    made: Time


class Header(Struct, frozen=True, gc=False):
    """Who made which record, and when."""

    id: str
    kind: str
    issuer: str
    made: Instant


_decode = msgspec.json.Decoder(Envelope).decode
_decode_names = msgspec.json.Decoder(Names).decode
_encode = msgspec.json.Encoder().encode
_check_forms = checker_for(Envelope)
_check_names = checker_for(Names)


def read_envelope(raw: bytes) -> Envelope:
    """The envelope that these bytes spell; whatever breaks the profile raises MalformedRecord."""
    envelope, scanned = read_frame(raw)
    if not scanned:
        scan(bytes(envelope.body), DEPTH_MAX - 1)
    check_pointers(envelope)
    return envelope


def read_frame(raw: bytes) -> tuple[Envelope, bool]:
    """The envelope, and whether its body too is known to be strict JSON; if not, the caller has to hold the body to it."""
    if len(raw) > ENVELOPE_BYTES_MAX:
        raise MalformedRecord("envelope-too-large", bytes_max=ENVELOPE_BYTES_MAX)
    try:
        envelope = _decode(raw)
    except DECODE_FAULTS as fault:
        scan(raw)  # its code says more
        raise MalformedRecord("envelope-does-not-decode", path=fault_path(fault)) from fault
    if (
        len(raw) <= STRING_CHARS_MAX  # so no string can be longer
        and _encode(envelope) == raw
        and (b"\\" not in raw or not escapes_a_key(raw))
        and spells_marking(bytes(envelope.marking_raw))
    ):
        _check_forms(envelope)
        check_issuer(envelope.issuer)
        return envelope, False
    _check_spelling(scan(raw), envelope)
    _check_forms(envelope)
    check_issuer(envelope.issuer)
    return envelope, True


def header_in(raw: bytes) -> Header | None:
    """The header in strict JSON that may be no envelope otherwise; None if there is none in due form."""
    try:
        names = _decode_names(raw)
        _check_names(names)
        check_issuer(names.issuer)
    except (*DECODE_FAULTS, MalformedRecord):
        return None
    return Header(names.id, names.kind, names.issuer, instant_from(names.made))


def header_of(envelope: Envelope) -> Header:
    """The header of an envelope that has been read."""
    made = envelope.made  # in due form by now, so only its minute is looked up in the calendar
    at = Instant(_minute(made[:16]) + int(made[17:19]) * 1000 + int(made[20:-1] or 0))
    return Header(envelope.id, envelope.kind, envelope.issuer, at)


@lru_cache(1024)
def _minute(text: str) -> Instant:
    return instant_from(f"{text}:00Z")


def fault_path(fault: Exception) -> str:
    """Where in a value the decoder stopped: `$.indicators[0].kind`. The rest of its words may quote the value."""
    said = re.search(r"at `(?:key in )?([^`]*)`", str(fault))
    return said[1][:200] if said is not None else "$"


def _check_spelling(value: object, envelope: Envelope) -> None:
    """The decoder takes base64 with loose ends; a commitment has one spelling."""
    spelled = value.get("sealed", {}) if isinstance(value, dict) else None
    if spelled != {pointer: b64encode(promised).decode() for pointer, promised in envelope.sealed.items()}:
        raise MalformedRecord("sealed-not-base64")


def check_pointers(envelope: Envelope) -> None:
    """Holds the places that an envelope seals to the form of pointers."""
    if len(envelope.sealed) > FIELDS_MAX:
        raise MalformedRecord("too-many-fields", fields_max=FIELDS_MAX)
    for pointer in envelope.sealed:
        check_pointer(pointer)


@lru_cache(4096)
def check_issuer(issuer: str) -> None:
    """Raises unless it is the name of a node."""
    try:
        node_name(issuer)
    except Malformed as fault:
        raise MalformedRecord("issuer-not-a-node-name") from fault
