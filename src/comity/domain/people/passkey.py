"""A passkey: the public half of a key that one person's device holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from comity.domain.terms import Instant

PASSKEYS_MAX: Final = 20
"""For one person."""
PASSKEY_NAME_MAX: Final = 60


@dataclass(frozen=True)
class Passkey:
    """One enrolled key.

    id        credential id, as the authenticator chose it
    name      how its person calls the device
    public    COSE key (RFC 9052), exact bytes
    count     signature counter as last seen; 0 where the device has none
    backed_up whether the device said that the key is copied to its maker's cloud
    removed   since when it opens nothing; the row stays, because records were signed with it
    """

    id: bytes
    account: str
    name: str
    public: bytes
    count: int
    made: Instant
    used: Instant | None = None
    backed_up: bool = False
    transports: tuple[str, ...] = ()
    removed: Instant | None = None


def count_goes_on(before: int, now: int) -> bool:
    """Whether a counter tells of no copy of the key.

    source   WebAuthn Level 2, 7.2 step 21
    """
    return now > before or before == now == 0
