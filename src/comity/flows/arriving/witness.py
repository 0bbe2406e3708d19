"""A wish to be witnessed: the writer's channels that it names are logs of ours to cosign from now on."""

from __future__ import annotations

from typing import Any

from comity.domain.record import Entry, Record, Told, decode_fields, open_record
from comity.flows.arriving.batch import Batch
from comity.flows.witness import logs_of, readiness
from comity.ports import Place

KINDS = ("witness",)


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Only channels of the writer's own count; the same wish twice is one. The writer is told our key, if it wasn't yet."""
    record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields))
    batch.facts += logs_of(batch.world, batch.channel.writer, record.body.logs)
    letters, facts = readiness(batch.world, batch.channel.writer)
    if not any(fact in batch.facts for fact in facts):
        batch.letters += letters
        batch.facts += facts
