"""An order to erase: holders destroy fields, or a whole envelope with its salt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from comity.domain.record.limits import FIELDS_MAX
from comity.domain.record.opened import Record, Trace, uuid_trace
from comity.domain.record.places import Count, Origin, Uuid, Word

KIND: Final = "erase/1"


class Erasure(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One record to erase.

    fields   pointers of the fields to destroy; None destroys the envelope and its salt too
    """

    origin: Origin
    index: Count
    id: Uuid
    fields: Annotated[tuple[str, ...], Meta(min_length=1, max_length=FIELDS_MAX)] | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One order over one or more records."""

    targets: Annotated[tuple[Erasure, ...], Meta(min_length=1)]
    ground: Word
    ordered_by: Word


def traces(record: Record[Body]) -> Iterator[Trace]:
    for target in record.body.targets:
        yield uuid_trace("record", target.id)


EXAMPLE: Final = Body(
    targets=(
        Erasure(
            origin="police.kr.example/ch/00000000000f1c70",
            index=3,
            id="0193a5d1-1111-7000-8000-00000000f1c7",
            fields=("/facts",),
        ),
        Erasure(origin="police.kr.example/ch/00000000000f1c70", index=4, id="0193a5d1-2222-7000-8000-00000000f1c7"),
    ),
    ground="mistaken-identity",
    ordered_by="fictional judge",
)
