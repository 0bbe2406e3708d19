"""A case: who works in it, since and until when, and what lies in it. Nothing is copied into a case; it only names things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from comity.domain.terms import Instant

HOUR_MS: Final = 3_600_000
GLASS_MS: Final = 4 * HOUR_MS
"""How long an emergency access lasts."""
REVIEW_MS: Final = 72 * HOUR_MS
"""How long it may wait for a judgement, until its person may have no other one."""
GLASS_REASON_MIN: Final = 20
"""Characters of a reason; white space around it doesn't count."""

CaseState = Literal["open", "active", "paused", "closing", "closed", "archived"]
STATES: Final[Mapping[CaseState, tuple[CaseState, ...]]] = MappingProxyType(
    {
        "open": ("active", "paused", "closing"),
        "active": ("paused", "closing"),
        "paused": ("active", "closing"),
        "closing": ("closed", "active"),
        "closed": ("archived", "active"),
        "archived": ("active",),
    }
)
"""State of a case and those that may follow. Back from `closed` or `archived` to `active`: it is reopened, under the same number."""
ENDED: Final[frozenset[CaseState]] = frozenset({"closed", "archived"})
"""States in which a case is read and nothing is done in it."""

Thing = Literal["record", "request", "report", "file"]


@dataclass(frozen=True)
class CaseFile:
    """One case.

    number       as the unit counts its cases; unique
    purposes     for which people act in it
    lead         account of who opened it
    basis        legal basis that acts in it rest on, and until when it holds
    state        how far the work in it is
    """

    id: str
    number: str
    title: str
    purposes: tuple[str, ...]
    lead: str
    opened: Instant
    basis: str | None = None
    basis_until: Instant | None = None
    state: CaseState = "open"


@dataclass(frozen=True)
class CaseMoved:
    """A case goes from one state to the next: by whom, when, and why."""

    case: str
    before: CaseState
    state: CaseState
    by: str
    at: Instant
    reason: str


@dataclass(frozen=True)
class Member:
    """Somebody's time in a case; a second time is a second row."""

    case: str
    account: str
    role: str
    since: Instant
    until: Instant | None = None


@dataclass(frozen=True)
class Link:
    """A thing lies in a case: a request, a report or a record by its id, a file by its digest. Undone, it has an `until`."""

    case: str
    what: Thing
    id: str
    by: str
    at: Instant
    until: Instant | None = None


@dataclass(frozen=True)
class Grant:
    """An emergency access: one person, one case, one reason, four hours; then somebody judges it.

    verdict  `right` or `wrong`, by whom and when; None while nobody has judged it
    """

    id: str
    case: str
    account: str
    reason: str
    at: Instant
    until: Instant
    verdict: str | None = None
    judged_by: str | None = None
    judged_at: Instant | None = None

    @property
    def due(self) -> Instant:
        """By when it has to be judged."""
        return Instant(self.at + REVIEW_MS)
