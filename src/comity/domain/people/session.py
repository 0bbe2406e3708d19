"""A session: from one proof of who somebody is until it ends. A browser has one by a cookie, the command line by a token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from comity.domain.terms import Instant

Kind = Literal["browser", "token"]
Scope = Literal["act", "read"]
How = Literal["password", "passkey", "invitation", "code", "reset"]


@dataclass(frozen=True)
class Rules:
    """What this node demands of its people.

    idle_ms, browser_ms  how long a browser's session lasts unused, and at most
    token_ms             how long one of the command line lasts at most
    passkey_for          acts that need a passkey's signature in the record
    """

    idle_ms: int = 30 * 60_000
    browser_ms: int = 12 * 3_600_000
    token_ms: int = 90 * 24 * 3_600_000
    passkey_for: frozenset[str] = frozenset()


TOUCH_MS: Final = 60_000
"""A session that was seen so recently isn't written anew."""
FRESH_MS: Final = 15 * 60_000
"""What changes how somebody comes in asks for a proof that is no older."""


@dataclass(frozen=True)
class Session:
    """One session. What opens it is a random token of 256 bits, of which the node keeps the SHA-256.

    key     SHA-256 of the token
    id      names it in lists; opens nothing
    how     by what its person showed who they are
    label   what it runs on, as it called itself
    scope   `read`: nothing that changes anything
    ends    whatever happens; `idle_ms`: earlier, unless it is used (0: never for that)
    case, purpose, basis   in what its person acts now
    ended   when somebody or something ended it, and why
    """

    key: bytes
    id: str
    account: str
    kind: Kind
    how: How
    made: Instant
    seen: Instant
    ends: Instant
    idle_ms: int
    label: str = ""
    scope: Scope = "act"
    case: str | None = None
    purpose: str = "crime"
    basis: str | None = None
    ended: Instant | None = None
    why: str = ""

    def is_live(self, now: Instant) -> bool:
        """Whether it still opens anything."""
        idle = self.idle_ms and now >= self.seen + self.idle_ms
        return self.ended is None and now < self.ends and not idle

    def is_fresh(self, now: Instant) -> bool:
        """Whether its person showed who they are only just now."""
        return now - self.made <= FRESH_MS

    def at_end(self, now: Instant, why: str) -> Session:
        """The same session, ended."""
        return replace(self, ended=now, why=why)
