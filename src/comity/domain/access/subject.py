"""What an act is about, as far as access depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from comity.domain.record import Marking


@dataclass(frozen=True)
class Subject:
    """A thing, or several that are asked for as one.

    cases     one set for each thing in it that lies in cases: ids of these. Whoever acts needs one of every set; none at all
              means that the thing lies on the unit's desk
    markings  of every record in it: the strictest of them holds
    owner     node whose record it is; None for what no record says
    victim    whether it tells who suffers, or where they are
    """

    cases: tuple[frozenset[str], ...] = ()
    markings: tuple[Marking, ...] = ()
    owner: str | None = None
    victim: bool = False


DESK: Final = Subject()
"""What lies in no case, and bears no marking."""
