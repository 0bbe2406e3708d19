"""Orders that take two persons: one officer proposes on the desk, another confirms, and only then anything leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from comity.domain.ledger import Lane
from comity.domain.record import CLEAR, ERASE, PROPOSAL, Record, decode_fields, open_record
from comity.domain.record.kinds import clear_1, decision_1, decision_2, erase_1
from comity.domain.record.opened import uuid_trace
from comity.domain.record.orders import Target
from comity.domain.terms import Actor, Granted, Reason, Refused, instant_text
from comity.errors import NotFound
from comity.flows.access import permit_on, whole
from comity.flows.disposition import versions
from comity.flows.filing import about_place, desk, letter, sealed
from comity.flows.forgetting import forget_files
from comity.flows.ordering import ON_DESK, Issued, issue, refusal_for, targets_of
from comity.flows.signing import Signature, signed_off
from comity.flows.withdraw import ORDERS_MARKING
from comity.ports import Letter, Place, World

GROUNDS = ("acquitted", "dismissed", "mistaken-identity")
CONFIRM, REJECT = "confirm", "reject"


@dataclass(frozen=True)
class Proposal:
    """A proposal as it stands.

    kind     `erase/1` or `clear/1`
    fields   pointers that would go; None is the whole record
    decided  None, `confirm` or `reject`; `by` whom
    """

    id: str
    kind: str
    records: tuple[str, ...]
    fields: tuple[str, ...] | None
    ground: str
    proposed_by: str
    at: str
    decided: str | None = None
    by: str | None = None


def propose(world: World, actor: Actor, body: erase_1.Body | clear_1.Body) -> Granted[Proposal] | Refused:
    """Keeps it on the desk; nothing leaves."""
    records = list(dict.fromkeys(target.id for target in body.targets))
    reasons = refusal_for(world, records, body.ground)
    if reasons:
        return Refused(reasons)
    record = sealed(world, body, purpose=PROPOSAL, marking=ON_DESK)
    world.store.keep([letter(desk(world), record)])
    return Granted(proposal(world, record.id))


def proposal(world: World, wanted: str) -> Proposal:
    """NotFound when there is none of this id."""
    body, made, kind = _draft(world, wanted)
    decision = _decision_about(world, wanted)
    fields = getattr(body.targets[0], "fields", None)
    return Proposal(
        wanted,
        kind,
        tuple(dict.fromkeys(target.id for target in body.targets)),
        fields,
        body.ground,
        body.ordered_by,
        made,
        decision.event if decision is not None else None,
        decision.by if decision is not None else None,
    )


def proposals(world: World, limit: int = 200) -> tuple[Proposal, ...]:
    """Those that wait for a second officer, newest first."""
    found = []
    for kind in (ERASE, CLEAR):
        for place in world.store.of_kind(kind, limit):
            if world.store.channel(place.origin).lane is Lane.DESK:
                told = world.store.told([place])[place]
                assert told.header is not None
                try:
                    found.append(proposal(world, told.header.id))
                except NotFound:
                    continue  # an order that was given
    waiting = [one for one in found if one.decided is None]
    return tuple(sorted(waiting, key=lambda one: one.at, reverse=True))


def confirm(world: World, actor: Actor, wanted: str, signature: Signature | None = None) -> Granted[Issued] | Refused:
    """Somebody else than who proposed it; the order stands with every reader, and bodies go in that transaction."""
    found, body = proposal(world, wanted), _draft(world, wanted)[0]
    reasons = permit_on(world, actor, "confirm", found.records)
    world = whole(world)
    reasons += _objections(found, actor) + refusal_for(world, found.records, found.ground)
    if reasons:
        return Refused(reasons)
    deciding, subject = confirmation_of(world, actor, wanted)
    decided = signed_off(world, actor, (found.kind.partition("/")[0],), deciding, subject, signature)
    if isinstance(decided, Refused):
        return decided
    decision = letter(desk(world), sealed(world, decided.value.body, purpose=PROPOSAL, marking=ON_DESK))
    if found.kind == CLEAR:
        return Granted(
            issue(
                world,
                lambda targets: _clearance(targets, body),
                targets_of(world, found.records),
                replaces=wanted,
                marking=ORDERS_MARKING,
                with_letters=[decision],
                with_facts=decided.value.facts,
            )
        )
    records = _all_copies(world, found.records)
    targets = targets_of(world, records, found.fields)
    if found.fields is None:
        forget_files(world, targets)
    issued = issue(
        world,
        lambda targets: _erasure(targets, body),
        targets,
        erases=True,
        replaces=wanted,
        marking=ORDERS_MARKING,
        with_letters=[decision],
        with_facts=decided.value.facts,
    )
    return Granted(issued)


def reject(world: World, actor: Actor, wanted: str) -> Granted[Proposal] | Refused:
    """It stays on the desk, and nothing comes of it. Who proposed it may take it back."""
    found = proposal(world, wanted)
    reasons: tuple[Reason, ...] = ()
    if actor.name != found.proposed_by:
        reasons = permit_on(world, actor, "confirm", found.records)
    if found.decided is not None:
        reasons += (Reason("already-decided", {"proposal": wanted, "decided": found.decided}),)
    if reasons:
        return Refused(reasons)
    world.store.keep([_decision(world, actor, wanted, REJECT)])
    return Granted(proposal(world, wanted))


def _objections(found: Proposal, actor: Actor) -> tuple[Reason, ...]:
    reasons: tuple[Reason, ...] = ()
    if found.decided is not None:
        reasons += (Reason("already-decided", {"proposal": found.id, "decided": found.decided}),)
    if actor.name == found.proposed_by:
        reasons += (Reason("four-eyes", {"field": "by", "by": actor.name}),)
    return reasons


def _all_copies(world: World, records: Sequence[str]) -> list[str]:
    """The records, what amendments made of them, and the drafts on our desk that became them."""
    ids = dict.fromkeys(version for record in records for version in versions(world, world.me.name, record))
    for record in list(ids):
        for place in world.store.find(record):
            request = _request_of(world, record, place.origin, place.index)
            if request is None:
                continue
            key = uuid_trace("request", request).key
            for other in world.store.traced("request", [key]).get(key, []):
                told = world.store.told([other])[other]
                if world.store.channel(other.origin).lane is Lane.DESK and told.header is not None:
                    ids.update({told.header.id: None} if told.header.kind == "request/1" else {})
    return list(ids)


def _request_of(world: World, record: str, origin: str, index: int) -> str | None:
    """The request that a request record opens; None for any other record."""
    if world.store.channel(origin).writer != world.me.name:
        return None
    for entry in world.store.entries(origin, index, index + 1):
        if entry.envelope is not None:
            opened = open_record(entry.envelope, decode_fields(entry.fields))
            return opened.body.request if opened.envelope.kind == "request/1" else None
    return None


def _erasure(targets: tuple[Target, ...], draft: Any) -> Struct:
    named = tuple(erase_1.Erasure(origin=t.origin, index=t.index, id=t.id, fields=t.pointers) for t in targets)
    return erase_1.Body(targets=named, ground=draft.ground, ordered_by=draft.ordered_by)


def _clearance(targets: tuple[Target, ...], draft: Any) -> Struct:
    named = tuple(clear_1.Cleared(t.origin, t.index, t.id) for t in targets)
    return clear_1.Body(targets=named, ground=draft.ground, ordered_by=draft.ordered_by)


def confirmation_of(world: World, actor: Actor, wanted: str) -> tuple[decision_1.Body, str]:
    """The decision that confirms a proposal, and the SHA-256 of the proposal's envelope."""
    _, place = _drafted(whole(world), wanted)
    return _deciding(world, actor, wanted, CONFIRM), about_place(whole(world), place).sha256


def _draft(world: World, wanted: str) -> tuple[Any, str, str]:
    """Body, time and kind of the proposal; Any: `erase/1` or `clear/1`."""
    record, _ = _drafted(world, wanted)
    return record.body, record.envelope.made, record.envelope.kind


def _drafted(world: World, wanted: str) -> tuple[Record[Any], Place]:
    for place in world.store.find(wanted):
        if world.store.channel(place.origin).lane is not Lane.DESK:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None:
                record = open_record(entry.envelope, decode_fields(entry.fields))
                if record.envelope.purpose == PROPOSAL and not isinstance(
                    record.body, decision_1.Body | decision_2.Body
                ):
                    return record, place
    raise NotFound("proposal", proposal=wanted[:60])


def _decision(world: World, actor: Actor, wanted: str, event: str) -> Letter:
    body = _deciding(world, actor, wanted, event)
    return letter(desk(world), sealed(world, body, purpose=PROPOSAL, marking=ON_DESK))


def _deciding(world: World, actor: Actor, wanted: str, event: str) -> decision_1.Body:
    at = instant_text(world.clock.now())
    return decision_1.Body(request=wanted, event=event, by=actor.name, role="approver", at=at)


def _decision_about(world: World, wanted: str) -> decision_1.Body | decision_2.Body | None:
    key = uuid_trace("request", wanted).key
    for place in world.store.traced("request", [key]).get(key, []):
        if world.store.channel(place.origin).lane is not Lane.DESK:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None:
                body = open_record(entry.envelope, decode_fields(entry.fields)).body
                if isinstance(body, decision_1.Body | decision_2.Body):
                    return body
    return None
