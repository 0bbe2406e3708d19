"""Records to test with, all plainly fictional."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from msgspec import Struct

from comity.domain.record import Kind, Marking, Sealed, kinds, seal
from comity.domain.terms import Instant

ID = "0193a5d1-1111-7000-8000-00000000f1c7"
ISSUER = "police.kr.example"
MADE = Instant(1_795_512_600_123)


def salts(seed: str = "") -> Callable[[], bytes]:
    """32 bytes a call, each other, the same in every run."""
    numbers = count()
    return lambda: hashlib.sha256(f"{seed}/{next(numbers)}".encode()).digest()


def sealed(body: Struct, known: Mapping[str, Kind] | None = None, **more: Any) -> Sealed:
    """A record around this body."""
    wanted = {
        "id": ID,
        "issuer": ISSUER,
        "made": MADE,
        "marking": Marking("AMBER", ("H1",), "AMBER", "B", 2),
        "purpose": "prevent-crime",
        "basis": "fictional-act-1",
        "salt": salts(),
        "known": known,
    }
    return seal(body, **(wanted | more))


def example(kind: str) -> Any:
    """The example that the kind file brings."""
    return kinds()[kind].example
