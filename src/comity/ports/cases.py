"""What flows ask about cases. All of it changes by facts alone, in the transaction that keeps the letters which go with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member
from comity.domain.terms import Instant


class Cases(Protocol):
    """Which cases there are, who works in them, what lies in them; all of it changes by facts alone."""

    def case(self, case: str) -> CaseFile | None: ...
    def cases(self, ids: Collection[str] | None = None) -> tuple[CaseFile, ...]:
        """All, or those with these ids; newest first."""

    def members(self, case: str) -> tuple[Member, ...]: ...
    def open_to(self, account: str, at: Instant) -> frozenset[str]:
        """Ids of the cases in which this account is a member at that moment, or has emergency access."""

    def links(self, case: str) -> tuple[Link, ...]:
        """What lies in a case now, oldest first."""

    def lies_in(self, ids: Sequence[str]) -> tuple[frozenset[str], ...]:
        """For each of these things that lies in cases, the ids of those."""

    def case_moves(self, case: str) -> tuple[CaseMoved, ...]:
        """Each change of a case's state, oldest first."""

    def grants(self, account: str | None = None) -> tuple[Grant, ...]:
        """Emergency accesses, newest first."""
