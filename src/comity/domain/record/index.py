"""What a store needs to file a record: its header and its traces, or why it is quarantined."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from comity.domain.record.envelope import DECODE_FAULTS, About, Header, header_in, header_of, read_frame
from comity.domain.record.fields import decode_fields
from comity.domain.record.folder import Kind, kinds
from comity.domain.record.opened import Trace
from comity.domain.record.opening import open_closed, open_frame
from comity.domain.record.strict import scan
from comity.errors import MalformedRecord


class Told(Struct, frozen=True, gc=False):
    """What a record tells about itself.

    header   None where even that can't be read with one meaning
    traces   none for a record in quarantine
    fault    code of the quarantine's reason, or None
    about    the records it speaks of, kept also in quarantine
    """

    header: Header | None
    traces: tuple[Trace, ...]
    fault: str | None
    about: tuple[About, ...] = ()


def index_of(envelope_raw: bytes, fields_raw: bytes, known: Mapping[str, Kind] | None = None) -> Told:
    """Files a record; never raises: what is unknown or doesn't decode is told with its fault, and kept."""
    by_kind = kinds() if known is None else known
    if not fields_raw and (quick := open_closed(envelope_raw, by_kind)) is not None:
        traces = tuple(by_kind[quick.envelope.kind].traces(quick))
        return Told(header_of(quick.envelope), traces, None, quick.envelope.about)
    try:
        envelope, scanned = read_frame(envelope_raw)
    except MalformedRecord as fault:
        header, about = _salvaged(envelope_raw)
        return Told(header, (), fault.code, about)
    try:
        fields = decode_fields(fields_raw) if fields_raw else ()
        record = open_frame(envelope, scanned, fields, by_kind)
    except MalformedRecord as fault:
        header, about = (header_of(envelope), envelope.about) if scanned else _salvaged(envelope_raw)
        return Told(header, (), fault.code, about)
    traces = tuple(by_kind[envelope.kind].traces(record))
    carries = by_kind[envelope.kind].carries
    if carries is not None and (inside := carries(record.body)) is not None:
        traces = _with_inner(traces, inside, by_kind)
    return Told(header_of(envelope), traces, None, envelope.about)


def _with_inner(
    traces: tuple[Trace, ...], inside: tuple[bytes, bytes], by_kind: Mapping[str, Kind]
) -> tuple[Trace, ...]:
    """A record that is passed on is found by what it says, and by what it speaks of. One that carries another is not followed."""
    inner = index_of(*inside, {name: kind for name, kind in by_kind.items() if kind.carries is None})
    return tuple(dict.fromkeys((*traces, *(trace for trace in inner.traces if trace.name in ("value", "record")))))


class _References(Struct):
    about: tuple[About, ...] = ()


def _salvaged(raw: bytes) -> tuple[Header | None, tuple[About, ...]]:
    """Header and references out of an envelope that doesn't decode, if its JSON has one meaning."""
    try:
        scan(raw)
    except MalformedRecord:
        return None, ()
    try:
        about = msgspec.json.decode(raw, type=_References).about
    except DECODE_FAULTS:
        about = ()
    return header_in(raw), about
