"""Sealing: a body becomes an envelope and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct

from comity.domain.record.envelope import About, Envelope
from comity.domain.record.fields import Field, field_commitment
from comity.domain.record.folder import Kind, kinds
from comity.domain.record.marking import Marking
from comity.domain.record.opening import open_record
from comity.domain.terms import Instant, instant_text
from comity.errors import MalformedRecord

_encode = msgspec.json.Encoder().encode


class Sealed(Struct, frozen=True):
    """A record as it is stored and sent: exact bytes, and the values beside them."""

    envelope: bytes
    fields: tuple[Field, ...]
    id: str


def seal(
    body: Struct,
    *,
    id: str,  # noqa: A002  the envelope's word
    issuer: str,
    made: Instant,
    marking: Marking,
    purpose: str,
    salt: Callable[[], bytes],
    basis: str | None = None,
    about: Sequence[About] = (),
    replaces: str | None = None,
    expires: Instant | None = None,
    lang: str | None = None,
    known: Mapping[str, Kind] | None = None,
) -> Sealed:
    """A new record: the personal places of the body become fields, all else the envelope.

    salt   gives 32 fresh bytes of chance at each call
    """
    kind = _kind_of_body(body, known)
    sealed: dict[str, bytes] = {}
    fields: list[Field] = []
    for pointer, member in sorted(kind.personal.items(), key=lambda place: place[0].encode()):
        value = getattr(body, member)
        if value is not UNSET:
            fields.append(Field(pointer, salt(), _encode(value)))
            sealed[pointer] = field_commitment(fields[-1])
    skeleton = msgspec.structs.replace(body, **dict.fromkeys(kind.personal.values(), UNSET)) if sealed else body
    envelope = _encode(
        Envelope(
            v=1,
            kind=kind.name,
            id=id,
            issuer=issuer,
            made=instant_text(made),
            marking_raw=Raw(_encode(marking)),
            purpose=purpose,
            basis=basis,
            body=Raw(_encode(skeleton)),
            sealed=sealed,
            about=tuple(about),
            replaces=replaces,
            expires=None if expires is None else instant_text(expires),
            lang=lang,
        )
    )
    whole = Sealed(envelope, tuple(fields), id)
    opened = open_record(envelope, whole.fields, known)  # what we would refuse we don't send
    if opened.envelope.marking != marking:
        raise MalformedRecord("marking-does-not-decode")
    return whole


def _kind_of_body(body: Struct, known: Mapping[str, Kind] | None) -> Kind:
    by_body = {kind.body: kind for kind in (kinds() if known is None else known).values()}
    try:
        return by_body[type(body)]
    except KeyError as fault:
        raise MalformedRecord("unknown-body", body=type(body).__name__) from fault
