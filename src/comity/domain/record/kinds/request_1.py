"""A request: one authority asks another node for a measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from comity.domain.record.opened import Record, Said, Trace, said, said_members, said_values, uuid_trace, value_traces
from comity.domain.record.places import CountryCode, Personal, Sha256, Target, Time, Uuid, Word, keep_open

KIND: Final = "request/1"


class Attestation(Struct, frozen=True, forbid_unknown_fields=True):
    """An officer records that they have read the text that applies."""

    by: Word
    at: Time
    text_sha256: Sha256
    text_title: str


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One request; who drafted and who approved it stays readable when everything personal is gone.

    to           node that is asked
    nature       binding order (of `law_of`), via the other state, or voluntary
    route        id of the row of law that was weighed
    form         coded answers of the form, no free text about persons; `form_personal` takes the rest
    """

    request: Uuid
    measure: Word
    to: Word
    nature: Literal["binding-order", "via-state", "voluntary"]
    route: Word | None
    drafted_by: Word
    approved_by: Word | None
    approved_at: Time | None
    law_of: CountryCode | None = None
    offence: Word | None = None
    deadline: Time | None = None
    targets: tuple[Target, ...] = ()
    urgency: Literal["routine", "urgent", "emergency"] = "routine"
    form: dict[str, str] = {}
    attestation: Attestation | None = None
    report: Uuid | None = None
    replaces_request: Uuid | None = None
    facts: Personal[str] = UNSET
    form_personal: Personal[dict[str, str]] = UNSET
    personal_targets: Personal[tuple[Target, ...]] = UNSET

    def __post_init__(self) -> None:
        keep_open(self.targets)


def traces(record: Record[Body]) -> Iterator[Trace]:
    body = record.body
    yield uuid_trace("request", body.request)
    if body.report is not None:
        yield uuid_trace("report", body.report)
    if body.replaces_request is not None:
        yield uuid_trace("request", body.replaces_request)
    yield from value_traces(body.targets)
    if not isinstance(body.personal_targets, UnsetType):
        yield from value_traces(body.personal_targets)


def texts(body: Body) -> Iterator[Said]:
    yield from said("/facts", body.facts)
    yield from said_values("/targets", body.targets)
    yield from said_values("/personal_targets", body.personal_targets)
    yield from said_members("/form", body.form)
    yield from said_members("/form_personal", body.form_personal)
    for member in ("measure", "offence", "to", "drafted_by", "approved_by"):
        yield from said(f"/{member}", getattr(body, member))


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    measure="preserve",
    to="platform.vn.example",
    nature="voluntary",
    route="fictional-route",
    drafted_by="fictional officer",
    approved_by="fictional approver",
    approved_at="2026-11-24T10:00:00.000Z",
    law_of="KR",
    offence="fraud",
    deadline="2026-12-24T10:00:00.000Z",
    targets=(Target("url", "https://jobs.lure.example/apply"),),
    urgency="urgent",
    form={"data": "subscriber"},
    attestation=Attestation("fictional officer", "2026-11-24T09:50:00.000Z", "1" * 64, "FICTIONAL act, article 1"),
    report="0193a5d0-0000-7000-8000-00000000f1c7",
    facts="FICTIONAL: the account recruited three people who don't exist.",
    form_personal={"account_holder": "Fictional Person"},
    personal_targets=(Target("email", "boss@lure.example", "wrote the offer"),),
)
