"""A request from draft to dispatch: drafted, weighed, attested, submitted, approved by somebody else, sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from msgspec import UNSET, structs

from comity.domain.indicator import Indicator, is_open
from comity.domain.law import Attestation, Draft, Findings, Measure, RouteView, lint, lint_for_sending, weigh
from comity.domain.ledger import Admission, Lane, Peer
from comity.domain.record import Marking
from comity.domain.record.kinds import decision_1, request_1
from comity.domain.record.places import Target
from comity.domain.terms import Actor, Granted, NodeName, Reason, Refused, instant_text
from comity.errors import Malformed, NotFound
from comity.flows.access import filed_under, permit, permit_on, there
from comity.flows.filing import about_place, channel_in, desk, letter, sealed
from comity.flows.lookup import read_value
from comity.flows.replacing import replacing
from comity.flows.request_state import Dossier, dossier, drafting_path
from comity.flows.signing import Signature, signed_off
from comity.flows.suppress import suppressed
from comity.ports import Fact, Letter, Place, World

REQUESTS = Marking(tlp="AMBER+STRICT", hcodes=("H0", "H2"))
ON_DESK = Marking(tlp="RED", hcodes=("H0", "H2"))


@dataclass(frozen=True)
class Ask:
    """What an officer fills in.

    targets   (kind or None, value as written)
    form      coded members of the route's form; `form_personal` those that speak of persons
    """

    measure: str
    to: NodeName
    route: str | None
    nature: str
    offence: str
    targets: tuple[tuple[str | None, str], ...]
    facts: str
    form: Mapping[str, str] = field(default_factory=dict)
    form_personal: Mapping[str, str] = field(default_factory=dict)
    law_of: str | None = None
    urgency: str = "routine"
    deadline: str | None = None
    report: str | None = None
    replaces_request: str | None = None


@dataclass(frozen=True)
class Drafted:
    """A draft as it stands: every route, what blocks, what advises, and what warning lists say about its targets."""

    request: str
    routes: tuple[RouteView, ...]
    findings: Findings
    warnings: tuple[Reason, ...]


def peer_named(world: World, name: str) -> Peer:
    """An accepted peer; NotFound for anybody else."""
    for peer in world.store.peers():
        if peer.name == name and peer.admission is Admission.ACCEPTED:
            return peer
    raise NotFound("peer", peer=name)


def measure_named(world: World, name: str) -> Measure:
    measure = world.catalog.measures().get(name)
    if measure is None:
        raise NotFound("measure", measure=name, known=sorted(world.catalog.measures()))
    return measure


def weigh_for(world: World, measure: str, to: NodeName) -> tuple[RouteView, ...]:
    """Every route for a measure from here to a peer, as of today, with all that speaks for and against it."""
    peer = peer_named(world, to)
    return weigh(measure_named(world, measure), world.me.country, peer.country, _today(world), world.catalog.book())


def _today(world: World) -> date:
    return datetime.fromtimestamp(world.clock.now() / 1000, UTC).date()


def draft(world: World, actor: Actor, ask: Ask) -> Granted[Drafted] | Refused:
    """Keeps a draft on our own desk and says what is still missing; nothing leaves."""
    peer_named(world, ask.to)
    measure = measure_named(world, ask.measure)
    targets, reasons = _targets(ask)
    reasons += permit(world, actor, "draft")
    if ask.report is not None and actor.account and not there(world, "report", ask.report):
        reasons += (Reason("report-not-here", {"field": "report", "report": ask.report}),)
    if measure.leaves == "alert":
        reasons += (Reason("leaves-as-an-alert", {"field": "measure", "measure": measure.id, "mend": "alert"}),)
    if ask.replaces_request is not None:
        reasons += replacing(world, ask.replaces_request)
    if reasons:
        return Refused(reasons)
    if ask.nature not in ("binding-order", "via-state", "voluntary"):
        return Refused((Reason("nature-unknown", {"field": "nature", "value": ask.nature}),))
    request = world.mint.record_id()
    body = _body(actor, ask, request, targets)
    _keep_draft(world, body, filed_under(world, actor, "request", [request]))
    return Granted(review(world, request))


def look_over(world: World, actor: Actor, ask: Ask) -> Drafted:
    """What a draft made of this would say: every route, and what is missing. Nothing is kept, so nobody is asked whether they may."""
    measure = measure_named(world, ask.measure)
    targets, unread = _targets(ask)
    body = _body(actor, ask, "", targets)
    routes = weigh_for(world, ask.measure, ask.to)
    found = lint(_as_draft(world, body), measure, routes, world.catalog.book())
    return Drafted("", routes, Findings((*unread, *found.blocking), found.advisory), _warnings(world, body))


def _body(actor: Actor, ask: Ask, request: str, targets: Sequence[Indicator]) -> request_1.Body:
    return request_1.Body(
        request=request,
        measure=ask.measure,
        to=ask.to,
        nature=ask.nature,  # type: ignore[arg-type]  # one of the three, as who calls has seen to
        route=ask.route,
        drafted_by=actor.name,
        approved_by=None,
        approved_at=None,
        law_of=ask.law_of,
        offence=ask.offence or None,
        deadline=ask.deadline,
        targets=tuple(Target(t.kind, t.value) for t in targets if is_open(t.kind)),
        urgency=ask.urgency,  # type: ignore[arg-type]  # the codec refuses what isn't one of its words
        form=dict(ask.form),
        report=ask.report,
        replaces_request=ask.replaces_request,
        facts=ask.facts or UNSET,
        form_personal=dict(ask.form_personal) or UNSET,
        personal_targets=tuple(Target(t.kind, t.value) for t in targets if not is_open(t.kind)) or UNSET,
    )


def _targets(ask: Ask) -> tuple[list[Indicator], tuple[Reason, ...]]:
    found, reasons = [], []
    for number, (kind, text) in enumerate(ask.targets):
        try:
            found.append(read_value(kind, text))
        except Malformed as fault:
            reasons.append(Reason(fault.code, {"field": f"targets[{number}]", "value": text[:200], **fault.facts}))
    return found, tuple(reasons)


def _keep_draft(world: World, body: request_1.Body, facts: Sequence[Fact] = ()) -> Place:
    record = sealed(world, body, purpose="crime", basis=body.route, marking=ON_DESK)
    (place,) = world.store.keep([letter(desk(world), record)], facts)
    return place


def may(world: World, actor: Actor, act: str, found: Dossier) -> tuple[Reason, ...]:
    """Why this actor may not do this with a request; nothing when they may."""
    return permit_on(world, actor, act, [found.request], (record for _, record in found.records))


def _ours(world: World, request: str) -> tuple[Dossier, request_1.Body]:
    found = dossier(world, request)
    if found.side != "requester" or found.draft is None:
        raise NotFound("draft", request=request)
    return found, found.draft.body


def review(world: World, request: str) -> Drafted:
    """Routes and findings for a draft as it stands now."""
    found, body = _ours(world, request)
    routes = weigh_for(world, body.measure, NodeName(body.to))
    findings = lint(_as_draft(world, body), found.measure, routes, world.catalog.book())
    return Drafted(request, routes, findings, _warnings(world, body))


def _as_draft(world: World, body: request_1.Body, approved_by: str | None = None) -> Draft:
    personal = body.personal_targets if body.personal_targets is not UNSET else ()
    form = {**body.form, **(body.form_personal if isinstance(body.form_personal, dict) else {})}
    said = body.attestation
    return Draft(
        measure=body.measure,
        route=body.route,
        sender=world.me.country,
        receiver=peer_named(world, body.to).country,
        nature=body.nature,
        law_of=body.law_of,
        offence=body.offence or "",
        targets=[(t.kind, t.value) for t in (*body.targets, *personal)],
        form=form,
        facts=body.facts if isinstance(body.facts, str) else "",
        drafted_by=body.drafted_by,
        urgency=body.urgency,
        deadline=body.deadline,
        approved_by=approved_by,
        attestation=Attestation(said.by, said.at, said.text_sha256, said.text_title) if said else None,
        at=world.clock.now(),
    )


def _warnings(world: World, body: request_1.Body) -> tuple[Reason, ...]:
    """A target that a warning list names is said before anything goes out; an officer decides."""
    return tuple(
        Reason("target-on-warning-list", {"value": t.value, "list": s.list_name, "entry": s.entry, "why": s.why})
        for t in body.targets
        for s in suppressed(world, Indicator(t.kind, t.value))
    )


def attest(world: World, actor: Actor, request: str, text_title: str, text_sha256: str) -> Granted[Drafted] | Refused:
    """An officer records that they have read the text that applies; a new version of the draft says so."""
    found, body = _ours(world, request)
    reasons = may(world, actor, "attest", found)
    if found.sent is not None:
        reasons += (Reason("already-sent", {"request": request}),)
    if reasons:
        return Refused(reasons)
    said = request_1.Attestation(actor.name, instant_text(world.clock.now()), text_sha256, text_title)
    _keep_draft(world, structs.replace(body, attestation=said))
    return Granted(review(world, request))


def submit(world: World, actor: Actor, request: str) -> Granted[Drafted] | Refused:
    """The draft goes to whoever approves, if nothing blocks it."""
    found, _ = _ours(world, request)
    drafted = review(world, request)
    path = drafting_path(found.machine)[:-1]
    reasons = may(world, actor, "submit", found) + drafted.findings.blocking
    if found.view.state != found.machine.initial:
        reasons += (Reason("not-a-draft", {"state": found.view.state}),)
    if reasons:
        return Refused(reasons)
    world.store.keep([_decision(world, actor, request, event, "officer") for event in path])
    return Granted(drafted)


def approve(world: World, actor: Actor, request: str, signature: Signature | None = None) -> Granted[Drafted] | Refused:
    """Somebody other than the author approves; the gates are weighed again on this day."""
    found, body = _ours(world, request)
    drafted = review(world, request)
    draft_ = _as_draft(world, body, approved_by=actor.name)
    reasons = may(world, actor, "approve", found)
    reasons += lint_for_sending(draft_, found.measure, drafted.routes, world.catalog.book()).blocking
    event = drafting_path(found.machine)[-1]
    if not found.machine.allows(found.view.state, event, "requester"):
        reasons += (Reason("not-submitted", {"state": found.view.state, "mend": "submit"}),)
    if reasons:
        return Refused(reasons)
    decision, subject = approval_of(world, actor, request)
    decided = signed_off(world, actor, ("approve", body.measure), decision, subject, signature)
    if isinstance(decided, Refused):
        return decided
    kept = sealed(world, decided.value.body, purpose="crime", marking=ON_DESK)
    world.store.keep([letter(desk(world), kept)], decided.value.facts)
    return Granted(drafted)


def approval_of(world: World, actor: Actor, request: str) -> tuple[decision_1.Body, str]:
    """The decision that lets a draft go out, and the SHA-256 of the envelope of its latest version."""
    found, _ = _ours(world, request)
    place = next(place for place, record in reversed(found.records) if record is found.draft)
    event = drafting_path(found.machine)[-1]
    return _deciding(world, actor, request, event, "approver"), about_place(world, place).sha256


def discard(world: World, actor: Actor, request: str) -> Granted[Place] | Refused:
    """A draft that goes no further, told on our own desk alone; what has left is withdrawn instead."""
    found, _ = _ours(world, request)
    reasons = may(world, actor, "draft", found)
    if found.sent is not None:
        reasons += (Reason("already-sent", {"request": request, "mend": "withdraw"}),)
    elif not found.machine.allows(found.view.state, "discard", "requester"):
        reasons += (Reason("not-a-draft", {"state": found.view.state}),)
    if reasons:
        return Refused(reasons)
    (place,) = world.store.keep([_decision(world, actor, request, "discard", "officer")])
    return Granted(place)


def _decision(world: World, actor: Actor, request: str, event: str, role: str) -> Letter:
    body = _deciding(world, actor, request, event, role)
    return letter(desk(world), sealed(world, body, purpose="crime", marking=ON_DESK))


def _deciding(world: World, actor: Actor, request: str, event: str, role: str) -> decision_1.Body:
    at = instant_text(world.clock.now())
    return decision_1.Body(request=request, event=event, by=actor.name, role=role, at=at)


def send(world: World, actor: Actor, request: str) -> Granted[Place] | Refused:
    """Both gates once more, then the request stands in the peer's channel of its lane: approved, signed, numbered."""
    found, body = _ours(world, request)
    approval = _approval(found)
    reasons = may(world, actor, "send", found)
    if found.sent is not None:
        reasons += (Reason("already-sent", {"request": request}),)
    elif approval is None:
        reasons += (Reason("not-approved", {"state": found.view.state, "mend": "approve"}),)
    else:
        draft_ = _as_draft(world, body, approved_by=approval.by)
        routes = weigh_for(world, body.measure, NodeName(body.to))
        reasons += lint_for_sending(draft_, found.measure, routes, world.catalog.book()).blocking
    if reasons or approval is None:
        return Refused(reasons)
    final = structs.replace(body, approved_by=approval.by, approved_at=approval.at)
    origin = channel_in(world, NodeName(body.to), Lane(found.measure.lane))
    record = sealed(world, final, purpose="crime", basis=body.route, marking=REQUESTS)
    (place,) = world.store.keep([letter(origin, record)])
    return Granted(place)


def _approval(found: Dossier) -> Any:
    """The decision that let the latest version go; a version made after it is not approved."""
    event = drafting_path(found.machine)[-1]
    drafts = [place.index for place, record in found.records if record is found.draft]
    for place, record in reversed(found.records):
        body = record.body
        if isinstance(body, decision_1.Decided) and body.event == event and body.role == "approver":
            if place.index > max(drafts, default=-1):
                return body
            return None
    return None
