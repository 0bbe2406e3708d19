"""An order to erase or withdraw records of its issuer's: obeyed, noticed, answered."""

from __future__ import annotations

from comity.domain.record import ERASE, Entry, Told, order_in
from comity.domain.terms import NodeName
from comity.flows.arriving.batch import Batch
from comity.ports import Buried, Erased, Erasure, Noticed, Place

KINDS = ("erase", "withdraw")


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Takes away what the order names in channels of its issuer's, and buries the ids, so that no late copy is acted on."""
    assert told.header is not None
    command = order_in(entry.envelope or b"", entry.fields)
    assert command is not None
    store = batch.world.store
    for target in command.targets:
        channel = next((c for c in store.channels() if c.origin == target.origin), None)
        if channel is None or channel.writer != command.issuer:
            continue
        if command.kind == ERASE and target.index < store.position(target.origin).size:
            batch.facts.append(Erased(Erasure(Place(target.origin, target.index), target.pointers), place))
        if target.pointers is None:
            batch.facts.append(Buried(NodeName(command.issuer), target.id, place))
            batch.buried.setdefault(target.id, place)
    about = {"origin": place.origin, "index": place.index, "kind": command.kind, "count": len(command.targets)}
    batch.facts.append(Noticed(f"order {place.origin} {place.index}", batch.world.clock.now(), "order", about))
    batch.answer(place, told.header.id, told.header.kind, "done", None)
