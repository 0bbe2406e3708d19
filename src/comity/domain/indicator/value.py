"""The value itself: a kind and a text in that kind's normal form."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator in normal form; make it with `indicator(kind, raw)`, which normalises.

    kind   name of a file in `kinds/`
    value  normal form, as that file's `normalise` returns it
    """

    kind: str
    value: str

    @property
    def key(self) -> bytes:
        """16 bytes that are equal exactly for equal kind and value: BLAKE2b-128 of kind, a zero byte, value."""
        return blake2b(f"{self.kind}\0{self.value}".encode(), digest_size=16).digest()
