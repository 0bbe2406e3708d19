"""A record that has been read, and the traces that find it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

from comity.domain.indicator import Indicator, indicator
from comity.domain.record.envelope import Envelope
from comity.domain.record.places import Target, Value
from comity.errors import Malformed

B = TypeVar("B", bound=Struct)


class Record(Struct, Generic[B], frozen=True):
    """An envelope with its body decoded by kind.

    absent   pointers that the envelope seals and whose values aren't here: withheld or erased
    """

    envelope: Envelope
    body: B
    absent: frozenset[str]


class Trace(Struct, frozen=True, gc=False):
    """One key under which a record is found.

    name   `value` (key of an indicator), `request`, `report` (a UUID), `record` (id of the record it speaks of)
    key    16 bytes
    """

    name: str
    key: bytes


class Said(Struct, frozen=True, gc=False):
    """One text of a record, for those who search.

    pointer  where it stands in the body
    kind     of the indicator that it is; None for any other text
    """

    pointer: str
    text: str
    kind: str | None = None


def said(pointer: str, text: object) -> Iterator[Said]:
    """The text at a place, if one is here: neither left out, nor withheld, nor erased."""
    if isinstance(text, str):
        yield Said(pointer, text)


def said_values(pointer: str, values: object) -> Iterator[Said]:
    """The values in a list of them, if it is here, each with its note."""
    if isinstance(values, tuple):
        for at, value in enumerate(values):
            yield Said(f"{pointer}/{at}/value", value.value, value.kind)
            yield from said(f"{pointer}/{at}/note", getattr(value, "note", None))


def said_members(pointer: str, members: object) -> Iterator[Said]:
    """The answers of a form, if they are here."""
    if isinstance(members, dict):
        for name, text in members.items():
            yield Said(f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", text)


def value_traces(values: Iterable[Value | Target]) -> Iterator[Trace]:
    """One trace per indicator; what is broader is asked for at look-up.

    A record may write a value as it likes; it is found by its normal form. What has none here is found as it is written.
    """
    for value in values:
        try:
            found = indicator(value.kind, value.value)
        except Malformed:
            found = Indicator(value.kind, value.value)
        yield Trace("value", found.key)


def file_trace(sha256: str) -> Trace:
    """The trace of a file that a record names; whoever follows it compares the whole digest."""
    return Trace("file", bytes.fromhex(sha256[:32]))


def is_uuid(text: str) -> bool:
    """Whether `uuid_trace` can make a trace of it."""
    try:
        return len(text) == 36 and len(bytes.fromhex(text.replace("-", ""))) == 16
    except ValueError:
        return False


def uuid_trace(name: str, uuid: str) -> Trace:
    """The trace of a UUID, which stands in its one spelling."""
    return Trace(name, bytes.fromhex(uuid.replace("-", "")))
