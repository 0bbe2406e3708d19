"""A roster: the keys that a node uses, for what and how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from comity.domain.record.opened import Record, Trace
from comity.domain.record.places import Count, Sha256, Time, Word

KIND: Final = "roster/1"


class Key(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One key; its vkey names it, `lane` says what for (`receipt`, `witness`, or a channel's lane)."""

    vkey: str
    lane: Word
    audience: tuple[Word, ...]
    valid_from: Time
    valid_to: Time | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """All keys of one node; the higher version replaces the lower one as a whole."""

    node: Word
    version: Count
    keys: tuple[Key, ...]
    certificate_sha256: Sha256 | None = None


def traces(record: Record[Body]) -> Iterator[Trace]:
    return iter(())


EXAMPLE: Final = Body(
    node="police.kr.example",
    version=2,
    keys=(
        Key(
            # The public test key of C2SP's signed-note text.
            vkey="example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            lane="bulk",
            audience=("platform.vn.example",),
            valid_from="2026-01-01T00:00:00.000Z",
            valid_to="2027-01-01T00:00:00.000Z",
        ),
    ),
    certificate_sha256="3" * 64,
)
