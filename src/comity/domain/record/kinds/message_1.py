"""A message: a word between the two sides of a request, to make something clear. It changes no state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, Struct

from comity.domain.record.opened import Record, Said, Trace, file_trace, said, uuid_trace
from comity.domain.record.places import Attachment, Personal, Time, Uuid, Word

KIND: Final = "message/1"


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """What isn't clear, as codes that each reader sees in their own language.

    field  member of the request: `facts`, `targets`, `deadline`, `form/<member>` …
    """

    field: Word
    code: Literal["unclear", "missing", "contradictory", "unreadable", "too-broad", "not-found"]


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One message; its language stands in the envelope.

    reply_to  id of the record that it answers: a message, or a step of the request
    """

    request: Uuid
    by: Word
    at: Time
    reply_to: Uuid | None = None
    asks: tuple[Question, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    text: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("request", record.body.request)
    if record.body.reply_to is not None:
        yield uuid_trace("record", record.body.reply_to)
    yield from (file_trace(attachment.sha256) for attachment in record.body.attachments)


def files(body: Body) -> tuple[Attachment, ...]:
    return body.attachments


def texts(body: Body) -> Iterator[Said]:
    yield from said("/text", body.text)
    yield from said("/by", body.by)
    for at, attached in enumerate(body.attachments):
        yield Said(f"/attachments/{at}/sha256", f"sha256:{attached.sha256}", "file_hash")


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    by="fictional officer",
    at="2026-11-25T07:30:00.000Z",
    reply_to="0193a5d1-1111-7000-8000-00000000f1c7",
    asks=(Question("form/use_limitation", "unclear"),),
    attachments=(Attachment("3" * 64, 2048, "application/pdf"),),
    text="FICTIONAL: which of the two accounts is meant?",
)
