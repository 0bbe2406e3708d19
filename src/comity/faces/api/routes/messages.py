"""Messages about a request, and an officer's first look at what came in."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.message_view import MessageView, message_views
from comity.faces.api.views import PlaceView, Prose, Sha256Text, Word, place_view
from comity.flows.message import Said, send_message
from comity.flows.opened import open_request
from comity.flows.request_state import dossier

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]


class NewQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What isn't clear: a member of the request (`facts`, `targets`, `form/<member>` …), and in which way."""

    field: Word
    code: Literal["unclear", "missing", "contradictory", "unreadable", "too-broad", "not-found"] = "unclear"


class NewAttachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is here, by its digest: `POST /files` takes it in."""

    sha256: Sha256Text
    media_type: Word = "application/octet-stream"


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer writes to the other side. `text` is sealed; `asks` are codes that each reader sees in their own language.

    reply_to  id of the record that it answers
    """

    text: Prose | None = None
    lang: Language | None = None
    asks: Annotated[tuple[NewQuestion, ...], msgspec.Meta(max_length=100)] = ()
    attachments: Annotated[tuple[NewAttachment, ...], msgspec.Meta(max_length=100)] = ()
    reply_to: Word | None = None


class OpenedView(msgspec.Struct, frozen=True):
    """The words that went to the other side now: one for each record that nobody had opened before."""

    told: list[PlaceView]


@post("/requests/{request_id:str}/messages", sync_to_thread=True, opt={"asks": "message"})
def send(world: Here, officer: Officer, request_id: FromPath[str], data: JSONBody[NewMessage]) -> list[MessageView]:
    """Writes to the other side while the request isn't closed, and returns the thread. It changes no state."""
    said = Said(
        text=data.text,
        asks=tuple((each.field, each.code) for each in data.asks),
        attachments=tuple((each.sha256, each.media_type) for each in data.attachments),
        reply_to=data.reply_to,
        lang=data.lang,
    )
    granted(send_message(world, officer, request_id, said))
    return message_views(world, dossier(world, request_id))


@get("/requests/{request_id:str}/messages", sync_to_thread=True, opt={"act": "view"})
def messages(world: Here, request_id: FromPath[str]) -> list[MessageView]:
    """What the two sides wrote, in one order at both ends."""
    return message_views(world, dossier(world, request_id))


@post("/requests/{request_id:str}/opened", sync_to_thread=True, status_code=200, opt={"act": "open"})
def opened(world: Here, officer: Officer, request_id: FromPath[str]) -> OpenedView:
    """Tells the other side that the acting officer has opened its request and messages. Said once for each; safe to repeat."""
    return OpenedView([place_view(place) for place in open_request(world, officer, request_id)])


routes = [send, messages, opened]
