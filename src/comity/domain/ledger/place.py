"""Where a record stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a record stands: the channel's origin and the index in it."""

    origin: str
    index: int
