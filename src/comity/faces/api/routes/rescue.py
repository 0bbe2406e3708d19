"""Rescue: alerts by one officer, the second signature afterwards, and routes attested beforehand."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from comity.domain.terms import instant_from, instant_text, node_name
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.door import Signed
from comity.faces.api.progress_view import DueView
from comity.faces.api.request_view import RequestView, request_view
from comity.faces.api.views import GivenValue, HostText, Prose, ReasonView, Sha256Text, Word, reason_views
from comity.flows import attest_route as attesting
from comity.flows import rescue

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Moment = Annotated[str, msgspec.Meta(min_length=20, max_length=24)]
"""RFC 3339 in UTC: `2026-12-24T10:00:00Z`."""
Given = Annotated[str, msgspec.Meta(max_length=2000)]
Members = Annotated[dict[str, Prose], msgspec.Meta(max_length=200)]


class TextRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text that the acting officer reads in this very act, where nobody attested the route beforehand."""

    text_title: Title
    text_sha256: Sha256Text


class NewAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a duty officer has at hand: a name or a place is enough, and nothing else holds the alert back.

    name, place    as they were told; what has no normal form goes along in words, sealed
    targets        what else may lead to the person: telephone, account …
    form           coded members of F_RESCUE, nothing about persons; `form_personal` takes the rest
    route          id of one of `GET /routes`; the best one that somebody has attested when it is left out
    """

    to: HostText
    name: Given | None = None
    place: Given | None = None
    facts: Prose = ""
    targets: Annotated[tuple[GivenValue, ...], msgspec.Meta(max_length=1000)] = ()
    form: Members = {}
    form_personal: Members = {}
    route: Word | None = None
    offence: Word | None = None
    report: Word | None = None
    text: TextRead | None = None


class AlertedView(msgspec.Struct, frozen=True):
    """An alert that has left.

    lane            channel it travels in: `rescue`, or `urgent` where the two have none
    advice          what protects the person, told and not waited for
    countersign_by  until when the second signature is due
    """

    request: str
    route: str
    lane: str
    advice: list[ReasonView]
    countersign_by: str


class AlertLine(msgspec.Struct, frozen=True):
    """An alert in a list: nothing of the person. `second_signature` is null for those of others."""

    request: str
    side: str
    other: str
    state: str
    by: str
    made: str
    second_signature: DueView | None


class NewAttestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text that the acting officer has read, and for which peer and route it is good until when."""

    to: HostText
    route: Word
    text_title: Title
    text_sha256: Sha256Text
    valid_until: Moment
    measure: Word = rescue.MEASURE


class AttestationView(msgspec.Struct, frozen=True):
    """A standing attestation on this desk."""

    record: str
    measure: str
    to: str
    route: str
    by: str
    at: str
    valid_until: str
    text_title: str
    text_sha256: str
    in_force: bool


@post("/rescue/alerts", sync_to_thread=True, opt={"asks": "alert"})
def alert(world: Here, officer: Officer, data: JSONBody[NewAlert]) -> AlertedView:
    """Sends an alert, now and by the acting officer alone."""
    asked = rescue.Alert(
        to=node_name(data.to),
        name=data.name or None,
        place=data.place or None,
        facts=data.facts,
        targets=tuple((target.kind, target.value) for target in data.targets),
        form=data.form,
        form_personal=data.form_personal,
        route=data.route,
        offence=data.offence,
        report=data.report,
        text=(data.text.text_title, data.text.text_sha256) if data.text is not None else None,
    )
    sent = granted(rescue.alert(world, officer, asked))
    due = instant_text(sent.countersign_by)
    return AlertedView(sent.request, sent.route, sent.lane.value, reason_views(sent.advice), due)


@get("/rescue/alerts", sync_to_thread=True, opt={"act": "view"})
def alerts(world: Here, limit: Limit = 100) -> list[AlertLine]:
    """The newest alerts, ours and theirs; a second signature of ours that is overdue becomes a notice."""
    lines = []
    for found in rescue.alerts(world, limit):
        signed = rescue.second_signature(world, found) if found.side == "requester" else None
        due = None
        if signed is not None:
            due = DueView(instant_text(signed.due), signed.at, signed.by, signed.overdue)
        made = found.sent.envelope.made if found.sent is not None else ""
        state, by = found.view.state, found.ask.drafted_by
        lines.append(AlertLine(found.request, found.side, found.other, state, by, made, due))
    return lines


@post("/rescue/alerts/{request_id:str}/countersign", sync_to_thread=True, status_code=200, opt={"asks": "countersign"})
def countersign(world: Here, officer: Officer, request_id: FromPath[str], signature: Signed) -> RequestView:
    """Gives the second signature; somebody other than who alerted."""
    granted(rescue.countersign(world, officer, request_id, signature))
    return request_view(world, request_id)


@post("/rescue/attestations", sync_to_thread=True, opt={"asks": "attest"})
def attest_route(world: Here, officer: Officer, data: JSONBody[NewAttestation]) -> AttestationView:
    """Records that the acting officer has read the text of a route, beforehand, for one peer and until a day."""
    kept = attesting.attest_route(
        world,
        officer,
        measure=data.measure,
        to=node_name(data.to),
        route=data.route,
        text_title=data.text_title,
        text_sha256=data.text_sha256,
        valid_until=instant_from(data.valid_until),
    )
    return _reading(granted(kept))


@get("/rescue/attestations", sync_to_thread=True, opt={"act": "view"})
def attestations(world: Here) -> list[AttestationView]:
    """Every standing attestation on this desk, newest first."""
    return [_reading(each) for each in attesting.readings(world)]


def _reading(reading: attesting.Reading) -> AttestationView:
    return AttestationView(record=reading.record, in_force=reading.in_force, **msgspec.structs.asdict(reading.said))


routes = [alert, alerts, countersign, attest_route, attestations]
