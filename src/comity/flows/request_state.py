"""Where a request stands: the fold of everything both sides said about it, equal at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import UNSET

from comity.domain.law import Measure
from comity.domain.ledger import Channel, Lane, chain_order
from comity.domain.record import Record
from comity.domain.record.signed import Signed, check_signed
from comity.domain.request import Machine, RequestView, Side, Step, fold_request
from comity.domain.terms import NodeName
from comity.errors import Malformed, NotFound, Unproven
from comity.flows.lookup import opened
from comity.ports import Place, World

_DESK_FIRST = 1 << 32


@dataclass(frozen=True)
class Dossier:
    """One request as this node knows it.

    draft    the latest working version on our own desk, if it is ours
    sent     the record that went out, or came in
    records  everything that belongs to it, with its place, ours first
    side     which side we are
    replaced_by  requests by which its issuer says that they take its place, oldest first; drafts among them are ours
    """

    request: str
    measure: Measure
    machine: Machine
    view: RequestView
    side: Side
    draft: Record[Any] | None
    sent: Record[Any] | None
    records: tuple[tuple[Place, Record[Any]], ...]
    replaced_by: tuple[str, ...] = ()

    @property
    def ask(self) -> Any:
        """Body of the request: as sent, or as drafted."""
        found = self.sent or self.draft
        assert found is not None
        return found.body

    @property
    def other(self) -> NodeName:
        """The node at the other end."""
        if self.side == "requested":
            assert self.sent is not None
            return NodeName(self.sent.envelope.issuer)
        return NodeName(self.ask.to)


def dossier(world: World, request: str) -> Dossier:
    """Everything about one request. NotFound when there is none, or it is not readable here any more."""
    try:
        key = UUID(request).bytes
    except ValueError:
        raise NotFound("request", request=request[:60]) from None
    found, later = [], []
    for place in world.store.traced("request", [key]).get(key, []):
        record = opened(world, place)
        if record is not None and record.body.request == request:
            found.append((place, record))
        elif record is not None and getattr(record.body, "replaces_request", None) == request:
            later.append(record)
    lanes = {channel.origin: channel for channel in world.store.channels()}
    ranks = chain_order(lanes.values())
    found.sort(key=lambda each: ranks[each[0].origin])
    drafts = [r for p, r in found if lanes[p.origin].lane is Lane.DESK and r.envelope.kind == "request/1"]
    draft = drafts[-1] if drafts else None
    crossed = [r for p, r in found if lanes[p.origin].lane is not Lane.DESK and r.envelope.kind == "request/1"]
    if draft is not None:  # an id of ours is ours, whoever else may use it
        crossed = [r for r in crossed if r.envelope.issuer == world.me.name]
    sent = crossed[0] if crossed else None
    if draft is None and sent is None:
        raise NotFound("request", request=request)
    known = sent or draft
    assert known is not None
    measure = world.catalog.measures().get(known.body.measure)
    if measure is None:
        raise NotFound("measure", measure=known.body.measure)
    machine = world.catalog.machine(measure.machine)
    requester = NodeName(known.envelope.issuer)
    steps = [
        step
        for place, record in found
        if (step := _step(machine, _order(lanes[place.origin], ranks, place), record)) is not None
    ]
    addressee = NodeName(known.body.to)
    gone = _gone(world, steps, (requester, addressee))
    view = fold_request(steps, machine, requester=requester, addressee=addressee, request=request, gone=gone)
    side: Side = "requester" if requester == world.me.name else "requested"
    # Only who made a request says what takes its place.
    replaced_by = tuple(dict.fromkeys(r.body.request for r in later if r.envelope.issuer == requester))
    return Dossier(request, measure, machine, view, side, draft, sent, tuple(found), replaced_by)


def lane_of(world: World, found: Dossier) -> Lane:
    """The lane in which our side speaks of a request: one and the same, since steps in two channels have no order.

    Where our side has said something already, there; else where the request came in, or what its measure's data says.
    """
    lanes = {channel.origin: channel for channel in world.store.channels()}
    crossed = [lanes[p.origin] for p, _ in found.records if lanes[p.origin].lane is not Lane.DESK]
    ours = [channel for channel in crossed if channel.writer == world.me.name]
    if ours or crossed:
        return (ours or crossed)[-1].lane
    return Lane(found.measure.lane)


def _gone(world: World, steps: Sequence[Step], sides: Sequence[NodeName]) -> set[str]:
    """Of the records that steps speak of, those that were here and were erased whole: nothing waits for them."""
    here = {step.id for step in steps}
    named = [ref for step in steps for ref in step.after if ref not in here]
    gone = {ref for side in sides for ref in world.store.buried(side, named)}
    return gone | {ref for ref in named if ref not in gone and _erased(world, ref)}


def _erased(world: World, record: str) -> bool:
    places = world.store.find(record)
    entries = [entry for place in places for entry in world.store.entries(place.origin, place.index, place.index + 1)]
    return bool(entries) and all(entry.envelope is None for entry in entries)


def _order(channel: Channel, ranks: Mapping[str, int], place: Place) -> tuple[int, int]:
    """Along the chain of channels, then by index; what stands on the desk comes before all that crossed."""
    rank = ranks[place.origin]
    return (rank - _DESK_FIRST if channel.lane is Lane.DESK else rank, place.index)


def _step(machine: Machine, order: tuple[int, int], record: Record[Any]) -> Step | None:
    """A record's part in the request's life; drafts on the desk have none."""
    kind, body, envelope = record.envelope.kind.partition("/")[0], record.body, record.envelope
    issuer = NodeName(envelope.issuer)
    if kind == "request":
        if order[0] < 0:
            return None
        by = body.approved_by or body.drafted_by
        return Step(order, issuer, machine.opens, by, envelope.made, kind, envelope.id, to=NodeName(body.to))
    if kind in ("decision", "action"):
        return Step(
            order,
            issuer,
            body.event,
            body.by,
            body.at,
            kind,
            envelope.id,
            after=tuple(body.after),
            choice=body.choice,
            told=_told(issuer, body),
        )
    return None


def _holds(issuer: str, body: Any, signed: Signed) -> bool:
    """Whether the passkey's signature in a decision is what it says it is."""
    try:
        check_signed(issuer, body, signed)
    except (Malformed, Unproven):
        return False
    return True


def _told(issuer: str, body: Any) -> Mapping[str, Any]:
    """What the faces show beside a step."""
    names = ("role", "ground", "reason", "taken", "hold_until", "note", "consent", "whereabouts")
    told = {name: value for name in names if (value := getattr(body, name, None)) not in (None, UNSET)}
    if held := getattr(body, "held", ()):
        told["held"] = [{"asset": each.asset, "amount": each.amount} for each in held]
    if signed := getattr(body, "signed", None):
        told["signed"] = _holds(issuer, body, signed)
    if terms := getattr(body, "terms", ()):
        told["terms"] = [{"text": term.text, "kind": term.kind, "until": term.until} for term in terms]
    return told


def drafting_path(machine: Machine) -> tuple[str, ...]:
    """Events that lead from the first state to the one in which the request may leave, shortest first."""
    paths: list[tuple[str, tuple[str, ...]]] = [(machine.initial, ())]
    seen = {machine.initial}
    while paths:
        state, events = paths.pop(0)
        if machine.targets(state, machine.opens):
            return events
        for event in sorted(machine.events(state, "requester")):
            for target in machine.targets(state, event):
                if target not in seen:
                    seen.add(target)
                    paths.append((target, (*events, event)))
    raise NotFound("drafting-path", machine=machine.name)


def requests(world: World, limit: int = 200) -> list[str]:
    """Ids of the newest requests, drafts included."""
    ids: dict[str, None] = {}
    for place in world.store.of_kind("request/1", limit * 4):
        record = opened(world, place)
        if record is not None:
            ids.setdefault(record.body.request)
    return list(ids)[:limit]
