"""A wish to be witnessed: which of the issuer's logs the reader may cosign, by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from comity.domain.record.opened import Record, Trace

KIND: Final = "witness/1"
LOGS_MAX: Final = 1_000

Vkey = Annotated[str, Meta(min_length=1, max_length=3000)]


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Vkeys of channels of the issuer's. They add to those of earlier records."""

    logs: Annotated[tuple[Vkey, ...], Meta(min_length=1, max_length=LOGS_MAX)]


def traces(record: Record[Body]) -> Iterator[Trace]:
    return iter(())


EXAMPLE: Final = Body(
    # The public test key of C2SP's signed-note text.
    logs=("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",)
)
