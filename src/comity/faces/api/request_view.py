"""A request as JSON: where it stands, how it came there, what may come next, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from comity.domain.request import Step, Taken
from comity.domain.terms import instant_text
from comity.errors import NotFound
from comity.faces.api.message_view import MessageView, ServiceView, message_views, service_view
from comity.faces.api.progress_view import ProgressView, progress_view
from comity.faces.api.route_view import RouteLine, route_line
from comity.faces.api.views import ReasonView, reason_views
from comity.flows.call_back import call_back
from comity.flows.disposition import disposition_of
from comity.flows.files import standing
from comity.flows.opened import served
from comity.flows.request import review
from comity.flows.request_state import Dossier, dossier, drafting_path
from comity.ports import Place, World

How = Literal["submit", "approve", "send", "steps", "actions"]


class RequestLine(msgspec.Struct, frozen=True):
    """A request in a list: nothing personal."""

    request: str
    measure: str
    side: str
    other: str
    state: str
    sent: bool
    urgency: str
    made: str
    by: str


class StepView(msgspec.Struct, frozen=True):
    """One step that counted. `told` holds what was said with it (ground, reason, terms, taken, hold_until …)."""

    event: str
    before: str
    state: str
    side: str
    node: str
    by: str
    at: str
    record: str
    told: dict[str, Any]


class OtherStepView(msgspec.Struct, frozen=True):
    """A step that changed nothing: refused with its reason, or waiting for a record that isn't here yet (then no reason)."""

    event: str
    node: str
    by: str
    at: str
    record: str
    state: str | None
    reason: ReasonView | None


class AllowedView(msgspec.Struct, frozen=True):
    """Something that our side may do now: `POST /requests/{id}/{how}`.

    to      states it may lead to; where there are several, `choice` has to name one
    guard   what a person has to make sure of first
    implied whether an acknowledgement goes out with it
    """

    event: str
    how: How
    to: list[str]
    guard: list[str]
    implied: bool


class FindingsView(msgspec.Struct, frozen=True):
    """What keeps a draft at home, what its approver should read, and what warning lists say of its targets."""

    blocking: list[ReasonView]
    advisory: list[ReasonView]
    warnings: list[ReasonView]


class TermView(msgspec.Struct, frozen=True):
    """A condition that was offered, and the step with which it was."""

    text: str
    kind: str
    until: str | None
    event: str
    by: str
    at: str


class EvidenceView(msgspec.Struct, frozen=True):
    """A file that was handed over, by its digest.

    state  `here`, `fetching` (`held` of its bytes are here), or `named` alone
    """

    sha256: str
    bytes: int
    media_type: str
    collected_at: str
    collected_by: str
    method: str
    use_limitation: str | None
    node: str
    state: str
    held: int


class RecordLine(msgspec.Struct, frozen=True):
    """A record of the request. `service`: when its reader's node stored it and who there opened it; nulls on the desk, or not yet."""

    origin: str
    index: int
    kind: str
    record: str
    issuer: str
    made: str
    service: ServiceView


class CallBackView(msgspec.Struct, frozen=True):
    """How the other side is called, from our own roster alone.

    contact  empty when nobody here has noted one: then by whatever the officers already know
    claimed  members of the request that name a contact, with what they say: never to be called
    """

    node: str
    title: str
    contact: str
    claimed: dict[str, str]


class RequestView(msgspec.Struct, frozen=True):
    """A request as this node knows it.

    ask         the request itself, sealed members opened as far as they are here; `absent` names the others; of one that
                came in, without members that name a contact of its sender: those stand in `call_back.claimed`
    route       the chosen route as it is weighed today; null when none is chosen, or once it is sent
    findings    only while it is our draft
    proves_not  language -> what a receipt of this measure does not show
    """

    request: str
    measure: str
    label: dict[str, str]
    side: str
    other: str
    state: str
    closed: bool
    sent: bool
    ask: dict[str, Any]
    absent: list[str]
    history: list[StepView]
    refused_steps: list[OtherStepView]
    waiting: list[OtherStepView]
    allowed: list[AllowedView]
    findings: FindingsView | None
    route: RouteLine | None
    terms: list[TermView]
    evidence: list[EvidenceView]
    messages: list[MessageView]
    records: list[RecordLine]
    progress: ProgressView
    proves_not: dict[str, str]
    course: str
    call_back: CallBackView


def request_line(world: World, request: str) -> RequestLine:
    found = dossier(world, request)
    known = found.sent or found.draft
    return RequestLine(
        request=request,
        measure=found.measure.id,
        side=found.side,
        other=found.other,
        state=found.view.state,
        sent=found.sent is not None,
        urgency=found.ask.urgency,
        made=known.envelope.made if known is not None else "",
        by=found.ask.drafted_by,
    )


def request_view(world: World, request: str) -> RequestView:
    """Everything about one request; NotFound when there is none."""
    found = dossier(world, request)
    known = found.sent or found.draft
    findings, route = _review(world, found)
    called = call_back(world, found)
    return RequestView(
        request=request,
        measure=found.measure.id,
        label=found.measure.label,
        side=found.side,
        other=found.other,
        state=found.view.state,
        closed=found.view.state in found.machine.terminal,
        sent=found.sent is not None,
        ask=_ask(found, called.claimed),
        absent=sorted(known.absent) if known is not None else [],
        history=[_step(taken) for taken in found.view.history],
        refused_steps=[_other(r.step, r.state, reason_views([r.reason])[0]) for r in found.view.refused_steps],
        waiting=[_other(step, None, None) for step in found.view.waiting],
        allowed=list(_allowed(found)),
        findings=findings,
        route=route,
        terms=list(_terms(found)),
        evidence=list(_evidence(world, found)),
        messages=message_views(world, found),
        records=[_record(world, place, record) for place, record in found.records],
        progress=progress_view(world, found),
        proves_not=found.measure.proves_not,
        course=_course(world, found),
        call_back=CallBackView(called.node, called.title, called.contact, dict(called.claimed)),
    )


def _ask(found: Dossier, claimed: Mapping[str, str]) -> dict[str, Any]:
    """The body as JSON. What came in says nothing by itself about whom to call."""
    ask: dict[str, Any] = msgspec.to_builtins(found.ask)
    if found.side == "requested":
        for name in claimed:
            member, _, field = name.partition(".")
            del ask[member][field]
    return ask


def _course(world: World, found: Dossier) -> str:
    """What its issuer has made of the request record since: `current` until it goes out, and while it stands."""
    if found.sent is None:
        return "current"
    return disposition_of(world, found.sent.envelope.issuer, found.sent.envelope.id).course.value


def _review(world: World, found: Dossier) -> tuple[FindingsView | None, RouteLine | None]:
    if found.side != "requester" or found.sent is not None:
        return None, None
    try:
        drafted = review(world, found.request)
    except NotFound as fault:
        # The peer was expelled since: the draft can still be read, and says why it can't leave.
        missing = ReasonView(f"{fault.code}-not-found", fault.code, "choose another", dict(fault.facts))
        return FindingsView([missing], [], []), None
    book = world.catalog.book()
    chosen = next((view for view in drafted.routes if view.row.id == found.ask.route), None)
    findings = FindingsView(
        reason_views(drafted.findings.blocking),
        reason_views(drafted.findings.advisory),
        reason_views(drafted.warnings),
    )
    return findings, route_line(chosen, found.measure, book) if chosen is not None else None


def _step(taken: Taken) -> StepView:
    step = taken.step
    told = dict(step.told)
    return StepView(step.event, taken.before, taken.state, taken.side, step.issuer, step.by, step.at, step.id, told)


def _other(step: Step, state: str | None, reason: ReasonView | None) -> OtherStepView:
    return OtherStepView(step.event, step.issuer, step.by, step.at, step.id, state, reason)


def _allowed(found: Dossier) -> Iterator[AllowedView]:
    """What the machine lets our side do, by the way in which the flows take it; an acknowledgement goes without saying."""
    machine, state, side = found.machine, found.view.state, found.side
    said = machine.events(state, side)
    for event in said:
        if (how := _how(found, event)) is not None:
            yield _may(found, state, event, how, implied=False)
    if "acknowledge" in said and (after := machine.next(state, "acknowledge")) is not None:
        for event in machine.events(after, side):
            if event not in said and (how := _how(found, event)) is not None:
                yield _may(found, after, event, how, implied=True)


def _how(found: Dossier, event: str) -> How | None:
    if found.sent is not None:
        return "actions" if event in found.measure.acts else "steps"
    path = drafting_path(found.machine)
    if event in path[:-1]:
        return "submit"
    return "approve" if event == path[-1] else "send" if event == found.machine.opens else None


def _may(found: Dossier, state: str, event: str, how: How, *, implied: bool) -> AllowedView:
    arrows = [arrow for arrow in found.machine.transitions if (arrow.source, arrow.event) == (state, event)]
    guards = [arrow.guard for arrow in arrows if arrow.guard]
    return AllowedView(event, how, list(found.machine.targets(state, event)), guards, implied)


def _terms(found: Dossier) -> Iterator[TermView]:
    for taken in found.view.history:
        for term in taken.step.told.get("terms", ()):
            yield TermView(term["text"], term["kind"], term["until"], taken.step.event, taken.step.by, taken.step.at)


def _evidence(world: World, found: Dossier) -> Iterator[EvidenceView]:
    for _, record in found.records:
        if record.envelope.kind.startswith("evidence/"):
            for item in record.body.items:
                stands = standing(world, item.sha256)
                yield EvidenceView(
                    sha256=item.sha256,
                    bytes=item.bytes,
                    media_type=item.media_type,
                    collected_at=item.collected_at,
                    collected_by=item.collected_by,
                    method=item.method,
                    use_limitation=item.use_limitation,
                    node=record.envelope.issuer,
                    state=stands.state,
                    held=stands.held,
                )


def _record(world: World, place: Place, record: Any) -> RecordLine:
    envelope = record.envelope
    service = service_view(world, place, record)
    return RecordLine(place.origin, place.index, envelope.kind, envelope.id, envelope.issuer, envelope.made, service)


def confirmed_at(world: World, place: Place) -> str | None:
    """When the reader of the record's channel cosigned that it holds it; None on a desk, or not yet."""
    stored = served(world, place)
    return instant_text(stored.at) if stored is not None else None
