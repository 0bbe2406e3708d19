"""Fields: personal values that travel beside the envelope, each under a commitment of its own.

Erasing a field touches no proof, for the leaf commits to the envelope alone; opening one field tells nothing about another.

    field = u16 pointer length ‖ pointer ‖ salt[32] ‖ u32 value length ‖ value        ordered by pointer, each pointer once
    commitment = HMAC-SHA256(salt, pointer ‖ 0x00 ‖ value)
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from struct import Struct as Layout

from msgspec import Struct

from comity.domain.ledger.commitment import hmac_of
from comity.domain.record.envelope import Envelope
from comity.domain.record.limits import FIELDS_BYTES_MAX, FIELDS_MAX, SALT_BYTES
from comity.domain.record.pointer import check_pointer
from comity.errors import MalformedRecord

_HEAD = Layout(">H")
_VALUE_HEAD = Layout(">I")
_length, _value_length = _HEAD.unpack_from, _VALUE_HEAD.unpack_from


class Field(Struct, frozen=True, gc=False):
    """One opened value.

    pointer   RFC 6901, into `body`
    salt      32 bytes of chance, fresh per field and channel
    value     UTF-8 JSON, exact bytes
    """

    pointer: str
    salt: bytes
    value: bytes


class FieldStates(Struct, frozen=True, gc=False):
    """Which sealed places are open here, and which are withheld or erased."""

    opened: frozenset[str]
    absent: frozenset[str]


def field_commitment(field: Field) -> bytes:
    """The 32 bytes that the envelope's `sealed` holds for this field."""
    if len(field.salt) != SALT_BYTES:  # HMAC pads short keys with zeros: a free length would be ambiguous
        raise MalformedRecord("field-salt-length", pointer=field.pointer)
    return hmac_of(field.salt, field.pointer.encode() + b"\x00" + field.value)


def encode_fields(fields: Iterable[Field]) -> bytes:
    """The fields as bytes, whatever order they come in."""
    raw = b"".join(
        _HEAD.pack(len(pointer)) + pointer + field.salt + _VALUE_HEAD.pack(len(field.value)) + field.value
        for pointer, field in sorted(((field.pointer.encode(), field) for field in fields), key=itemgetter(0))
    )
    decode_fields(raw)  # what we would refuse we don't send
    return raw


def decode_fields(raw: bytes) -> tuple[Field, ...]:
    """The fields in these bytes; out of order, repeated, truncated or over a limit raises MalformedRecord."""
    if len(raw) > FIELDS_BYTES_MAX:
        raise MalformedRecord("fields-too-large", bytes_max=FIELDS_BYTES_MAX)
    fields: list[Field] = []
    at, end, last = 0, len(raw), b""
    while at < end:
        if len(fields) == FIELDS_MAX:
            raise MalformedRecord("too-many-fields", fields_max=FIELDS_MAX)
        if at + 2 > end:
            raise MalformedRecord("fields-truncated", at=at)
        salt_at = at + 2 + _length(raw, at)[0]
        value_at = salt_at + SALT_BYTES + 4
        if value_at > end:
            raise MalformedRecord("fields-truncated", at=at)
        pointer = raw[at + 2 : salt_at]
        if pointer <= last:
            raise MalformedRecord("fields-out-of-order", at=at)
        next_at = value_at + _value_length(raw, value_at - 4)[0]
        if next_at > end:
            raise MalformedRecord("fields-truncated", at=at)
        fields.append(Field(_pointer(pointer), raw[salt_at : value_at - 4], raw[value_at:next_at]))
        at, last = next_at, pointer
    return tuple(fields)


@lru_cache(1024)  # a kind has a handful of them, and every record of that kind the same
def _pointer(raw: bytes) -> str:
    try:
        pointer = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise MalformedRecord("pointer", pointer=ascii(raw[:80])) from fault
    check_pointer(pointer)
    return pointer


def check_fields(envelope: Envelope, fields: Sequence[Field]) -> FieldStates:
    """Holds the fields against the envelope; one that it didn't seal, or sealed otherwise, raises MalformedRecord."""
    sealed = envelope.sealed
    for field in fields:
        promised = sealed.get(field.pointer)
        if promised is None:
            raise MalformedRecord("field-not-sealed", pointer=field.pointer)
        if not hmac.compare_digest(field_commitment(field), promised):
            raise MalformedRecord("field-mismatch", pointer=field.pointer)
    opened = frozenset(field.pointer for field in fields)
    if len(opened) != len(fields):
        raise MalformedRecord("field-twice")
    return FieldStates(opened, frozenset(sealed.keys() - opened))
