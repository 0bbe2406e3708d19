"""What a store tells of requests as a list, without reading them one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from comity.domain.ledger import Place
from comity.domain.record import Entry
from comity.domain.request.summary import Summary
from comity.domain.terms import Instant

View = Literal["all", "open", "us", "them", "sent", "received", "closed", "alerts", "unsigned"]
"""`us`, `them`: open, and waiting for us or them. `unsigned`: alerts of ours whose second signature is still due."""


@dataclass(frozen=True)
class Wanted:
    """Which requests; an empty member asks for nothing.

    ids   these alone
    ends  with what their id ends
    """

    view: View = "all"
    other: str = ""
    measure: str = ""
    ids: tuple[str, ...] = ()
    ends: str = ""


EVERY = Wanted()


@dataclass(frozen=True)
class Row:
    """One request of a list.

    opened  the first word that somebody at the other side has opened our last record; None while there is none
    wholly  whether the person who asks sees all of it; where they don't, the summary tells of what they may not know, and is not to be
            shown: what they see has to be read anew
    """

    summary: Summary
    opened: Place | None
    wholly: bool = True


@dataclass(frozen=True)
class Count:
    """How many requests are alike in what lists are filtered by. What is seen in part counts as open, and as nobody's turn.

    oldest  the earliest time at which one of them was last changed; 0 for what is seen in part
    """

    rank: int
    turn: str
    side: str
    alert: bool
    other: str
    measure: str
    n: int
    oldest: int = 0


class Requests(Protocol):
    """The part of `Store` that lists requests. All of it is derived from the records, in the transaction that keeps them."""

    def requests(self, wanted: Wanted, limit: int, after: str = "") -> tuple[Row, ...]:
        """In the order of work; those after the request `after`, from the first on when it isn't among them.

        Misconfigured when the store was opened without a catalog, whose measures say what a state means.
        """

    def counted(self, wanted: Wanted = EVERY) -> tuple[Count, ...]:
        """Those that may be seen, counted."""

    def ending(self, since: Instant, until: Instant, limit: int) -> tuple[tuple[Row, ...], int]:
        """Requests whose nearest clock ends in [since, until), the nearest first, and how many there are; none that is seen in part."""

    def entries_at(self, places: Sequence[Place]) -> dict[Place, Entry]:
        """Settled entries at these places that can be read and may be seen, in one question for each channel and 500."""
