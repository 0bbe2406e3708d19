"""One request out of everything that belongs to it: who asks whom for what, and where it stands. Read once here, for whoever has the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from comity.domain.law import Measure
from comity.domain.ledger import Channel, Lane, Place, chain_order
from comity.domain.record import Record
from comity.domain.record.signed import Signed, check_signed
from comity.domain.request.fold import fold_request
from comity.domain.request.machine import Machine, Side
from comity.domain.request.step import RequestView, Step
from comity.domain.terms import NodeName
from comity.errors import Malformed, NotFound, Unproven

_DESK_FIRST = 1 << 32

Placed = tuple[Place, Record[Any]]
Gone = Callable[[Sequence[str], Sequence[NodeName]], set[str]]
"""Of these ids, which a step of one of these nodes may have had, those that were here and were erased whole."""


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
    records: tuple[Placed, ...]
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


def assemble(
    request: str,
    placed: Sequence[Placed],
    *,
    me: NodeName,
    channels: Mapping[str, Channel],
    measures: Mapping[str, Measure],
    machine: Callable[[str], Machine],
    gone: Gone,
) -> Dossier:
    """Everything about one request.

    placed    what can be read of all that names it, in the order of channels and indexes
    channels  every channel that is known, by origin
    NotFound when no request is among it, or it asks for a measure that nobody knows here
    """
    found = [(place, record) for place, record in placed if record.body.request == request]
    later = [r for _, r in placed if r.body.request != request and getattr(r.body, "replaces_request", None) == request]
    ranks = chain_order(channels.values())
    found.sort(key=lambda each: ranks[each[0].origin])
    drafts = [r for p, r in found if channels[p.origin].lane is Lane.DESK and r.envelope.kind == "request/1"]
    draft = drafts[-1] if drafts else None
    crossed = [r for p, r in found if channels[p.origin].lane is not Lane.DESK and r.envelope.kind == "request/1"]
    if draft is not None:  # an id of ours is ours, whoever else may use it
        crossed = [r for r in crossed if r.envelope.issuer == me]
    sent = crossed[0] if crossed else None
    known = sent or draft
    if known is None:
        raise NotFound("request", request=request)
    measure = measures.get(known.body.measure)
    if measure is None:
        raise NotFound("measure", measure=known.body.measure)
    states = machine(measure.machine)
    requester, addressee = NodeName(known.envelope.issuer), NodeName(known.body.to)
    steps = [
        step
        for place, record in found
        if (step := _step(states, _order(channels[place.origin], ranks, place), record)) is not None
    ]
    here = {step.id for step in steps}
    named = [ref for step in steps for ref in step.after if ref not in here]
    lost = gone(named, (requester, addressee)) if named else set()
    view = fold_request(steps, states, requester=requester, addressee=addressee, request=request, gone=lost)
    side: Side = "requester" if requester == me else "requested"
    # Only who made a request says what takes its place.
    replaced_by = tuple(dict.fromkeys(r.body.request for r in later if r.envelope.issuer == requester))
    return Dossier(request, measure, states, view, side, draft, sent, tuple(found), replaced_by)


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
