"""A rescue alert: leaves on a name or a place alone, by one duty officer, in one act; the second signature comes afterwards.

Life first: nothing but these holds it back: that it names neither person nor place, that no usable route leads to the peer, or
that nobody has read the text which that route rests on. The officer may say so in the same act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import UNSET

from comity.domain.access import Link
from comity.domain.indicator import Indicator, is_open
from comity.domain.law import Attestation, Draft, Findings, Measure, RouteView, lint_alert, usable
from comity.domain.ledger import Lane
from comity.domain.record.kinds import request_1
from comity.domain.record.places import Target
from comity.domain.request.summary import SECOND_SIGNATURE_MS as SECOND_SIGNATURE_MS
from comity.domain.request.summary import countersigned, second_signature_due
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_from, instant_text
from comity.errors import Malformed
from comity.flows.access import filed_under, permit
from comity.flows.answer import Said, answer
from comity.flows.attest_route import reading_for
from comity.flows.filing import channel_in, desk, letter, sealed
from comity.flows.lookup import read_value
from comity.flows.request import ON_DESK, REQUESTS, measure_named, peer_named, weigh_for
from comity.flows.request_state import Dossier, dossier, dossiers
from comity.flows.signing import Signature
from comity.ports import Noticed, Place, World
from comity.ports.requests import Wanted

MEASURE = "rescue"
WORDS_MAX = 2000


@dataclass(frozen=True)
class Alert:
    """What a duty officer has at hand; `name` or `place` is enough.

    targets  what else may lead to the person: telephone, account …; what can't be read goes along in words
    text     title and SHA-256 of the text that the officer reads in this very act, where nobody attested the route beforehand
    """

    to: NodeName
    name: str | None = None
    place: str | None = None
    facts: str = ""
    targets: tuple[tuple[str | None, str], ...] = ()
    form: Mapping[str, str] = field(default_factory=dict)
    form_personal: Mapping[str, str] = field(default_factory=dict)
    route: str | None = None
    offence: str | None = None
    report: str | None = None
    text: tuple[str, str] | None = None


@dataclass(frozen=True)
class Alerted:
    """An alert that has left.

    advice        what protects the person and was not waited for
    countersign_by  until when the second signature is due
    """

    request: str
    place: Place
    route: str
    lane: Lane
    advice: tuple[Reason, ...]
    countersign_by: Instant


@dataclass(frozen=True)
class SecondSignature:
    """The second signature of an alert: due, given by whom and when, or overdue. It is told, and holds nothing up."""

    due: Instant
    by: str | None
    at: str | None
    overdue: bool


def alert(world: World, actor: Actor, asked: Alert) -> Granted[Alerted] | Refused:
    """Drafted and sent in one transaction; Refused with every reason when it can't leave, and then nothing is kept."""
    peer, measure = peer_named(world, asked.to), measure_named(world, MEASURE)
    denied = permit(world, actor, "alert")
    values, words, advice = _values(asked, measure)
    views = weigh_for(world, MEASURE, asked.to)
    view, said = _route(world, actor, asked, views)
    personal = {**words, **asked.form_personal}
    draft = Draft(
        measure=MEASURE,
        route=view.row.id if view is not None else asked.route,
        sender=world.me.country,
        receiver=peer.country,
        nature=view.natures[0] if view is not None else "via-state",
        law_of=None,
        offence=asked.offence or "",
        targets=[(value.kind, value.value) for value in values],
        form={**asked.form, **personal},
        facts=asked.facts,
        drafted_by=actor.name,
        urgency="emergency",
        attestation=Attestation(said.by, said.at, said.text_sha256, said.text_title) if said is not None else None,
        at=world.clock.now(),
    )
    findings: Findings = lint_alert(draft, measure, views, world.catalog.book())
    if denied or findings.blocking or view is None:
        return Refused((*denied, *findings.blocking))
    body = _body(world, asked, draft, values, personal, said)
    filed = filed_under(world, actor, "request", [body.request])
    return Granted(_sent(world, body, measure, (*advice, *findings.advisory), filed))


def _sent(
    world: World, body: request_1.Body, measure: Measure, advice: tuple[Reason, ...], filed: Sequence[Link]
) -> Alerted:
    to, route = NodeName(body.to), body.route or ""
    origin = channel_in(world, to, Lane(measure.lane))
    ours = letter(desk(world), sealed(world, body, purpose="crime", basis=route, marking=ON_DESK))
    record = sealed(world, body, purpose="crime", basis=route, marking=REQUESTS)
    _, place = world.store.keep([ours, letter(origin, record)], filed)
    due = Instant(world.clock.now() + SECOND_SIGNATURE_MS)
    return Alerted(body.request, place, route, world.store.channel(origin).lane, advice, due)


def _values(asked: Alert, measure: Measure) -> tuple[list[Indicator], dict[str, str], tuple[Reason, ...]]:
    """What has a normal form, what goes along in words instead, and advice about these."""
    given: list[tuple[str | None, str, str]] = []
    given += [("person_name", asked.name, "person.name")] if asked.name else []
    given += [("place", asked.place, "location.address_text")] if asked.place else []
    given += [(kind, text, "") for kind, text in asked.targets]
    found: dict[Indicator, None] = {}
    words: dict[str, str] = {}
    advice: list[Reason] = []
    loose: list[str] = []
    for kind, text, member in given:
        try:
            value = read_value(kind, text)
            why = "" if value.kind in measure.targets else "target-kind"
        except Malformed as fault:
            why = fault.code
        if not why:
            found.setdefault(value)
            continue
        advice.append(Reason("told-in-words", {"field": member or "targets", "mend": "correct-later", "why": why}))
        if member:
            words[member] = text[:WORDS_MAX]
        else:
            loose.append(text[:WORDS_MAX])
    if loose:
        words["also_given"] = "\n".join(loose)[:WORDS_MAX]
    return list(found), words, tuple(advice)


def _route(
    world: World, actor: Actor, asked: Alert, views: Sequence[RouteView]
) -> tuple[RouteView | None, request_1.Attestation | None]:
    """The route and who has read its text: the one asked for, else the best that needs no reading or has one."""
    fits = [view for view in usable(views) if asked.route in (None, view.row.id)]
    now = instant_text(world.clock.now())
    for view in fits:
        if view.gate == "open":
            return view, None
        known = reading_for(world, MEASURE, asked.to, view.row.id)
        if known is not None:
            said = known.said
            return view, request_1.Attestation(said.by, said.at, said.text_sha256, said.text_title)
    if not fits:
        return None, None
    if asked.text is None:
        return fits[0], None
    title, digest = asked.text
    return fits[0], request_1.Attestation(actor.name, now, digest, title)


def _body(
    world: World,
    asked: Alert,
    draft: Draft,
    values: Sequence[Indicator],
    personal: Mapping[str, str],
    said: request_1.Attestation | None,
) -> request_1.Body:
    return request_1.Body(
        request=world.mint.record_id(),
        measure=MEASURE,
        to=asked.to,
        nature=draft.nature,  # type: ignore[arg-type]  # one of the route's own
        route=draft.route,
        drafted_by=draft.drafted_by,
        approved_by=None,
        approved_at=None,
        offence=asked.offence or None,
        targets=tuple(Target(value.kind, value.value) for value in values if is_open(value.kind)),
        urgency="emergency",
        form=dict(asked.form),
        attestation=said,
        report=asked.report,
        facts=asked.facts or UNSET,
        form_personal=dict(personal) or UNSET,
        personal_targets=tuple(Target(v.kind, v.value) for v in values if not is_open(v.kind)) or UNSET,
    )


def countersign(
    world: World, actor: Actor, request: str, signature: Signature | None = None
) -> Granted[tuple[Place, ...]] | Refused:
    """The second signature, by somebody else than who alerted: once, told to the other side, late or not."""
    found = dossier(world, request)
    if found.measure.leaves != "alert" or found.side != "requester":
        return Refused((Reason("no-alert-of-ours", {"request": request, "measure": found.measure.id}),))
    signed = second_signature(world, found)
    if signed is not None and signed.by is not None:
        return Refused((Reason("countersigned-already", {"by": signed.by, "at": signed.at}),))
    return answer(world, actor, request, Said("countersign"), "approver", signature)


def second_signature(world: World, found: Dossier) -> SecondSignature | None:
    """How it stands with the second signature; None where the measure asks for none or nothing has left."""
    due, given = second_signature_due(found), countersigned(found.view)
    if due is None:
        return None
    if given is not None:
        return SecondSignature(due, given.by, given.at, overdue=instant_from(given.at) > due)
    return SecondSignature(due, None, None, overdue=world.clock.now() > due)


def alerts(world: World, limit: int = 200, after: str = "") -> list[Dossier]:
    """Alerts, ours and theirs, in the order of work; a second signature of ours that is overdue is noticed once."""
    ids = [row.summary.request for row in world.store.requests(Wanted("alerts"), limit, after)]
    found = dossiers(world, ids)
    now = world.clock.now()
    late = [
        Noticed(f"countersign-overdue {one.request}", now, "countersign-overdue", {"request": one.request})
        for one in (row.summary for row in world.store.requests(Wanted("unsigned"), limit))
        if one.second is not None and one.second < now
    ]
    if late:
        world.store.keep([], late)
    return [found[one] for one in ids if one in found]
