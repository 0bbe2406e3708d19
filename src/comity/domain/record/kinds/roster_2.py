"""A node's own keys and certificate, as one of its readers is to know them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta, Struct

from comity.domain.record.opened import Record, Trace
from comity.domain.record.places import Count, Origin, Sha256, Time, Word

KIND: Final = "roster/2"
KEYS_MAX: Final = 256

Vkey = Annotated[str, Meta(min_length=1, max_length=400)]


class Continued(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The channel that another one goes on from, and where it ended; `root` is hexadecimal."""

    origin: Origin
    size: Count
    root: Sha256


class Key(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One key; its vkey names it, `lane` says what for (`receipt`, `witness`, or a channel's lane).

    valid_to   when it ended; None while it is in use
    ended_why  code: `rotated`, `lost`, `stolen`, `restored-from-backup` …; only with `valid_to`
    continues  for a channel: the one whose place it takes
    """

    vkey: Vkey
    lane: Word
    audience: tuple[Word, ...]
    valid_from: Time
    valid_to: Time | None = None
    ended_why: Word | None = None
    continues: Continued | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What the reader is to know of the node; the higher version replaces the lower one as a whole.

    version      milliseconds since 1970 when it was made, or one more than the last if that is later
    certificate  DER in base64: the one it shows, or is about to show
    address      `https://host:port`
    seal         base64 of the key to which others seal what is carried to it by hand
    """

    node: Word
    version: Count
    keys: Annotated[tuple[Key, ...], Meta(max_length=KEYS_MAX)]
    certificate: Annotated[str, Meta(min_length=4, max_length=16_384)]
    certificate_sha256: Sha256
    address: Annotated[str, Meta(min_length=9, max_length=300)]
    seal: Annotated[str, Meta(min_length=4, max_length=8192)] | None = None


def traces(record: Record[Body]) -> Iterator[Trace]:
    return iter(())


EXAMPLE: Final = Body(
    node="police.kr.example",
    version=1_795_500_000_000,
    keys=(
        Key(
            # The public test key of C2SP's signed-note text.
            vkey="example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            lane="bulk",
            audience=("platform.vn.example",),
            valid_from="2026-01-01T00:00:00.000Z",
            continues=Continued(origin="police.kr.example/ch/00000000000f1c70", size=70_000, root="4" * 64),
        ),
    ),
    certificate="RklDVElPTkFM",
    certificate_sha256="3" * 64,
    address="https://police.kr.example:8443",
)
