"""Opening: an envelope and the fields that are here become a record, or a fault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from comity.domain.record.envelope import DECODE_FAULTS, Envelope, check_pointers, fault_path, read_frame
from comity.domain.record.fields import Field, check_fields
from comity.domain.record.folder import Kind, kinds
from comity.domain.record.limits import DEPTH_MAX, STRING_CHARS_MAX
from comity.domain.record.opened import Record
from comity.domain.record.strict import escapes_a_key, scan
from comity.domain.record.whole import kind_named_in, read_whole
from comity.errors import MalformedRecord

_NOTHING: Final[frozenset[str]] = frozenset()
_encode = msgspec.json.Encoder().encode


def open_record(envelope_raw: bytes, fields: Sequence[Field], known: Mapping[str, Kind] | None = None) -> Record[Any]:
    """The record with the values that are here; anything that isn't exactly as its kind demands raises MalformedRecord.

    known    kinds to read it by; all in the folder unless told
    raises   unknown-kind, body-does-not-decode (with the path), and all codes of envelope, fields and strict JSON
    """
    by_kind = kinds() if known is None else known
    if not fields and (quick := open_closed(envelope_raw, by_kind)) is not None:
        return quick
    envelope, scanned = read_frame(envelope_raw)
    return open_frame(envelope, scanned, fields, by_kind)


def open_closed(envelope_raw: bytes, known: Mapping[str, Kind]) -> Record[Any] | None:
    """The record with no field opened, read the quick way; None where there is any doubt (see whole.py)."""
    kind = known.get(kind_named_in(envelope_raw))
    if kind is None or (envelope := read_whole(envelope_raw, kind.whole)) is None:
        return None
    body, sealed = envelope.body, envelope.sealed
    if kind.personal:
        if not sealed.keys() <= kind.personal.keys() or kind.sealable(body).count(UNSET) != len(kind.personal):
            return None
    elif sealed:
        return None
    absent = frozenset(sealed) if sealed else _NOTHING
    if kind.gap is not None and kind.gap(body, absent) is not None:
        return None
    return Record(envelope, body, absent)


def open_frame(envelope: Envelope, scanned: bool, fields: Sequence[Field], known: Mapping[str, Kind]) -> Record[Any]:
    """`open_record` for an envelope that has been read; `scanned` as `read_frame` says it."""
    raw = bytes(envelope.body)
    kind = known.get(envelope.kind)
    if kind is None:
        if not scanned:
            scan(raw, DEPTH_MAX - 1)
        check_pointers(envelope)
        raise MalformedRecord("unknown-kind", kind=envelope.kind)
    absent = _NOTHING
    if envelope.sealed:
        absent = check_fields(envelope, fields).absent if fields else frozenset(envelope.sealed)
        if not envelope.sealed.keys() <= kind.personal.keys():
            raise MalformedRecord("sealed-place-unknown", kind=kind.name)
    elif fields:
        raise MalformedRecord("field-not-sealed", pointer=fields[0].pointer)
    if fields:
        merged = _merged(raw, fields, kind)
        body = _decode_body(merged, False, kind)
        _check_values(body, fields, kind)
    else:
        body = _decode_body(raw, scanned, kind)
    _check_opened(body, fields, kind)
    if kind.gap is not None and (missing := kind.gap(body, absent)) is not None:
        raise MalformedRecord(missing, kind=kind.name)
    return Record(envelope, body, absent)


def _check_opened(body: Struct, fields: Sequence[Field], kind: Kind) -> None:
    """Personal places hold the opened fields and nothing else."""
    there = kind.sealable(body)
    if there.count(UNSET) == len(there) - len(fields):
        return  # each opened field stands in its own place, so no other does
    opened = {field.pointer for field in fields}
    for pointer, value in zip(kind.personal, there, strict=True):
        if value is not UNSET and pointer not in opened:
            raise MalformedRecord("personal-in-the-clear", place=pointer)


def _merged(body: bytes, fields: Iterable[Field], kind: Kind) -> bytes:
    """The body's bytes with the opened values written back in as its last members."""
    open_end = body.rstrip(b" \t\r\n")
    if not open_end.endswith(b"}"):
        raise MalformedRecord("body-not-an-object")
    members = b",".join(b'"%s":%s' % (kind.personal[field.pointer].encode(), field.value) for field in fields)
    comma = b"" if open_end[:-1].rstrip(b" \t\r\n") == b"{" else b","
    return open_end[:-1] + comma + members + b"}"


def _check_values(body: Struct, fields: Iterable[Field], kind: Kind) -> None:
    """Each field is one JSON value: `1,"fictional":true` would write a second member into the body."""
    for field in fields:
        if _encode(getattr(body, kind.personal[field.pointer])) != field.value:
            scan(field.value, DEPTH_MAX - 2)


def _decode_body(raw: bytes, scanned: bool, kind: Kind) -> Struct:
    """The body by its kind; as strict as `strict.scan`, mostly without running it (see envelope.py)."""
    try:
        body = kind.decode(raw)
    except DECODE_FAULTS as fault:
        if not scanned:
            scan(raw, DEPTH_MAX - 1)  # its code says more
        raise MalformedRecord("body-does-not-decode", kind=kind.name, path=fault_path(fault)) from fault
    if not scanned and (len(raw) > STRING_CHARS_MAX or _encode(body) != raw or (b"\\" in raw and escapes_a_key(raw))):
        scan(raw, DEPTH_MAX - 1)
    if kind.check is not None:
        kind.check(body)
    return body
