"""Who goes first on the way to one peer: a lane waits while a more pressing one has something to fetch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from comity.domain.ledger import Lane, Peer
from comity.ports import Courier, Reply

GIVE_WAY_S = 30.0
"""Nobody waits longer than this for one portion: what is pressing without end slows the rest and never stops it."""


class Gate:
    """Shared by the lanes to one peer; safe from several threads.

    breakers  for each lane, what breaks off the answers that it waits for
    """

    def __init__(self, breakers: dict[Lane, Callable[[], None]]) -> None:
        self._breakers = breakers
        self._busy: set[Lane] = set()
        self._open = False
        self._changed = threading.Condition()

    def hold(self, lane: Lane) -> None:
        """Less pressing lanes ask for nothing further."""
        with self._changed:
            self._busy.add(lane)

    def press(self, lane: Lane) -> None:
        """Besides, what they wait for is broken off."""
        self.hold(lane)
        for other, break_off in self._breakers.items():
            if other.rank > lane.rank:
                break_off()

    def ease(self, lane: Lane) -> None:
        """The others may go on."""
        with self._changed:
            self._busy.discard(lane)
            self._changed.notify_all()

    def open(self) -> None:
        """For good: nobody waits any more. Whoever ends must not be held up by a lane that ended in the middle of something."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def wait(self, lane: Lane, longest_s: float = GIVE_WAY_S) -> None:
        """Returns when no lane that is more pressing has anything, or after that time."""
        until = time.monotonic() + longest_s
        with self._changed:
            while not self._open and any(other.rank < lane.rank for other in self._busy):
                left_s = until - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    return


class GivingWay:
    """A courier that asks for the next thing only when its lane has the way."""

    def __init__(self, inner: Courier, gate: Gate, lane: Lane) -> None:
        self._inner, self._gate, self._lane = inner, gate, lane

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        self._gate.wait(self._lane)
        return self._inner.get(peer, path, body_bytes_max)

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        self._gate.wait(self._lane)
        return self._inner.post(peer, path, body)
