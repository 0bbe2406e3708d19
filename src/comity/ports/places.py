"""Where records stand, and what a question finds."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.ledger import Place as Place
from comity.domain.record import Entry, Header


@dataclass(frozen=True)
class Hit:
    """A record that holds what was asked for, as far as it may be seen."""

    place: Place
    header: Header
    entry: Entry


@dataclass(frozen=True)
class Hits:
    """Some of what was found, the last filed first; one record once, wherever else it stands.

    count   how many there are in all, as far as they were counted
    exact   whether all were counted; there may be more otherwise
    after   where the next ones go on; None when these were the last
    """

    found: tuple[Hit, ...]
    count: int
    exact: bool
    after: Place | None
