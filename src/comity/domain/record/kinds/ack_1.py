"""An acknowledgement: what has become of a record at the node that got it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from comity.domain.record.opened import Record, Trace, uuid_trace
from comity.domain.record.places import Time, Uuid, Word

KIND: Final = "ack/1"


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One acknowledgement.

    of        id of the record; None where a record in quarantine has none that can be read (then `about` names it)
    reason    code of a quarantine or refusal
    by        who opened, did or refused it; None for the node itself
    """

    of: Uuid | None
    of_kind: Word | None
    state: Literal["stored", "opened", "quarantined", "done", "refused"]
    at: Time
    reason: Word | None = None
    by: Word | None = None


def traces(record: Record[Body]) -> Iterator[Trace]:
    if record.body.of is not None:
        yield uuid_trace("record", record.body.of)


EXAMPLE: Final = Body(
    of="0193a5d1-1111-7000-8000-00000000f1c7",
    of_kind="request/1",
    state="quarantined",
    at="2026-11-24T10:05:00.000Z",
    reason="unknown-kind",
    by="fictional officer",
)
