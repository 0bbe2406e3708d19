"""An action: what a node says it has done for a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from comity.domain.record.opened import Record, Said, Trace, said, uuid_trace
from comity.domain.record.places import Personal, Time, Uuid, Word

KIND: Final = "action/1"


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One step of carrying a measure out.

    event   of the request's machine: `start`, `finish`, `preserve`, `report_impossible` …
    choice  state that is meant, where the event may lead to several
    after   ids of the other side's records that were taken into account; the last one is enough
    taken   what was really done, which may be less than the measure: a block is no removal
    """

    request: Uuid
    event: Word
    measure: Word
    by: Word
    at: Time
    taken: Word | None = None
    hold_until: Time | None = None
    choice: Word | None = None
    after: tuple[Uuid, ...] = ()
    note: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("request", record.body.request)


def texts(body: Body) -> Iterator[Said]:
    for member in ("note", "taken", "measure", "by"):
        yield from said(f"/{member}", getattr(body, member))


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    event="preserve",
    measure="preserve",
    by="fictional clerk",
    at="2026-11-25T09:00:00.000Z",
    taken="snapshot-kept",
    hold_until="2027-02-23T00:00:00.000Z",
    note="FICTIONAL: two accounts of one person were found.",
)
