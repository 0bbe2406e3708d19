"""The places a body is built of: what may stand there, and which of them are personal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from msgspec import Meta, Struct, UnsetType

from comity.domain.indicator import open_kinds
from comity.domain.record.forms import form
from comity.domain.record.limits import INTEGER_MAX, ORIGIN_BYTES_MAX
from comity.errors import MalformedRecord

T = TypeVar("T")

Personal = Annotated[T | UnsetType, Meta(extra_json_schema={"personal": True})]
"""A value about a person: never in the envelope, but beside it as a field. Only a direct member of a body may be one, with
UNSET as its default; arrays and objects are sealed whole."""

Uuid = Annotated[str, form("uuid")]
Uuid7 = Annotated[str, form("uuid7")]
KindName = Annotated[str, form("kind")]
Time = Annotated[str, form("time")]
"""RFC 3339 in UTC, seconds or milliseconds, a day of the calendar: what `instant_from` reads."""
Sha256 = Annotated[str, form("sha256")]
Hex = Annotated[str, form("hex")]
"""Bytes, at most 8,192 of them, in lower-case hexadecimal."""
CountryCode = Annotated[str, form("country")]
Units = Annotated[str, form("units")]
"""An amount in the smallest unit of its asset, as decimal digits: on some chains such numbers outgrow what JSON's readers keep."""
Word = Annotated[str, Meta(min_length=1, max_length=120)]
"""A code, a name of a role or the like; never about a person, except officers who act in office."""
Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Origin = Annotated[str, Meta(min_length=1, max_length=ORIGIN_BYTES_MAX)]


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator as a record writes it: in its normal form."""

    kind: Word
    value: str


class Target(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a measure is aimed at."""

    kind: Word
    value: str
    note: str | None = None


class Attachment(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that goes with a record; the bytes travel apart, named by their SHA-256."""

    sha256: Sha256
    bytes: Count
    media_type: Word


def keep_open(values: Sequence[Value | Target]) -> None:
    """Refuses a personal kind of indicator that stands in the clear."""
    open_ = open_kinds()
    for place, value in enumerate(values):
        if value.kind not in open_:
            raise MalformedRecord("personal-in-the-clear", kind=value.kind, place=place)
