"""The first record of a channel that takes the place of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from comity.domain.record.opened import Record, Trace
from comity.domain.record.places import Count, Origin, Sha256, Word

KIND: Final = "continues/1"


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the old channel ended.

    root   hexadecimal
    why    code: `new-member`, `lost-member`, `restored-from-backup` …
    """

    origin: Origin
    size: Count
    root: Sha256
    why: Word


def traces(record: Record[Body]) -> Iterator[Trace]:
    return iter(())


EXAMPLE: Final = Body(
    origin="police.kr.example/ch/00000000000f1c70", size=70_000, root="4" * 64, why="restored-from-backup"
)
