"""Erasing records of ours, or some of their fields, here and with everybody who holds them. Two persons."""

from __future__ import annotations

from collections.abc import Sequence

from comity.domain.record import decode_fields, open_record
from comity.domain.record.kinds import erase_1
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.flows.access import permit_on
from comity.flows.ordering import refusal_for, targets_of
from comity.flows.proposal import Proposal, propose
from comity.ports import Place, World


def propose_erasure(
    world: World, actor: Actor, records: Sequence[str], ground: str, fields: Sequence[str] | None = None
) -> Granted[Proposal] | Refused:
    """First of two persons.

    fields   pointers of sealed fields to destroy; None destroys the records whole, and whatever was drafted for them here
    """
    reasons = permit_on(world, actor, "erase", records) + refusal_for(world, records, ground)
    if reasons:
        return Refused(reasons)
    pointers = tuple(sorted(set(fields))) if fields is not None else None
    targets = targets_of(world, records, pointers)
    sealed = set().union(*(_sealed_at(world, Place(t.origin, t.index)) for t in targets))
    if not any(_stands(world, Place(t.origin, t.index)) for t in targets):
        return Refused((Reason("record-erased", {"records": list(records)}),))
    if pointers is not None and (not pointers or set(pointers) - sealed):
        facts = {"field": "fields", "pointers": list(pointers), "choices": sorted(sealed)}
        return Refused((Reason("field-not-sealed", facts),))
    named = tuple(erase_1.Erasure(origin=t.origin, index=t.index, id=t.id, fields=t.pointers) for t in targets)
    return propose(world, actor, erase_1.Body(targets=named, ground=ground, ordered_by=actor.name))


def _stands(world: World, place: Place) -> bool:
    return any(entry.envelope is not None for entry in world.store.entries(place.origin, place.index, place.index + 1))


def _sealed_at(world: World, place: Place) -> set[str]:
    for entry in world.store.entries(place.origin, place.index, place.index + 1):
        if entry.envelope is not None:
            return set(open_record(entry.envelope, decode_fields(entry.fields)).envelope.sealed)
    return set()
