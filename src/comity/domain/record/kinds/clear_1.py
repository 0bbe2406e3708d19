"""A clearance: what was said of somebody no longer stands, because a court, a prosecutor or the facts said so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from comity.domain.record.opened import Record, Trace, uuid_trace
from comity.domain.record.places import Count, Origin, Uuid, Word

KIND: Final = "clear/1"


class Cleared(Struct, frozen=True, forbid_unknown_fields=True):
    """One record that weighs nothing any more."""

    origin: Origin
    index: Count
    id: Uuid


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One clearance of one or more records. Where the records are to be erased as well, an erase record says so."""

    targets: Annotated[tuple[Cleared, ...], Meta(min_length=1)]
    ground: Literal["acquitted", "dismissed", "mistaken-identity"]
    ordered_by: Word


def traces(record: Record[Body]) -> Iterator[Trace]:
    for target in record.body.targets:
        yield uuid_trace("record", target.id)


EXAMPLE: Final = Body(
    targets=(
        Cleared(origin="police.kr.example/ch/00000000000f1c70", index=3, id="0193a5d1-1111-7000-8000-00000000f1c7"),
    ),
    ground="acquitted",
    ordered_by="fictional judge",
)
