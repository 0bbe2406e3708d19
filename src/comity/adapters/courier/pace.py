"""How fast answers come from a far end, and so how much to ask of it at once."""

from __future__ import annotations

import threading

PORTION_S = 2.0
"""What is asked for at once should come within about this time: so long may something more pressing have to share the line."""
FIRST_BYTES, LEAST_BYTES, MOST_BYTES = 16 * 1024, 4 * 1024, 16 * 1024 * 1024
GROWTH = 4
PATIENCE = 3


class Pace:
    """What was learned of one line; safe from several threads.

    A portion grows fourfold at most, so that one answer out of a buffer nearby doesn't make us ask for minutes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portion = FIRST_BYTES
        self._broken = 0

    @property
    def portion(self) -> int:
        """Bytes that one answer should have at most."""
        return self._portion

    @property
    def patient(self) -> bool:
        """Whether what is under way had better be left alone: it was broken off too often, or is as small as it gets."""
        return self._broken >= PATIENCE or self._portion <= LEAST_BYTES

    def came(self, body_bytes: int, took_s: float) -> None:
        """A body came whole, so long after its head. Small ones say nothing of the line."""
        if body_bytes < LEAST_BYTES:
            return
        fits = int(body_bytes / max(took_s, 1e-6) * PORTION_S)
        with self._lock:
            self._portion = max(LEAST_BYTES, min(fits, self._portion * GROWTH, MOST_BYTES))
            self._broken = 0

    def broke(self) -> None:
        """A body broke off on its way."""
        with self._lock:
            self._portion = max(LEAST_BYTES, self._portion // 2)
            self._broken += 1
