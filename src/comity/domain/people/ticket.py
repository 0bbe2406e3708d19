"""Single-use secrets: invitations, resets, one-time codes, challenges; and devices that are known. Only their digests are kept."""

from __future__ import annotations

from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from comity.domain.terms import Instant

TicketKind = Literal["invitation", "reset", "reset-asked", "code", "device", "enrol", "enter", "sign"]

HOUR_MS: Final = 3_600_000
INVITATION_MS: Final = 72 * HOUR_MS
RESET_MS: Final = 72 * HOUR_MS
CHALLENGE_MS: Final = 5 * 60_000
CODE_MS: Final = 5 * 365 * 24 * HOUR_MS
DEVICE_MS: Final = 365 * 24 * HOUR_MS
CODES: Final = 10


@dataclass(frozen=True)
class Ticket:
    """One secret that opens one thing once.

    key     SHA-256 of the secret
    account whose it is; empty for a challenge that nobody in particular was given
    about   what it is for, by kind: bytes that only its flow reads
    used    when it was used up, or taken back
    """

    key: bytes
    kind: TicketKind
    account: str
    made: Instant
    until: Instant
    about: bytes = b""
    used: Instant | None = None

    def is_open(self, kind: TicketKind, now: Instant) -> bool:
        """Whether it still opens what this kind opens."""
        return self.kind == kind and self.used is None and now < self.until


def key_of(secret: str) -> bytes:
    """What is kept of a secret. It has at least 80 random bits, so a plain digest can't be turned back."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def secret_from(chance: bytes) -> str:
    """A secret that travels in a link, a header or a cookie: 43 characters from 32 random bytes."""
    return urlsafe_b64encode(chance).rstrip(b"=").decode()


def code_from(chance: bytes) -> str:
    """A code that a person writes down: 16 letters and digits in groups, 80 bits, none of 0, 1, 8, 9."""
    text = b32encode(chance[:10]).decode()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def code_as_typed(text: str) -> str:
    """The one spelling of a code, whatever stands between its groups."""
    letters = "".join(each for each in text.upper() if each.isalnum())
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))
