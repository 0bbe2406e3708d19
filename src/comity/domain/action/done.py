"""What an officer says was done, and what it has to be held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from comity.domain.terms import Instant, Reason


@dataclass(frozen=True)
class Held:
    """An amount that is really held now: smallest units of the asset, never the sum that was asked."""

    asset: str
    amount: int


@dataclass(frozen=True)
class Done:
    """One act before it is told.

    taken        what was done, in a word
    until        until when it holds, where it does
    held         what is held, asset by asset; empty says nothing, an amount of 0 says that nothing is held
    whereabouts  where a person is: sealed, and told only with consent
    consent      whose word allows that it is told: `person`, or `child-path` for a minor
    asked        members of the request's form
    held_until   until when what was told before holds
    choice       state that is meant, where the event may lead to several
    """

    event: str
    by: str
    at: Instant
    taken: str
    asked: Mapping[str, str]
    until: Instant | None = None
    held: tuple[Held, ...] = ()
    whereabouts: str | None = None
    consent: str | None = None
    note: str | None = None
    choice: str | None = None
    held_until: Instant | None = field(default=None)


def objection(code: str, about: str, mend: str, **facts: object) -> Reason:
    """What stands against telling it like this."""
    return Reason(code, {"field": about, "mend": mend, **facts})
