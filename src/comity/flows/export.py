"""Letting a copy out of our control: a receipt, opened values. It is remembered, because no order can reach it."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from comity.domain.terms import Actor, NodeName, Reason
from comity.flows.access import permit_on
from comity.flows.certify import Receipt, certify
from comity.flows.lookup import opened as opened_at
from comity.ports import Copied, Place, World

NOBODY_NAMED = "not-named"


def export_receipt(world: World, place: Place, by: str) -> Receipt:
    """The receipt of one record, with its envelope inside. Raises as `certify` does."""
    made = certify(world, place)
    _remember(world, place, "receipt", made.proof, by)
    return made


def export_fields(world: World, place: Place, opened: Collection[str], by: str) -> Receipt:
    """The values at these pointers, to go beside a receipt."""
    made = certify(world, place, opened=opened)
    _remember(world, place, "fields", made.fields, by)
    return made


def may_export(world: World, actor: Actor, place: Place) -> tuple[Reason, ...]:
    """Why values of this record don't leave the node by this actor's hand; nothing when they may."""
    record = opened_at(world, place)
    return permit_on(world, actor, "export", [record.envelope.id], [record]) if record is not None else ()


def _remember(world: World, place: Place, what: str, raw: bytes, by: str) -> None:
    """Each copy once: the same bytes again say nothing new."""
    told = world.store.told([place]).get(place)
    if told is None or told.header is None or not raw:
        return
    issuer, digest = NodeName(told.header.issuer), sha256(raw).hexdigest()
    if digest in {copy.sha256 for copy in world.store.copies(issuer, told.header.id)}:
        return
    world.store.keep([], [Copied(issuer, told.header.id, what, digest, by or NOBODY_NAMED, world.clock.now())])
