"""Amending a record of ours: a new one takes its place with everybody who has it."""

from __future__ import annotations

from msgspec import Struct

from comity.domain.ledger import Lane
from comity.domain.record import Sealed, decode_fields, kinds, open_record
from comity.domain.record.custody import Course
from comity.domain.record.kinds import amend_1
from comity.domain.record.orders import Target
from comity.domain.terms import Actor, Granted, NodeName, Reason, Refused
from comity.errors import MalformedRecord
from comity.flows.access import permit_on, whole
from comity.flows.disposition import disposition_of
from comity.flows.filing import desk, letter, sealed
from comity.flows.ordering import Issued, issue, refusal_for, targets_of
from comity.flows.withdraw import ORDERS_MARKING
from comity.ports import World


def amend(
    world: World, actor: Actor, record: str, body: Struct, reason_code: str, *, danger: bool = False
) -> Granted[Issued] | Refused:
    """Puts `body`, of the same kind, in the place of a record of ours.

    danger   somebody is in danger while the old one is believed: the shortest deadline
    """
    reasons = permit_on(world, actor, "amend", [record]) + refusal_for(world, [record], reason_code)
    world = whole(world)
    if reasons:
        return Refused(reasons)
    targets = targets_of(world, [record])
    entry = world.store.entries(targets[0].origin, targets[0].index, targets[0].index + 1)[0]
    course = disposition_of(world, world.me.name, record).course
    if course is not Course.CURRENT or entry.envelope is None:
        return Refused((Reason("record-taken-back", {"record": record, "course": course.value}),))
    old = open_record(entry.envelope, decode_fields(entry.fields))
    if not isinstance(body, kinds()[old.envelope.kind].body):
        return Refused((Reason("kind-differs", {"kind": old.envelope.kind, "mend": "amend by a body of this kind"}),))
    new, made = world.mint.record_id(), world.clock.now()

    def replacement(_audience: NodeName) -> Sealed:
        """Sealed anew for each reader: no two get the same salts."""
        return sealed(
            world,
            body,
            purpose=old.envelope.purpose,
            basis=old.envelope.basis,
            marking=old.envelope.marking,
            replaces=record,
            lang=old.envelope.lang,
            made=made,
            record=new,
        )

    def order(named: tuple[Target, ...]) -> amend_1.Body:
        # Of several places in one reader's channels any names the record; the first is enough.
        first = named[0]
        return amend_1.Body(
            targets=(amend_1.Amended(first.origin, first.index, first.id),),
            replacement=new,
            reason_code=reason_code,
            ordered_by=actor.name,
            danger=danger,
        )

    try:
        at_home = letter(desk(world), replacement(world.me.name))
    except MalformedRecord as fault:
        return Refused((Reason(fault.code, {"field": "body", **fault.facts}),))
    on_desk = any(world.store.channel(target.origin).lane is Lane.DESK for target in targets)
    return Granted(
        issue(
            world, order, targets, marking=ORDERS_MARKING, with_letters=[at_home] if on_desk else [], first=replacement
        )
    )
