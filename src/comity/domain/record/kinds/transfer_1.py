"""A transfer: a holder passes somebody else's record on, unchanged, with the issuer's own receipt."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from comity.domain.record.opened import Record, Said, Trace, said, uuid_trace
from comity.domain.record.places import Count, Origin, Personal, Uuid, Word
from comity.errors import MalformedRecord

KIND: Final = "transfer/1"
CARRIED: Final = ("/envelope", "/fields", "/receipt")
"""Pointers of what a transfer carries: an order takes them away together."""


class Of(Struct, frozen=True, forbid_unknown_fields=True):
    """The record that is passed on, by the place where its issuer put it."""

    issuer: Word
    id: Uuid
    kind: Word
    origin: Origin
    index: Count


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One record for one node. The envelope's marking is what holds for the receiver: the issuer's, or a tighter one.

    why         code or short text
    permission  id of the issuer's decision record that allows it, where one is needed
    envelope    exact bytes of the issuer's envelope, as text
    fields      fields that are passed along, encoded, in base64; a view may leave some out
    receipt     the issuer's receipt (tlog-proof, detached: salt only)
    """

    of: Of
    to: Word
    why: Word
    by: Word
    permission: Uuid | None = None
    envelope: Personal[str] = UNSET
    fields: Personal[str] = UNSET
    receipt: Personal[str] = UNSET

    def __post_init__(self) -> None:
        if isinstance(self.fields, str):
            fields_in(self.fields)


def fields_in(text: str) -> bytes:
    """The fields as they travel in a bundle; MalformedRecord for anything but canonical base64."""
    try:
        raw = b64decode(text, validate=True)
    except (NotBase64, ValueError) as fault:
        raise MalformedRecord("carried-fields-not-base64") from fault
    if b64encode(raw).decode() != text:
        raise MalformedRecord("carried-fields-not-base64")
    return raw


def carries(body: Body) -> tuple[bytes, bytes] | None:
    """Envelope and fields of the record inside; None when they aren't here."""
    if not isinstance(body.envelope, str):
        return None
    return body.envelope.encode(), fields_in(body.fields) if isinstance(body.fields, str) else b""


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("record", record.body.of.id)


def texts(body: Body) -> Iterator[Said]:
    yield from said("/why", body.why)
    yield from said("/by", body.by)


EXAMPLE: Final = Body(
    of=Of(
        issuer="police.kr.example",
        id="0193a5d1-1111-7000-8000-00000000f1c7",
        kind="indicator/1",
        origin="police.kr.example/ch/00000000000f1c70",
        index=3,
    ),
    to="bank.vn.example",
    why="FICTIONAL: the account is theirs",
    by="fictional officer",
    permission="0193a5d1-4444-7000-8000-00000000f1c7",
    envelope='{"fictional":true}',
    fields="",
    receipt="FICTIONAL",
)
