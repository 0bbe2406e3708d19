"""A decision: one step of a request, taken by a named person in a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from comity.domain.record.opened import Record, Said, Trace, said, uuid_trace
from comity.domain.record.places import Personal, Time, Uuid, Word

KIND: Final = "decision/1"


class Term(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A condition under which the answer is given."""

    text: str
    kind: Word
    until: Time | None = None


class Decided(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every version of a decision says; personal members come after whatever else a version has."""

    request: Uuid
    event: Word
    by: Word
    role: Word
    at: Time
    ground: Word | None = None
    terms: tuple[Term, ...] = ()
    choice: Word | None = None
    after: tuple[Uuid, ...] = ()


class Body(Decided, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One decision.

    event    of the request's machine: `accept`, `refuse`, `offer_terms`, `approve` …
    ground   code of the refusal, or None
    choice   state that is meant, where the event may lead to several
    after    ids of the other side's records that the decision took into account; the last one is enough
    """

    reason: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("request", record.body.request)


def texts(body: Body) -> Iterator[Said]:
    yield from said("/reason", body.reason)
    yield from plain_texts(body)


def plain_texts(body: Decided) -> Iterator[Said]:
    """What a decision of any version says in the clear."""
    for at, term in enumerate(body.terms):
        yield Said(f"/terms/{at}/text", term.text)
    yield from said("/ground", body.ground)
    yield from said("/by", body.by)


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    event="offer_terms",
    by="fictional officer",
    role="officer",
    at="2026-11-25T08:00:00.000Z",
    ground="missing-basis",
    terms=(Term("FICTIONAL: for this case only", "use-limit", "2027-11-25T00:00:00.000Z"),),
    reason="FICTIONAL: the account holder must be heard first.",
)
