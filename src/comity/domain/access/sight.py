"""What one person sees, as a value that a store turns into the condition of its queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from comity.domain.access.acts import Act
from comity.domain.access.decide import AGAINST_CRIME, IN_COURT, Context, Standing, against_use
from comity.domain.record import Marking
from comity.domain.terms import Instant

VICTIM_POINTERS: Final = ("/victims", "/whereabouts")
"""Sealed members that tell who suffers or where somebody is; those below them count as well."""


@dataclass(frozen=True)
class Sight:
    """One person's view of the store, at one moment.

    cases     ids of the cases that are open to them
    desk      whether they see what lies in no case
    purpose   what they look for it; a marking may rule it out
    victims   whether they may read who suffers
    reviews   whether they see notices of emergency access
    audits    whether they see notices about the node itself, which name no thing
    """

    cases: frozenset[str]
    desk: bool
    purpose: str
    victims: bool
    reviews: bool
    audits: bool
    node: str
    country: str
    at: Instant

    @property
    def against_crime(self) -> bool:
        """Whether records of handling code H0 may be used."""
        return self.purpose in AGAINST_CRIME

    @property
    def in_court(self) -> bool:
        """Whether records of handling code H1 are ruled out."""
        return self.purpose == IN_COURT

    def reaches(self, cases: Collection[frozenset[str]]) -> bool:
        """Whether a thing in these cases is open: one of every set, or the desk where there is none."""
        return all(self.cases & each for each in cases) if cases else self.desk

    def allows(self, marking: Marking, owner: str) -> bool:
        """Whether the marking lets this node use the record for this purpose now."""
        return not any(against_use(marking, self.node, self.country, owner, self.purpose, self.at))

    def hides(self, pointer: str) -> bool:
        """Whether the value at this pointer is kept from them."""
        return not self.victims and any(pointer == each or pointer.startswith(f"{each}/") for each in VICTIM_POINTERS)


def sight_of(who: Standing, context: Context, at: Instant) -> Sight:
    """What these roles and cases see in this context. Whoever names a case that isn't theirs sees nothing of it."""
    return Sight(
        cases=who.cases if context.case is None else who.cases & {context.case},
        desk=who.desk,
        purpose=context.purpose,
        victims=who.may(Act("read-victim")),
        reviews=who.may(Act("review-access")) or who.may(Act("audit")),
        audits=who.may(Act("audit")),
        node=who.node,
        country=who.country,
        at=at,
    )
