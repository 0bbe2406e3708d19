"""A withdrawal: the issuer takes records back; holders stop using them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from comity.domain.record.opened import Record, Trace, uuid_trace
from comity.domain.record.places import Count, Origin, Uuid, Word

KIND: Final = "withdraw/1"


class Withdrawn(Struct, frozen=True, forbid_unknown_fields=True):
    """One record that no longer holds."""

    origin: Origin
    index: Count
    id: Uuid


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One withdrawal of one or more records."""

    targets: Annotated[tuple[Withdrawn, ...], Meta(min_length=1)]
    reason_code: Word


def traces(record: Record[Body]) -> Iterator[Trace]:
    for target in record.body.targets:
        yield uuid_trace("record", target.id)


EXAMPLE: Final = Body(
    targets=(
        Withdrawn(origin="police.kr.example/ch/00000000000f1c70", index=3, id="0193a5d1-1111-7000-8000-00000000f1c7"),
    ),
    reason_code="wrong-account",
)
