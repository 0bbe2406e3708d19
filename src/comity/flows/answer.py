"""Answering a request and carrying it out: every step is an event of the request's machine, by a named person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, structs

from comity.domain.action import ACT_CHECKS, Done, Held, outcome
from comity.domain.law import lint_refusal
from comity.domain.record.kinds import action_1, action_2, decision_1, decision_2, evidence_1
from comity.domain.request.summary import held_until
from comity.domain.terms import Actor, Granted, Instant, Reason, Refused, instant_text
from comity.flows.duty import taken_back
from comity.flows.filing import about_place, channel_in, letter, sealed
from comity.flows.request import REQUESTS, may
from comity.flows.request_state import Dossier, dossier, lane_of
from comity.flows.signing import Signature, signed_off
from comity.ports import Letter, Place, World

REFUSALS = frozenset({"refuse", "decline"})
NEEDS_REASON = frozenset({"intend_to_refuse_or_postpone", "postpone", "report_impossible", "accept_part", "withdraw"})


@dataclass(frozen=True)
class Said:
    """What an officer says with a step."""

    event: str
    ground: str | None = None
    reason: str | None = None
    terms: tuple[tuple[str, str, str | None], ...] = ()
    choice: str | None = None


@dataclass(frozen=True)
class Item:
    """A file that is handed over: its digest and how it came about; the bytes travel apart."""

    sha256: str
    size: int
    media_type: str
    method: str
    use_limitation: str | None = None


def answer(
    world: World, actor: Actor, request: str, said: Said, role: str = "officer", signature: Signature | None = None
) -> Granted[tuple[Place, ...]] | Refused:
    """One step by our side. What the machine doesn't allow here and now is refused with what it does allow."""
    found = dossier(world, request)
    lead, reasons = _lead_in(found, said.event)
    reasons += may(world, actor, "countersign" if said.event == "countersign" else "answer", found)
    reasons += _told_as(found, said.event, by_action=False)
    reasons += _objections(world, found, said)
    reasons += _two_persons(found, actor, said.event)
    if reasons:
        return Refused(reasons)
    origin = channel_in(world, found.other, lane_of(world, found))
    acts = (found.measure.id, *(("countersign",) if said.event == "countersign" else ()))
    body = _deciding(world, actor, found, said, role)
    decided = signed_off(world, actor, acts, body, _decided_about(world, found), signature)
    if isinstance(decided, Refused):
        return decided
    letters = [_decision(world, found, origin, _deciding(world, actor, found, Said(event), role)) for event in lead]
    letters.append(_decision(world, found, origin, decided.value.body))
    return Granted(world.store.keep(letters, decided.value.facts))


def decision_of(
    world: World, actor: Actor, request: str, said: Said, role: str = "officer"
) -> tuple[decision_1.Body, str]:
    """A step of our side as it would be taken now, and the SHA-256 of the request's envelope as it was sent."""
    found = dossier(world, request)
    return _deciding(world, actor, found, said, role), _decided_about(world, found)


def _decided_about(world: World, found: Dossier) -> str:
    whole = found.sent or found.draft
    place = next(place for place, record in found.records if record is whole)
    return about_place(world, place).sha256


def act(
    world: World,
    actor: Actor,
    request: str,
    event: str,
    *,
    taken: str,
    hold_until: Instant | None = None,
    note: str | None = None,
    items: Sequence[Item] = (),
    choice: str | None = None,
    held: Sequence[Held] = (),
    whereabouts: str | None = None,
    consent: str | None = None,
) -> Granted[tuple[Place, ...]] | Refused:
    """Says what was really done, with the digests of what it yielded.

    held         amounts that are really held; which of the event's states they are follows from them, where `choice` is left out
    whereabouts  of a person who was looked for; it leaves only with `consent`
    """
    found = dossier(world, request)
    lead, reasons = _lead_in(found, event)
    reasons += may(world, actor, "act", found)
    reasons += _told_as(found, event, by_action=True)
    reasons += _taken_back(world, found)
    if event == "preserve" and hold_until is None:
        reasons += (Reason("hold-until-missing", {"field": "hold_until", "mend": "say until when the data is held"}),)
    now = world.clock.now()
    done = Done(
        event=event,
        by=actor.name,
        at=now,
        taken=taken,
        asked=asked_form(found.ask),
        until=hold_until,
        held=tuple(held),
        whereabouts=whereabouts,
        consent=consent,
        note=note,
        choice=choice,
        held_until=held_until(found.view),
    )
    if choice is None and held and "outcome-fits" in found.measure.act_checks:
        choice = _outcome(found, done)
    reasons += tuple(why for name in found.measure.act_checks for why in ACT_CHECKS[name](done))
    reasons += _two_persons(found, actor, event)
    if reasons:
        return Refused(reasons)
    origin = channel_in(world, found.other, lane_of(world, found))
    at = instant_text(now)
    body: action_1.Body | action_2.Body = action_1.Body(
        request=request,
        event=event,
        measure=found.measure.id,
        by=actor.name,
        at=at,
        taken=taken,
        hold_until=instant_text(hold_until) if hold_until is not None else None,
        choice=choice,
        after=tuple(found.view.after(found.side)),
        note=note or UNSET,
    )
    if held or whereabouts is not None or consent is not None:  # else the version that every node reads
        body = action_2.Body(
            **structs.asdict(body),
            held=tuple(action_2.Held(each.asset, str(each.amount)) for each in held),
            consent=consent,
            whereabouts=whereabouts or UNSET,
        )
    letters = [_decision(world, found, origin, _deciding(world, actor, found, Said(step), "officer")) for step in lead]
    letters.append(letter(origin, sealed(world, body, purpose="crime", basis=found.ask.route, marking=REQUESTS)))
    if items:
        evidence = evidence_1.Body(
            request=request,
            items=tuple(
                evidence_1.Item(
                    sha256=item.sha256,
                    bytes=item.size,
                    media_type=item.media_type,
                    collected_at=at,
                    collected_by=actor.name,
                    method=item.method,
                    use_limitation=item.use_limitation,
                )
                for item in items
            ),
            by=actor.name,
        )
        letters.append(
            letter(origin, sealed(world, evidence, purpose="crime", basis=found.ask.route, marking=REQUESTS))
        )
    return Granted(world.store.keep(letters))


def asked_form(ask: Any) -> Mapping[str, str]:
    """Members of a request's form, personal ones as far as they are here. Any: a body of some version of a request."""
    personal = getattr(ask, "form_personal", UNSET)
    return {**ask.form, **(personal if isinstance(personal, dict) else {})}


def _outcome(found: Dossier, done: Done) -> str | None:
    """The state that the amounts are, where the event may lead to several."""
    named = outcome(done.asked, done.held)
    targets = found.machine.targets(found.view.state, done.event)
    return named if len(targets) > 1 and named in targets else None


def _two_persons(found: Dossier, actor: Actor, event: str) -> tuple[Reason, ...]:
    """Where the measure wants two of us, the second isn't the first. Only this node can see to it: a channel proves its side alone."""
    before = found.measure.two_persons.get(event)
    taken = [t.step for t in found.view.history if t.side == found.side and t.step.event == before]
    if before is None or not taken or taken[-1].by != actor.name:
        return ()
    facts = {"field": "by", "mend": "somebody-else", "event": event, "before": before, "by": actor.name}
    return (Reason("same-person-twice", facts),)


def _lead_in(found: Dossier, event: str) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
    """Whether the event is allowed now, or after the one acknowledgement that opening a request amounts to."""
    state, machine, side = found.view.state, found.machine, found.side
    if found.sent is None:
        # Drafting steps stay on the desk and have flows of their own, with two persons in them.
        return (), (Reason("not-sent-yet", {"event": event, "state": state, "mend": "submit, approve, send"}),)
    if machine.allows(state, event, side):
        return (), ()
    if event != "acknowledge" and machine.allows(state, "acknowledge", side):
        after = machine.next(state, "acknowledge")
        if after is not None and machine.allows(after, event, side):
            return ("acknowledge",), ()
    allowed = sorted(machine.events(state, side))
    return (), (Reason("event-not-allowed-here", {"event": event, "state": state, "side": side, "allowed": allowed}),)


def _taken_back(world: World, found: Dossier) -> tuple[Reason, ...]:
    """Nothing is begun for a request that its issuer took back. What was begun may still be ended, and undone."""
    begun = any(r.envelope.kind.startswith("action/") and r.envelope.issuer == world.me.name for _, r in found.records)
    if begun or found.sent is None or found.side != "requested":
        return ()
    return taken_back(world, found.sent.envelope.issuer, found.sent.envelope.id)


def _told_as(found: Dossier, event: str, *, by_action: bool) -> tuple[Reason, ...]:
    """What the measure says is told by an action record is told by nothing else, and the other way round."""
    if (event in found.measure.acts) == by_action:
        return ()
    code = "event-is-no-action" if by_action else "event-needs-an-action"
    return (Reason(code, {"field": "event", "event": event, "acts": list(found.measure.acts)}),)


def _objections(world: World, found: Dossier, said: Said) -> tuple[Reason, ...]:
    if said.event in REFUSALS:
        book = world.catalog.book()
        route = book.route(found.ask.route or "")
        if route is None:
            return (Reason("no-route", {"route": found.ask.route}),)
        return lint_refusal(said.ground, bool(said.reason), route, book)
    if said.event in NEEDS_REASON and not said.reason:
        return (Reason("reason-missing", {"field": "reason", "event": said.event}),)
    if said.event == "offer_terms" and not said.terms:
        return (Reason("terms-missing", {"field": "terms", "mend": "say under which terms"}),)
    return ()


def _decision(world: World, found: Dossier, origin: str, body: decision_1.Body | decision_2.Body) -> Letter:
    return letter(origin, sealed(world, body, purpose="crime", basis=found.ask.route, marking=REQUESTS))


def _deciding(world: World, actor: Actor, found: Dossier, said: Said, role: str) -> decision_1.Body:
    return decision_1.Body(
        request=found.request,
        event=said.event,
        by=actor.name,
        role=role,
        at=instant_text(world.clock.now()),
        ground=said.ground,
        terms=tuple(decision_1.Term(text, kind, until) for text, kind, until in said.terms),
        choice=said.choice,
        after=tuple(found.view.after(found.side)),
        reason=said.reason or UNSET,
    )
