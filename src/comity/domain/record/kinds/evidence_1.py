"""Evidence: files handed over by hash, with how they were collected and what binds their use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from comity.domain.record.opened import Record, Said, Trace, file_trace, said, uuid_trace
from comity.domain.record.places import Count, Personal, Sha256, Time, Uuid, Word

KIND: Final = "evidence/1"


class Item(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One file; the bytes travel apart, named by their SHA-256."""

    sha256: Sha256
    bytes: Count
    media_type: Word
    collected_at: Time
    collected_by: Word
    method: Word
    use_limitation: Word | None = None
    retention_until: Time | None = None
    onward_transfer: Word | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What is handed over for one request."""

    request: Uuid
    items: tuple[Item, ...]
    by: Word
    note: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("request", record.body.request)
    yield from (file_trace(item.sha256) for item in record.body.items)


def files(body: Body) -> tuple[Item, ...]:
    return body.items


def texts(body: Body) -> Iterator[Said]:
    yield from said("/note", body.note)
    for at, item in enumerate(body.items):
        yield Said(f"/items/{at}/sha256", f"sha256:{item.sha256}", "file_hash")
        yield from said(f"/items/{at}/collected_by", item.collected_by)
    yield from said("/by", body.by)


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    items=(
        Item(
            sha256="2" * 64,
            bytes=4096,
            media_type="application/json",
            collected_at="2026-11-26T09:00:00.000Z",
            collected_by="fictional clerk",
            method="export",
            use_limitation="this-case-only",
            retention_until="2027-11-26T00:00:00.000Z",
            onward_transfer="ask-first",
        ),
    ),
    by="fictional clerk",
    note="FICTIONAL: the second sheet holds the addresses.",
)
