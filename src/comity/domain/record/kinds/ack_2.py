"""An acknowledgement of an order: what a holder, and those it passed the record to, have made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from comity.domain.record.opened import Record, Trace, uuid_trace
from comity.domain.record.places import Time, Uuid, Word
from comity.errors import MalformedRecord

KIND: Final = "ack/2"
NAMES_MAX: Final = 100


class Counts(Struct, frozen=True, forbid_unknown_fields=True):
    """How many hold the record from this node onward, itself among them; and of these, how many complied, how many are late."""

    holders: Annotated[int, Meta(ge=1, le=1_000_000)]
    complied: Annotated[int, Meta(ge=0, le=1_000_000)]
    overdue: Annotated[int, Meta(ge=0, le=1_000_000)]


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One acknowledgement; a later one about the same order takes the place of an earlier one.

    of       id of the order, or of the record that was passed on
    state    `done` · `partly` (with a reason; something waits for a person) · `refused` (with its ground) · `reversed` and
             `cannot-reverse` (of what had been carried out) · `legal-hold` (not erased: `reason` is the basis, `review` the day on
             which it is looked at again)
    by       who decided; None for the node itself
    named    of the holders that are late, those that may be named
    """

    of: Uuid
    of_kind: Word
    state: Literal["done", "partly", "refused", "reversed", "cannot-reverse", "legal-hold"]
    at: Time
    counts: Counts | None = None
    reason: Word | None = None
    review: Time | None = None
    by: Word | None = None
    named: Annotated[tuple[Word, ...], Meta(max_length=NAMES_MAX)] = ()

    def __post_init__(self) -> None:
        if self.state == "legal-hold" and (self.reason is None or self.review is None):
            raise MalformedRecord("hold-without-basis")
        if self.state in ("partly", "refused", "cannot-reverse") and self.reason is None:
            raise MalformedRecord("ack-without-reason")


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("record", record.body.of)


EXAMPLE: Final = Body(
    of="0193a5d1-1111-7000-8000-00000000f1c7",
    of_kind="erase/1",
    state="legal-hold",
    at="2026-11-24T10:05:00.000Z",
    counts=Counts(holders=3, complied=1, overdue=1),
    reason="FICTIONAL act, section 4",
    review="2027-05-24T00:00:00.000Z",
    by="fictional officer",
    named=("bank.vn.example",),
)
