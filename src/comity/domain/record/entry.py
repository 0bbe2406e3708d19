"""Bundles: the records of a channel as one node hands them to another, each with its state.

entry    u8 state ‖ u32 payload length ‖ payload
present  salt[32] ‖ u32 envelope length ‖ envelope ‖ fields          also veiled
parted   order ‖ as present
erased   order
withheld nothing
order    u64 index of the erase record ‖ u16 origin length ‖ origin
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from msgspec import Struct

from comity.domain.record.limits import (
    ENVELOPE_BYTES_MAX,
    FIELDS_BYTES_MAX,
    INTEGER_MAX,
    ORIGIN_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    SALT_BYTES,
)
from comity.errors import MalformedRecord

_HEAD: Final = struct.Struct(">BI")
_ORDER: Final = struct.Struct(">QH")
_LENGTH: Final = struct.Struct(">I")


class State(IntEnum):
    """What of a record is here."""

    ERASED = 0
    """Envelope and salt destroyed by an order."""
    PRESENT = 1
    """All that was sealed is here."""
    PARTED = 2
    """Some fields destroyed by an order."""
    WITHHELD = 3
    """Not handed over, and no order says why: can't be held as received."""
    VEILED = 4
    """Some fields not handed over, and no order says why."""


class Order(Struct, frozen=True):
    """The erase record that orders it, by its place."""

    origin: str
    index: int


class Entry(Struct, frozen=True):
    """One record of a channel with its place, as far as it is here."""

    index: int
    state: State
    salt: bytes | None = None
    envelope: bytes | None = None
    fields: bytes = b""
    order: Order | None = None


def encode_bundle(entries: Iterable[Entry]) -> bytes:
    """The entries as bytes, in the order given; their indexes are told by the place of the bundle."""
    parts: list[bytes] = []
    for entry in entries:
        payload = _payload(entry)
        parts += (_HEAD.pack(entry.state, len(payload)), payload)
    return b"".join(parts)


def decode_bundle(raw: bytes, start: int, count_max: int) -> list[Entry]:
    """The entries in these bytes, the first at index `start`; any breach of the format raises MalformedRecord."""
    entries: list[Entry] = []
    at, end = 0, len(raw)
    while at < end:
        index = start + len(entries)
        if len(entries) == count_max:
            raise MalformedRecord("bundle-too-many", count_max=count_max)
        if at + _HEAD.size > end:
            raise MalformedRecord("bundle-truncated", index=index)
        state, length = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        if length > PAYLOAD_BYTES_MAX:
            raise MalformedRecord("entry-too-large", index=index, bytes_max=PAYLOAD_BYTES_MAX)
        if at + length > end:
            raise MalformedRecord("bundle-truncated", index=index)
        entries.append(_entry(index, state, raw[at : at + length]))
        at += length
    return entries


def _payload(entry: Entry) -> bytes:
    """The payload of one entry; one that holds too much or too little for its state raises MalformedRecord."""
    holds_order = entry.state in (State.ERASED, State.PARTED)
    holds_body = entry.state in (State.PRESENT, State.PARTED, State.VEILED)
    if (entry.order is not None) != holds_order:
        raise MalformedRecord("entry-order", index=entry.index, state=entry.state.name)
    order = b"" if entry.order is None else _order_bytes(entry.order)
    if entry.salt is None or entry.envelope is None:
        if holds_body or entry.salt is not None or entry.envelope is not None or entry.fields:
            raise MalformedRecord("entry-body", index=entry.index, state=entry.state.name)
        return order
    if not holds_body:
        raise MalformedRecord("entry-body", index=entry.index, state=entry.state.name)
    _check_body(entry.index, entry.salt, entry.envelope, entry.fields)
    return order + entry.salt + _LENGTH.pack(len(entry.envelope)) + entry.envelope + entry.fields


def _entry(index: int, state: int, payload: bytes) -> Entry:
    if state == State.PRESENT or state == State.VEILED:
        return _with_body(index, State(state), payload, 0, None)
    if state == State.PARTED:
        order, at = _order(index, payload)
        return _with_body(index, State.PARTED, payload, at, order)
    if state == State.ERASED:
        order, at = _order(index, payload)
        if at != len(payload):
            raise MalformedRecord("entry-trailing-bytes", index=index)
        return Entry(index, State.ERASED, order=order)
    if state != State.WITHHELD:
        raise MalformedRecord("entry-state", index=index, state=state)
    if payload:
        raise MalformedRecord("entry-trailing-bytes", index=index)
    return Entry(index, State.WITHHELD)


def _with_body(index: int, state: State, payload: bytes, at: int, order: Order | None) -> Entry:
    envelope_at = at + SALT_BYTES + _LENGTH.size
    if envelope_at > len(payload):
        raise MalformedRecord("entry-truncated", index=index)
    fields_at = envelope_at + int.from_bytes(payload[envelope_at - _LENGTH.size : envelope_at], "big")
    if fields_at > len(payload):
        raise MalformedRecord("entry-truncated", index=index)
    salt, envelope, fields = payload[at : at + SALT_BYTES], payload[envelope_at:fields_at], payload[fields_at:]
    _check_body(index, salt, envelope, fields)
    return Entry(index, state, salt, envelope, fields, order)


def _check_body(index: int, salt: bytes, envelope: bytes, fields: bytes) -> None:
    if len(salt) != SALT_BYTES:
        raise MalformedRecord("salt-length", index=index)
    if len(envelope) > ENVELOPE_BYTES_MAX:
        raise MalformedRecord("envelope-too-large", index=index, bytes_max=ENVELOPE_BYTES_MAX)
    if len(fields) > FIELDS_BYTES_MAX:
        raise MalformedRecord("fields-too-large", index=index, bytes_max=FIELDS_BYTES_MAX)


def _order(index: int, payload: bytes) -> tuple[Order, int]:
    if len(payload) < _ORDER.size:
        raise MalformedRecord("entry-truncated", index=index)
    order_index, length = _ORDER.unpack_from(payload)
    origin_raw = payload[_ORDER.size : _ORDER.size + length]
    if len(origin_raw) != length:
        raise MalformedRecord("entry-truncated", index=index)
    try:
        order = Order(origin_raw.decode("utf-8"), order_index)
    except UnicodeDecodeError as fault:
        raise MalformedRecord("order-origin", index=index) from fault
    _order_bytes(order)
    return order, _ORDER.size + length


def _order_bytes(order: Order) -> bytes:
    """The order as bytes; an origin that can't be one, or an index over 2^53, raises MalformedRecord."""
    if not order.origin.isprintable() or " " in order.origin:
        raise MalformedRecord("order-origin")
    origin = order.origin.encode("utf-8")
    if not 0 < len(origin) <= ORIGIN_BYTES_MAX:
        raise MalformedRecord("order-origin")
    if not 0 <= order.index <= INTEGER_MAX:
        raise MalformedRecord("order-index")
    return _ORDER.pack(order.index, len(origin)) + origin
