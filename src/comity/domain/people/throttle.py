"""How long somebody has to wait after wrong passwords. Nobody is locked out for good, and no stranger can lock a colleague out.

Failures are counted under keys. A browser that its person has come in with before is known: it has a key of its own, and what
strangers do elsewhere doesn't count against it. A passkey can't be guessed, so it waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from comity.domain.terms import Instant

ACCOUNT_FREE: Final = 5
ACCOUNT_WAIT_MAX_MS: Final = 15 * 60_000
SOURCE_FREE: Final = 50
SOURCE_WAIT_MAX_MS: Final = 60_000
"""Short, because all people of a desk may come from one address."""
FIRST_WAIT_MS: Final = 15_000
FORGOTTEN_MS: Final = 24 * 3_600_000


@dataclass(frozen=True)
class Tries:
    """Failures under one key, and when the last one was."""

    key: str
    failures: int
    last: Instant


def account_key(login: str) -> str:
    """Of a name as it is typed, whether there is such an account or not."""
    return "account:" + sha256(login.encode("utf-8", "surrogatepass")).hexdigest()


def source_key(source: str) -> str:
    return "source:" + source[:100]


def device_key(device: bytes) -> str:
    return "device:" + device.hex()


def wait_ms(tries: Iterable[Tries], now: Instant) -> int:
    """Milliseconds until the next try is looked at; 0: now."""
    return max(0, max((_open_at(one) - now for one in tries), default=0))


def _open_at(tries: Tries) -> int:
    free, most = (
        (SOURCE_FREE, SOURCE_WAIT_MAX_MS) if tries.key.startswith("source:") else (ACCOUNT_FREE, ACCOUNT_WAIT_MAX_MS)
    )
    if tries.failures < free:
        return 0
    return tries.last + min(FIRST_WAIT_MS << min(tries.failures - free, 20), most)
