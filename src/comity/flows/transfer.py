"""Passing somebody else's record on: only where its marking, its issuer and the receiver allow it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import msgspec

from comity.domain.ledger import Channel, Lane, Peer
from comity.domain.record import Marking, decode_fields, open_record, strictest
from comity.domain.record.custody import Course, Lift, Receiver, may_transfer
from comity.domain.record.kinds import decision_1, roster_1
from comity.domain.record.opened import uuid_trace
from comity.domain.terms import Actor, Granted, Instant, NodeName, Reason, Refused, instant_from, instant_text
from comity.errors import MalformedRecord, NotFound
from comity.flows.access import permit as permitted
from comity.flows.access import permit_on, whole
from comity.flows.carrying import Carried, held, transfer_body, transfers_in, transfers_out
from comity.flows.disposition import disposition_of
from comity.flows.filing import channel_to, letter, outgoing, sealed
from comity.flows.ordering import CUSTODY, own_places
from comity.flows.request import peer_named
from comity.ports import Letter, Place, World

PERMIT: Final = "permit_onward"
LIFTS: Final = get_args(Lift)
FORMAT: Final = 1
WELL_KNOWN: Final = "/.well-known/comity"
_WELL_KNOWN_BYTES_MAX = 64 * 1024


class _Formats(msgspec.Struct, frozen=True):
    formats: dict[str, int] = {}


@dataclass(frozen=True)
class Permission:
    """What the issuer's decisions on file lift for one receiver; `decision` is the id of the newest that counts."""

    lifted: frozenset[Lift]
    decision: str | None


def transfer(
    world: World,
    actor: Actor,
    record: str,
    to: NodeName,
    *,
    why: str,
    purpose: str = "crime",
    tighten: Marking | None = None,
    leave_out: Collection[str] = (),
) -> Granted[Place] | Refused:
    """Passes a record that we hold on to a peer, with the issuer's receipt and our own word to whom, why and by whom.

    tighten    what is forbidden beyond the issuer's marking; nothing is ever allowed beyond it
    leave_out  pointers of fields that the receiver doesn't get
    Raises NotFound (no such record or peer here), Unreachable (the receiver can't be asked whether it takes custody).
    """
    carried, peer = held(world, record), peer_named(world, to)
    denied = permit_on(world, actor, "transfer", [record], [carried.record])
    world = whole(world)
    now = world.clock.now()
    marking = marking_here(world, carried)
    marking = strictest(marking, tighten) if tighten is not None else marking
    permission = permission_for(world, carried.issuer, record, to, now)
    receiver = Receiver(peer.name, peer.country, True, takes_custody(world, peer))
    said = may_transfer(marking, purpose, receiver, now, permission.lifted)
    reasons = (*denied, *(said.reasons if isinstance(said, Refused) else ()))
    course = disposition_of(world, carried.issuer, record).course
    if course is not Course.CURRENT:
        reasons += (Reason("record-taken-back", {"record": record, "course": course.value}),)
    if not why.strip():
        reasons += (Reason("reason-missing", {"field": "why", "mend": "say why"}),)
    if peer.name == carried.issuer:
        reasons += (Reason("receiver-is-the-issuer", {"to": peer.name}),)
    if any(body.to == to for _, body in transfers_out(world, carried.issuer, record)):
        reasons += (Reason("transferred-already", {"record": record, "to": to}),)
    if reasons:
        return Refused(reasons)
    try:
        body = transfer_body(
            carried,
            to,
            why=why,
            by=actor.name,
            permission=permission.decision if permission.lifted else None,
            leave_out=frozenset(leave_out),
        )
        passed = sealed(world, body, purpose=purpose, marking=marking, basis=carried.record.envelope.basis)
    except MalformedRecord as fault:
        return Refused((Reason("record-does-not-fit", {"record": record, "why": fault.code}),))
    (place,) = world.store.keep([letter(channel_to(world, to, Lane.URGENT), passed)])
    return Granted(place)


def marking_here(world: World, carried: Carried) -> Marking:
    """The issuer's marking, and whatever each relay that brought the record tightened."""
    marking = carried.record.envelope.marking
    for place, _ in transfers_in(world, carried.issuer, carried.id):
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if place == carried.place and entry.envelope is not None:
                marking = strictest(marking, open_record(entry.envelope, ()).envelope.marking)
    return marking


def takes_custody(world: World, peer: Peer) -> bool:
    """Whether the peer's node says of itself that it carries orders out, passes them on and answers them."""
    raw = world.courier.get(peer, WELL_KNOWN, _WELL_KNOWN_BYTES_MAX)
    try:
        return msgspec.json.decode(raw, type=_Formats).formats.get(CUSTODY, 0) >= FORMAT
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def permission_for(world: World, issuer: str, record: str, to: str, at: Instant) -> Permission:
    """The fold of the issuer's decisions about this record and this receiver that are in force."""
    lifted: set[Lift] = set()
    decision: str | None = None
    key = uuid_trace("request", record).key
    for place in world.store.traced("request", [key]).get(key, []):
        told = world.store.told([place])[place]
        if told.fault is not None or world.store.channel(place.origin).writer != issuer:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is None:
                continue
            opened = open_record(entry.envelope, decode_fields(entry.fields))
            body = opened.body
            if not isinstance(body, decision_1.Decided) or body.event != PERMIT:
                continue
            named = [term for term in body.terms if term.kind == "onward-to" and term.text == to]
            if any(term.until is None or at < instant_from(term.until) for term in named):
                codes = {term.text for term in body.terms if term.kind == "lifts"}
                lifted |= {lift for lift in LIFTS if lift in codes}
                decision = opened.envelope.id
    return Permission(frozenset(lifted), decision)


def permit(
    world: World,
    actor: Actor,
    record: str,
    holder: NodeName,
    onward_to: NodeName,
    lifts: Sequence[str],
    until: Instant | None = None,
) -> Granted[Place] | Refused:
    """As the issuer we allow a holder to pass a record of ours on to one named node; if we write for that node, it gets our key."""
    reasons = [*permit_on(world, actor, "transfer", [record])]
    strange = sorted(set(lifts) - set(LIFTS))
    if strange or not lifts:
        reasons.append(Reason("permission-lifts-nothing-known", {"field": "lifts", "choices": list(LIFTS)}))
    try:
        places = [p for p in own_places(world, record) if world.store.channel(p.origin).audience == holder]
    except NotFound:
        return Refused((Reason("not-our-record", {"record": record[:60], "mend": "only its issuer permits"}),))
    if not places:
        reasons.append(Reason("holder-has-it-not", {"record": record, "holder": holder}))
    if reasons:
        return Refused(tuple(reasons))
    end = instant_text(until) if until is not None else None
    body = decision_1.Body(
        request=record,
        event=PERMIT,
        by=actor.name,
        role="officer",
        at=instant_text(world.clock.now()),
        terms=(
            decision_1.Term(onward_to, "onward-to", end),
            *(decision_1.Term(lift, "lifts", end) for lift in dict.fromkeys(lifts)),
        ),
    )
    origin = channel_to(world, holder, Lane.URGENT)
    letters = [letter(origin, sealed(world, body, purpose=CUSTODY))]
    if outgoing(world, onward_to, Lane.URGENT) is not None:
        letters.append(_vouching(world, onward_to, holder))
    return Granted(world.store.keep(letters)[0])


def vouch(world: World, actor: Actor, to: NodeName, reader: NodeName) -> Granted[Place] | Refused:
    """Tells `to` the keys of our channels for `reader`, so that it can check our records when `reader` passes them on.

    It tells no more than a receipt out of those channels does: that they exist, and whose they are.
    """
    peer_named(world, to)
    reasons = permitted(world, actor, "transfer")
    if not _channels_for(world, reader):
        reasons += (Reason("no-channel-for-reader", {"reader": reader}),)
    if reasons:
        return Refused(reasons)
    (place,) = world.store.keep([_vouching(world, to, reader)])
    return Granted(place)


def _channels_for(world: World, reader: NodeName) -> list[Channel]:
    ours = [c for c in world.store.channels() if c.writer == world.me.name and c.audience == reader]
    return [channel for channel in ours if not channel.lane.at_home]


def _vouching(world: World, to: NodeName, reader: NodeName) -> Letter:
    keys = tuple(
        roster_1.Key(
            vkey=channel.key.text,
            lane=channel.lane.value,
            audience=(reader,),
            valid_from=instant_text(channel.opened),
        )
        for channel in _channels_for(world, reader)
    )
    # Version 0: no roster that replaces another, only a word about these keys.
    body = roster_1.Body(node=world.me.name, version=0, keys=keys)
    return letter(channel_to(world, to, Lane.URGENT), sealed(world, body, purpose=CUSTODY))
