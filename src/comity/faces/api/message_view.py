"""Messages of a request as JSON, and when its records were stored and opened at the other end."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from comity.domain.record import Record
from comity.domain.terms import instant_text
from comity.flows.files import standing
from comity.flows.message import messages
from comity.flows.opened import seen, served
from comity.flows.request_state import Dossier
from comity.ports import Place, World


class ServiceView(msgspec.Struct, frozen=True):
    """Two facts about one record at its reader, never one made out of the other.

    stored_at    the reader's node cosigned that it has every record below `stored_size` on its disk, this one among them; a receipt proves it
    stored_by    name of the key by which it did
    opened_at    the reader's node says that `opened_by` looked at it then; its word, not a proof that anybody read or understood it
    """

    stored_at: str | None
    stored_size: int | None
    stored_by: str | None
    opened_at: str | None
    opened_by: str | None


class AttachmentView(msgspec.Struct, frozen=True):
    """A file that goes with a message.

    state  `here`, `fetching` (`held` of its bytes are here), or `named` alone
    """

    sha256: str
    bytes: int
    media_type: str
    state: str
    held: int


class QuestionView(msgspec.Struct, frozen=True):
    """A coded question: which member of the request, and what is wrong with it."""

    field: str
    code: str


class MessageView(msgspec.Struct, frozen=True):
    """A message. `text` is null when it has none, or when it was erased or withheld: then `absent` names it."""

    record: str
    node: str
    by: str
    at: str
    text: str | None
    lang: str | None
    reply_to: str | None
    asks: list[QuestionView]
    attachments: list[AttachmentView]
    absent: list[str]
    service: ServiceView


def service_view(world: World, place: Place, record: Record[Any]) -> ServiceView:
    """When the record's reader stored it, and who there opened it."""
    stored, looked = served(world, place), seen(world, place, record)
    return ServiceView(
        stored_at=instant_text(stored.at) if stored is not None else None,
        stored_size=stored.size if stored is not None else None,
        stored_by=stored.by if stored is not None else None,
        opened_at=looked.at if looked is not None else None,
        opened_by=looked.by if looked is not None else None,
    )


def message_views(world: World, found: Dossier) -> list[MessageView]:
    """The thread, in the order that both ends see."""
    return [_view(world, place, record) for place, record in messages(found)]


def _view(world: World, place: Place, record: Record[Any]) -> MessageView:
    body, envelope = record.body, record.envelope
    attached = [(each, standing(world, each.sha256)) for each in body.attachments]
    return MessageView(
        record=envelope.id,
        node=envelope.issuer,
        by=body.by,
        at=body.at,
        text=None if body.text is UNSET else body.text,
        lang=envelope.lang,
        reply_to=body.reply_to,
        asks=[QuestionView(each.field, each.code) for each in body.asks],
        attachments=[AttachmentView(f.sha256, f.bytes, f.media_type, s.state, s.held) for f, s in attached],
        absent=sorted(record.absent),
        service=service_view(world, place, record),
    )
