"""A step in the life of a request: noticed; what it means is folded when somebody looks."""

from __future__ import annotations

from comity.domain.record import Entry, Told
from comity.flows.arriving.batch import Batch
from comity.ports import Noticed, Place

KINDS = ("decision", "action", "evidence")


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Noticed once for its place."""
    assert told.header is not None
    about = {"origin": place.origin, "index": place.index, "kind": told.header.kind}
    key = f"step {place.origin} {place.index}"
    batch.facts.append(Noticed(key, batch.world.clock.now(), "step-arrived", about))
