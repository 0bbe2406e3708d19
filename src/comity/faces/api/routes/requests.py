"""Requests: drafted, attested, submitted, approved, sent, answered and carried out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from comity.domain.action import Held
from comity.domain.terms import instant_from, node_name
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.door import Signed
from comity.faces.api.request_view import RequestLine, RequestView, request_line, request_view
from comity.faces.api.views import CountryText, GivenValue, HostText, KnownView, Prose, Sha256Text, Word, known_view
from comity.flows import request as requesting
from comity.flows.answer import Item, Said, act, answer
from comity.flows.request_state import requests as newest
from comity.flows.rights import look_for

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Moment = Annotated[str, msgspec.Meta(min_length=20, max_length=24)]
"""RFC 3339 in UTC: `2026-12-24T10:00:00Z`."""
Members = Annotated[dict[str, Prose], msgspec.Meta(max_length=200)]


class NewRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer fills in.

    route          id of one of `GET /routes`; null is kept as a draft, and nothing leaves without one
    law_of         whose law a binding order rests on
    form           coded members of the route's form, nothing about persons
    form_personal  the members that speak of persons; sealed, like `facts` and personal kinds of targets
    """

    measure: Word
    to: HostText
    nature: Literal["binding-order", "via-state", "voluntary"]
    targets: Annotated[tuple[GivenValue, ...], msgspec.Meta(max_length=1000)] = ()
    facts: Prose = ""
    offence: Annotated[str, msgspec.Meta(max_length=120)] = ""
    route: Word | None = None
    law_of: CountryText | None = None
    urgency: Literal["routine", "urgent", "emergency"] = "routine"
    deadline: Moment | None = None
    form: Members = {}
    form_personal: Members = {}
    report: Word | None = None
    replaces_request: Word | None = None


class Attested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text that the acting officer has read: its title and the SHA-256 of the file."""

    text_title: Title
    text_sha256: Sha256Text


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition of an answer."""

    text: Title
    kind: Word = "use"
    until: Moment | None = None


class NewStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step by our side; `allowed` of the request says which.

    ground  code of a refusal
    choice  state that is meant, where the event may lead to several
    """

    event: Word
    ground: Word | None = None
    reason: Prose | None = None
    terms: Annotated[tuple[Term, ...], msgspec.Meta(max_length=100)] = ()
    choice: Word | None = None
    role: Literal["officer", "approver"] = "officer"


class EvidenceItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is handed over: its digest and how it came about. The bytes travel apart."""

    sha256: Sha256Text
    bytes: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
    media_type: Word
    method: Word
    use_limitation: Word | None = None


class HeldAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount that is really held, in the smallest unit of its asset, as decimal digits."""

    asset: Word
    amount: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,39})$")]


class NewAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was really done, which may be less than what was asked.

    held         of a freeze; which state it comes to follows from the amounts, where `choice` is left out
    whereabouts  of a person who was looked for, sealed; it leaves only with `consent`
    """

    event: Word
    taken: Word
    hold_until: Moment | None = None
    note: Prose | None = None
    items: Annotated[tuple[EvidenceItem, ...], msgspec.Meta(max_length=1000)] = ()
    choice: Word | None = None
    held: Annotated[tuple[HeldAmount, ...], msgspec.Meta(max_length=100)] = ()
    whereabouts: Prose | None = None
    consent: Word | None = None


def said_in(data: NewStep) -> Said:
    """The step as the flow takes it."""
    terms = tuple((term.text, term.kind, term.until) for term in data.terms)
    return Said(data.event, data.ground, data.reason, terms, data.choice)


@post("/requests", sync_to_thread=True, opt={"asks": "draft"})
def draft(world: Here, officer: Officer, data: JSONBody[NewRequest]) -> RequestView:
    """Keeps a draft on this desk and says what is still missing; nothing leaves."""
    ask = requesting.Ask(
        measure=data.measure,
        to=node_name(data.to),
        route=data.route,
        nature=data.nature,
        offence=data.offence,
        targets=tuple((target.kind, target.value) for target in data.targets),
        facts=data.facts,
        form=data.form,
        form_personal=data.form_personal,
        law_of=data.law_of,
        urgency=data.urgency,
        deadline=data.deadline,
        report=data.report,
        replaces_request=data.replaces_request,
    )
    return request_view(world, granted(requesting.draft(world, officer, ask)).request)


@get("/requests", sync_to_thread=True, opt={"act": "view"})
def requests(world: Here, limit: Limit = 100) -> list[RequestLine]:
    """The newest requests, ours and those made to us, drafts included."""
    return [request_line(world, each) for each in newest(world, limit)]


@get("/requests/{request_id:str}", sync_to_thread=True, opt={"act": "view"})
def request(world: Here, request_id: FromPath[str]) -> RequestView:
    """Where a request stands, how it came there, and what may come next."""
    return request_view(world, request_id)


@get("/requests/{request_id:str}/known", sync_to_thread=True, opt={"asks": "look-up"})
def known(world: Here, officer: Officer, request_id: FromPath[str]) -> list[KnownView]:
    """What is known here about its targets. Of a request that the human-rights gate stops nothing is looked up."""
    return [known_view(each) for each in granted(look_for(world, officer, request_id))]


@post("/requests/{request_id:str}/attest", sync_to_thread=True, status_code=200, opt={"asks": "attest"})
def attest(world: Here, officer: Officer, request_id: FromPath[str], data: JSONBody[Attested]) -> RequestView:
    """Records that the acting officer has read the text that applies."""
    granted(requesting.attest(world, officer, request_id, data.text_title, data.text_sha256))
    return request_view(world, request_id)


@post("/requests/{request_id:str}/submit", sync_to_thread=True, status_code=200, opt={"asks": "submit"})
def submit(world: Here, officer: Officer, request_id: FromPath[str]) -> RequestView:
    """Hands the draft to whoever approves, if nothing blocks it."""
    granted(requesting.submit(world, officer, request_id))
    return request_view(world, request_id)


@post("/requests/{request_id:str}/approve", sync_to_thread=True, status_code=200, opt={"asks": "approve"})
def approve(world: Here, officer: Officer, request_id: FromPath[str], signature: Signed) -> RequestView:
    """Approves it; somebody other than its author."""
    granted(requesting.approve(world, officer, request_id, signature))
    return request_view(world, request_id)


@post("/requests/{request_id:str}/send", sync_to_thread=True, status_code=200, opt={"asks": "send"})
def send(world: Here, officer: Officer, request_id: FromPath[str]) -> RequestView:
    """Puts the approved request into the peer's urgent channel, signed and numbered."""
    granted(requesting.send(world, officer, request_id))
    return request_view(world, request_id)


@post("/requests/{request_id:str}/steps", sync_to_thread=True, opt={"asks": "answer"})
def step(
    world: Here, officer: Officer, request_id: FromPath[str], data: JSONBody[NewStep], signature: Signed
) -> RequestView:
    """Takes one step for our side."""
    granted(answer(world, officer, request_id, said_in(data), data.role, signature))
    return request_view(world, request_id)


@post("/requests/{request_id:str}/actions", sync_to_thread=True, opt={"asks": "act"})
def action(world: Here, officer: Officer, request_id: FromPath[str], data: JSONBody[NewAction]) -> RequestView:
    """Says what was really done, with the digests of what it yielded."""
    items = [Item(i.sha256, i.bytes, i.media_type, i.method, i.use_limitation) for i in data.items]
    hold_until = instant_from(data.hold_until) if data.hold_until is not None else None
    done = act(
        world,
        officer,
        request_id,
        data.event,
        taken=data.taken,
        hold_until=hold_until,
        note=data.note,
        items=items,
        choice=data.choice,
        held=[Held(each.asset, int(each.amount)) for each in data.held],
        whereabouts=data.whereabouts,
        consent=data.consent,
    )
    granted(done)
    return request_view(world, request_id)


routes = [draft, requests, request, known, attest, submit, approve, send, step, action]
