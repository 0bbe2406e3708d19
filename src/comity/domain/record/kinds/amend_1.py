"""An amendment: the issuer puts another record in the place of one that was wrong; holders go on with the new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from comity.domain.record.opened import Record, Trace, uuid_trace
from comity.domain.record.places import Count, Origin, Uuid, Word

KIND: Final = "amend/1"


class Amended(Struct, frozen=True, forbid_unknown_fields=True):
    """The record that is overtaken; it stays readable by audit."""

    origin: Origin
    index: Count
    id: Uuid


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One amendment.

    targets      exactly one: a record of the same issuer
    replacement  id of the new record; it is of the same kind, says `replaces`, and stands before this one in the same channel
    danger       a person is in danger while the old one is believed: the shortest deadline holds
    """

    targets: Annotated[tuple[Amended, ...], Meta(min_length=1, max_length=1)]
    replacement: Uuid
    reason_code: Word
    ordered_by: Word
    danger: bool = False


def traces(record: Record[Body]) -> Iterator[Trace]:
    for target in record.body.targets:
        yield uuid_trace("record", target.id)
    yield uuid_trace("record", record.body.replacement)


EXAMPLE: Final = Body(
    targets=(
        Amended(origin="police.kr.example/ch/00000000000f1c70", index=3, id="0193a5d1-1111-7000-8000-00000000f1c7"),
    ),
    replacement="0193a5d1-3333-7000-8000-00000000f1c7",
    reason_code="wrong-account",
    ordered_by="fictional officer",
    danger=True,
)
