"""How much is taken in from one peer in a day: counted by kind in the transaction that takes the records in.

What is over a limit isn't lost: it stays with its writer, unconfirmed, until the day is over. A rescue is counted and never waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comity.domain.record import Told, kinds
from comity.flows.attacks import DAY_MS
from comity.ports import Fact, Moved, World

OTHERS = "*"
UNREADABLE = "unreadable"
_SHIFT, _COUNT = 32, (1 << 32) - 1
"""A cursor holds the day above these bits and that day's count below them: one row for each peer and kind, for ever."""


@dataclass(frozen=True)
class Intake:
    """Records that one peer may bring in a day, by kind without version; `*` for every other kind, without it no limit."""

    limits: Mapping[str, int] = field(default_factory=dict)
    tenfold: frozenset[str] = frozenset()

    def limit(self, peer: str, kind: str) -> int | None:
        """None where there is none."""
        most = self.limits.get(kind, self.limits.get(OTHERS))
        return most * 10 if most is not None and peer in self.tenfold else most


UNLIMITED = Intake()


@dataclass
class Taken:
    """What one peer has brought today. Its memory is only a cache of the store's cursors."""

    world: World
    peer: str
    intake: Intake = UNLIMITED
    _stood: dict[str, int] = field(default_factory=dict, init=False)

    def counted(self, told: Iterable[Told]) -> list[Fact]:
        """The facts that add these records to the day's count; kept in the transaction that moves the channel's cursor."""
        if not self.intake.limits:
            return []
        day = self._day()
        facts: list[Fact] = []
        for kind, more in sorted(Counter(_kind(one) for one in told).items()):
            stood = self.world.store.cursor(_cursor(self.peer, kind))
            # A clock that went back counts on in the later day.
            now = (stood if stood >> _SHIFT >= day else day << _SHIFT) + more
            facts.append(Moved(_cursor(self.peer, kind), stood, now))
            self._stood[kind] = now
        return facts

    def over(self) -> tuple[str, ...]:
        """Kinds of which the peer has brought enough for today; while there are any only its rescues are fetched."""
        return tuple(kind for kind in _COUNTED if self._is_over(kind))

    def _is_over(self, kind: str) -> bool:
        most = self.intake.limit(self.peer, kind)
        if most is None:
            return False
        if kind not in self._stood:
            self._stood[kind] = self.world.store.cursor(_cursor(self.peer, kind))
        stood = self._stood[kind]
        return stood >> _SHIFT >= self._day() and stood & _COUNT >= most

    def _day(self) -> int:
        return self.world.clock.now() // DAY_MS


def _kind(told: Told) -> str:
    """What can't be read is one kind: a peer could name as many as it likes."""
    if told.header is None or told.fault is not None:
        return UNREADABLE
    return told.header.kind.partition("/")[0]


def _cursor(peer: str, kind: str) -> str:
    return f"taken {kind} {peer}"


_COUNTED = (*sorted({name.partition("/")[0] for name in kinds()}), UNREADABLE)
