"""Histories of logs as RFC 6962 §2.1 defines them, and forks of them.

A tree is told by its size and by the places where it turns away from the history before: `(3, 7)` has other leaves than the main
history from 3 on, and other ones again from 7 on; `()` is the main history.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


class History:
    """All trees of one log, main history and forks."""

    def __init__(self, label: str) -> None:
        self._label = label.encode()
        self._range = cache(self._range_root)

    def root(self, size: int, turns: tuple[int, ...] = ()) -> bytes:
        """Root of the tree of this size."""
        return self._range(0, size, turns)

    def proof(self, old: int, size: int, turns: tuple[int, ...] = ()) -> list[bytes]:
        """Consistency proof from `old` to `size` on one and the same history; empty from nothing."""
        return self._subproof(old, 0, size, True, turns) if old else []

    def _leaf(self, at: int, turned: int) -> bytes:
        return sha256(b"\x00%b %d %d" % (self._label, at, turned)).digest()

    def _range_root(self, start: int, end: int, turns: tuple[int, ...]) -> bytes:
        if start == end:
            return EMPTY_ROOT
        if end - start == 1:
            return self._leaf(start, bisect_right(turns, start))
        middle = start + _split(end - start)
        left, right = self._range(start, middle, turns), self._range(middle, end, turns)
        return sha256(b"\x01" + left + right).digest()

    def _subproof(self, old: int, start: int, end: int, whole: bool, turns: tuple[int, ...]) -> list[bytes]:
        if old == end - start:
            return [] if whole else [self._range(start, end, turns)]
        half = _split(end - start)
        middle = start + half
        if old <= half:
            return [*self._subproof(old, start, middle, whole, turns), self._range(middle, end, turns)]
        return [*self._subproof(old - half, middle, end, False, turns), self._range(start, middle, turns)]


def _split(count: int) -> int:
    """Largest power of two strictly below count."""
    return 1 << (count - 1).bit_length() - 1
