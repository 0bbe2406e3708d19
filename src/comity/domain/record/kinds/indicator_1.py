"""An indicator that a node states: this address, number or name belongs to a scam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from comity.domain.indicator import is_open
from comity.domain.record.opened import Record, Said, Trace, said, value_traces
from comity.domain.record.places import Percent, Personal, Sha256, Time, Value, Word
from comity.errors import MalformedRecord

KIND: Final = "indicator/1"


class Source(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the statement comes from: a list, a file, a feed."""

    name: Word
    sha256: Sha256 | None = None
    note: str | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One indicator; its value stands in `value` or, where it is a person's own, sealed in `personal_value`.

    role         what it is in the scheme: `scam-site`, `recruiter`, `wallet`
    confidence   0 to 100
    suppressed   a warning list names it: kept, never sent to a machine
    """

    kind: Word
    role: Word
    source: Source
    value: str | UnsetType = UNSET
    first_seen: Time | None = None
    last_seen: Time | None = None
    confidence: Percent | None = None
    suppressed: bool = False
    personal_value: Personal[str] = UNSET

    def __post_init__(self) -> None:
        if self.value is not UNSET and not is_open(self.kind):
            raise MalformedRecord("personal-in-the-clear", kind=self.kind)
        if self.personal_value is not UNSET and is_open(self.kind):
            raise MalformedRecord("sealed-without-need", kind=self.kind)


def gap(body: Body, absent: frozenset[str]) -> str | None:
    """Exactly one of the two values: in the clear, opened, or at least sealed."""
    if is_open(body.kind):
        return "indicator-without-value" if body.value is UNSET or "/personal_value" in absent else None
    there = body.personal_value is not UNSET or "/personal_value" in absent
    return None if there else "indicator-without-value"


def traces(record: Record[Body]) -> Iterator[Trace]:
    for value in (record.body.value, record.body.personal_value):
        if not isinstance(value, UnsetType):
            yield from value_traces((Value(record.body.kind, value),))


def texts(body: Body) -> Iterator[Said]:
    for member in ("value", "personal_value"):
        if isinstance(value := getattr(body, member), str):
            yield Said(f"/{member}", value, body.kind)
    yield from said("/role", body.role)
    yield from said("/source/name", body.source.name)
    yield from said("/source/note", body.source.note)


EXAMPLE: Final = Body(
    kind="email",
    role="recruiter",
    source=Source("fictional-list", "0" * 64, "FICTIONAL"),
    first_seen="2026-11-01T00:00:00.000Z",
    last_seen="2026-11-20T00:00:00.000Z",
    confidence=60,
    personal_value="boss@lure.example",
)
