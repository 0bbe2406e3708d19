"""A request: the machine's part is that it is here, whole, and acknowledged; an officer opens it later."""

from __future__ import annotations

from typing import Any

from comity.domain.law import stops
from comity.domain.record import ABOUT, Entry, Record, Told, about_key, decode_fields, open_record
from comity.domain.terms import NodeName
from comity.flows.arriving.batch import Batch
from comity.flows.rights import gate_of
from comity.ports import Acted, Noticed, Place, World

KINDS = ("request",)


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Acknowledged as stored, once for its issuer and id; noticed only when it isn't for us, is taken back, or is in doubt."""
    assert told.header is not None
    header, world = told.header, batch.world
    stopped = header.id in batch.buried or header.id in batch.orders
    about = {"origin": place.origin, "index": place.index, "record": header.id}
    key, now = f"request {header.issuer} {header.id}", world.clock.now()
    record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields))
    if record.body.to != world.me.name:
        batch.facts.append(Noticed(key + " misaddressed", now, "request-misaddressed", about | {"to": record.body.to}))
        return
    if stopped or _suspended(world, place):
        batch.facts.append(Noticed(key + " stopped", now, "request-stopped", about))
        return
    if header.id in batch.acted or world.store.acted(header.issuer, header.id) is not None:
        return
    batch.acted.add(header.id)
    batch.facts += [
        Acted(NodeName(header.issuer), header.id, now, "received"),
        Noticed(key, now, "request-arrived", about),
    ]
    batch.answer(place, header.id, header.kind, "stored", None)
    gate = gate_of(world, record.body)
    if stops(gate):  # not even this node itself looks the person up
        batch.mute.add(place)
        rows = [reason.facts["row"] for reason in gate]
        batch.facts.append(Noticed(f"rights {header.issuer} {header.id}", now, "rights-gate", about | {"rows": rows}))


def _suspended(world: World, place: Place) -> bool:
    """Whether a record in quarantine speaks of this one: nobody knows what it orders, so nothing is done until then."""
    key = about_key(place.origin, place.index)
    named_by = world.store.traced(ABOUT, [key]).get(key, [])
    return any(told.fault is not None for told in world.store.told(named_by).values())
