"""A standing attestation: who read which text for which peer and route, before anybody needs it at night. It stays on the desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from comity.domain.record.opened import Record, Trace
from comity.domain.record.places import Sha256, Time, Word

KIND: Final = "attestation/1"


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One reading.

    to           node that may be asked on the strength of it
    valid_until  when somebody has to read anew
    """

    measure: Word
    to: Word
    route: Word
    by: Word
    at: Time
    valid_until: Time
    text_title: str
    text_sha256: Sha256


def traces(record: Record[Body]) -> Iterator[Trace]:
    return iter(())


EXAMPLE: Final = Body(
    measure="rescue",
    to="taskforce.kh.example",
    route="kr_kh.rescue",
    by="fictional legal officer",
    at="2026-11-01T09:00:00.000Z",
    valid_until="2027-11-01T00:00:00.000Z",
    text_title="FICTIONAL memorandum, article 4",
    text_sha256="4" * 64,
)
