"""A message about a request: noticed, so that somebody reads it."""

from __future__ import annotations

from typing import Any

from comity.domain.record import Entry, Record, Told, decode_fields, open_record
from comity.flows.arriving.batch import Batch
from comity.ports import Noticed, Place

KINDS = ("message",)


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Noticed once for its issuer and id; not when it is taken back before anybody could read it."""
    assert told.header is not None
    if told.header.id in batch.buried or told.header.id in batch.orders:
        return
    record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields) if entry.fields else ())
    about = {"origin": place.origin, "index": place.index, "kind": told.header.kind, "request": record.body.request}
    key = f"message {told.header.issuer} {told.header.id}"
    batch.facts.append(Noticed(key, batch.world.clock.now(), "message-arrived", about))
