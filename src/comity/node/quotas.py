"""How much each peer may ask: token buckets by peer and purpose, answers under way, and bytes in a day. All of it in memory.

Only names of the roster are counted apart; everybody else shares the name of nobody, so that no stranger makes this grow.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from comity.config import LimitsTable

TENFOLD = 10
SPENT_S = 600.0
"""When to ask again after a day's bytes are spent: every ten minutes, so that nobody has to know when our day ends."""


class Purpose(StrEnum):
    """What a request is for. The first three are lanes of channels."""

    RESCUE = "rescue"
    URGENT = "urgent"
    BULK = "bulk"
    FILES = "files"
    OTHER = "other"


@dataclass
class Bucket:
    """Fills at `rate_s` tokens a second up to `most`; a request takes one."""

    rate_s: float
    most: float
    level: float
    at_s: float

    def take(self, now_s: float) -> float:
        """0 when one could be taken; else the seconds until there is one, and none was taken."""
        self.level = min(self.most, self.level + (now_s - self.at_s) * self.rate_s)
        self.at_s = now_s
        if self.level < 1:
            return (1 - self.level) / self.rate_s
        self.level -= 1
        return 0.0


@dataclass(frozen=True)
class Spent:
    """What one peer was answered today: requests that were let through, and bytes."""

    peer: str
    requests: int
    answered_bytes: int


@dataclass
class Quotas:
    """Decides before any work is done; safe from several threads.

    clock_s   monotonic seconds
    today     number of the present day
    """

    limits: LimitsTable
    today: Callable[[], int]
    clock_s: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _buckets: dict[tuple[str, Purpose], Bucket] = field(default_factory=dict, init=False)
    _under_way: Counter[tuple[str, Purpose]] = field(default_factory=Counter, init=False)
    _requests: Counter[str] = field(default_factory=Counter, init=False)
    _bytes: Counter[str] = field(default_factory=Counter, init=False)
    _day: int = field(default=0, init=False)

    def wait_s(self, peer: str, purpose: Purpose) -> float:
        """0 when the request may be answered, else the seconds until it may. The caller lets a rescue through all the same."""
        with self._lock:
            self._turn()
            waits = self._bucket(peer, purpose).take(self.clock_s())
            if not waits and self._under_way[peer, purpose] >= self._most(peer, self.limits.at_once):
                waits = 1.0
            if not waits and self._is_spent(peer, purpose):
                waits = SPENT_S
            return waits

    def begin(self, peer: str, purpose: Purpose) -> None:
        """An answer is under way."""
        with self._lock:
            self._under_way[peer, purpose] += 1
            self._requests[peer] += 1

    def end(self, peer: str, purpose: Purpose, answered_bytes: int) -> None:
        """It has ended, and had so many bytes."""
        with self._lock:
            self._under_way[peer, purpose] -= 1
            if self._under_way[peer, purpose] <= 0:
                del self._under_way[peer, purpose]
            self._turn()
            self._bytes[peer] += answered_bytes

    def connections(self, peer: str) -> int:
        """How many this peer may hold open."""
        return int(self._most(peer, self.limits.connections))

    def restore(self, spent: dict[str, int]) -> None:
        """Bytes of this day that were counted before the node was started anew."""
        with self._lock:
            self._turn()
            self._bytes.update(spent)

    def spent(self) -> tuple[Spent, ...]:
        """Today so far, by peer."""
        with self._lock:
            self._turn()
            names = sorted({*self._requests, *self._bytes} - {""})
            return tuple(Spent(name, self._requests[name], self._bytes[name]) for name in names)

    def _turn(self) -> None:
        if (day := self.today()) != self._day:
            self._day = day
            self._requests.clear()
            self._bytes.clear()

    def _is_spent(self, peer: str, purpose: Purpose) -> bool:
        pressing = purpose in (Purpose.RESCUE, Purpose.URGENT)
        return not pressing and self._bytes[peer] >= self._most(peer, self.limits.bytes_day)

    def _bucket(self, peer: str, purpose: Purpose) -> Bucket:
        found = self._buckets.get((peer, purpose))
        if found is None:
            rate_s = self._most(peer, getattr(self.limits, f"{purpose}_s"))
            most = max(1.0, rate_s * self.limits.burst_s)
            found = self._buckets[peer, purpose] = Bucket(rate_s, most, most, self.clock_s())
        return found

    def _most(self, peer: str, limit: float) -> float:
        return limit * TENFOLD if peer in self.limits.tenfold else limit
