"""Messages about a request: either side may ask, explain and attach while it isn't closed. They change nothing of its state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from comity.domain.record import Record
from comity.domain.record.kinds import message_1
from comity.domain.record.places import Attachment
from comity.domain.terms import Actor, Granted, Reason, Refused, instant_text
from comity.flows.filing import channel_in, letter, sealed
from comity.flows.request import REQUESTS, may
from comity.flows.request_state import Dossier, dossier, lane_of
from comity.ports import Place, World

CODES = ("unclear", "missing", "contradictory", "unreadable", "too-broad", "not-found")
FIELDS = ("facts", "targets", "offence", "deadline", "urgency", "nature", "law_of", "route", "attestation", "report")
"""Members of a request that a coded question may name, besides those of its forms (`form/<member>`)."""


@dataclass(frozen=True)
class Said:
    """What an officer writes.

    asks         (member of the request, code) each
    attachments  (hex SHA-256, media type) of files that are here
    """

    text: str | None = None
    asks: tuple[tuple[str, str], ...] = ()
    attachments: tuple[tuple[str, str], ...] = ()
    reply_to: str | None = None
    lang: str | None = None


def send_message(world: World, actor: Actor, request: str, said: Said) -> Granted[Place] | Refused:
    """Writes to the other side of a request that has been sent and isn't closed."""
    found = dossier(world, request)
    reasons = (*may(world, actor, "message", found), *_objections(world, found, said))
    if reasons:
        return Refused(reasons)
    sizes = [(sha256, world.files.size(sha256) or 0, media) for sha256, media in said.attachments]
    body = message_1.Body(
        request=request,
        by=actor.name,
        at=instant_text(world.clock.now()),
        reply_to=said.reply_to,
        asks=tuple(message_1.Question(field, code) for field, code in said.asks),  # type: ignore[arg-type]  # checked
        attachments=tuple(Attachment(*each) for each in sizes),
        text=said.text or UNSET,
    )
    origin = channel_in(world, found.other, lane_of(world, found))
    record = sealed(world, body, purpose="crime", basis=found.ask.route, marking=REQUESTS, lang=said.lang)
    (place,) = world.store.keep([letter(origin, record)])
    return Granted(place)


def messages(found: Dossier) -> tuple[tuple[Place, Record[Any]], ...]:
    """What the two sides wrote, in one order at both ends: by time, and where that is the same by id."""
    sides = {found.view.requester, found.view.addressee}
    wrote: dict[tuple[str, str], tuple[Place, Record[Any]]] = {}
    for place, record in found.records:
        envelope = record.envelope
        if envelope.kind.startswith("message/") and envelope.issuer in sides:
            # Issued again under its id, it's still one.
            wrote.setdefault((envelope.issuer, envelope.id), (place, record))
    return tuple(sorted(wrote.values(), key=lambda each: (each[1].body.at, each[1].envelope.id)))


def askable(world: World, found: Dossier) -> tuple[str, ...]:
    """Members of the request that a coded question may name."""
    book = world.catalog.book()
    route = book.route(found.ask.route or "")
    names = (*(route.form if route is not None else ()), *found.measure.forms)
    forms = (book.forms[name] for name in names if name in book.forms)
    return (*FIELDS, *dict.fromkeys(f"form/{member.name}" for form in forms for member in form.fields))


def _objections(world: World, found: Dossier, said: Said) -> Iterator[Reason]:
    state = found.view.state
    if found.sent is None:
        yield Reason("not-sent-yet", {"event": "message", "state": state, "mend": "submit, approve, send"})
    elif state in found.machine.terminal:
        yield Reason("request-closed", {"state": state, "mend": "send a new request"})
    if not said.text and not said.asks and not said.attachments:
        yield Reason("message-empty", {"field": "text", "mend": "write, ask or attach something"})
    known = {record.envelope.id for _, record in found.records}
    if said.reply_to is not None and said.reply_to not in known:
        yield Reason("reply-to-unknown", {"field": "reply_to", "record": said.reply_to[:60]})
    fields = askable(world, found)
    for field, code in said.asks:
        if field not in fields:
            yield Reason("ask-field-unknown", {"field": "asks", "value": field[:120], "choices": list(fields)})
        if code not in CODES:
            yield Reason("ask-code-unknown", {"field": "asks", "value": code[:120], "choices": list(CODES)})
    for sha256, _ in said.attachments:
        if world.files.size(sha256) is None:
            yield Reason("attachment-not-here", {"field": "attachments", "sha256": sha256, "mend": "comity file add"})
