"""The tree as RFC 6962 §2.1 defines it, word for word and without a thought for speed; and tiles cut out of it.

An oracle: nothing here is shared with the code under test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256


def leaf(number: int) -> bytes:
    """Leaf hash of the entry `entry <number>`."""
    return sha256(b"\x00entry %d" % number).digest()


def _largest_power_below(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


class PlainTree:
    """All of MTH, PATH, PROOF over a fixed list of leaf hashes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        self.root = cache(self._root)

    def _root(self, start: int, end: int) -> bytes:
        if start == end:
            return sha256(b"").digest()
        if end - start == 1:
            return self.leaves[start]
        middle = start + _largest_power_below(end - start)
        return sha256(b"\x01" + self.root(start, middle) + self.root(middle, end)).digest()

    def path(self, index: int, start: int, end: int) -> list[bytes]:
        """PATH(index, D[start:end]), index counted in the whole tree."""
        if end - start == 1:
            return []
        middle = start + _largest_power_below(end - start)
        if index < middle:
            return [*self.path(index, start, middle), self.root(middle, end)]
        return [*self.path(index, middle, end), self.root(start, middle)]

    def consistency(self, m: int, n: int) -> list[bytes]:
        """PROOF(m, D[0:n])."""
        return self._subproof(m, 0, n, True)

    def _subproof(self, m: int, start: int, end: int, whole: bool) -> list[bytes]:
        if m == end - start:
            return [] if whole else [self.root(start, end)]
        half = _largest_power_below(end - start)
        middle = start + half
        if m <= half:
            return [*self._subproof(m, start, middle, whole), self.root(middle, end)]
        return [*self._subproof(m - half, middle, end, False), self.root(start, middle)]


def tile_source(leaves: Sequence[bytes]) -> Callable[[int, int, int], bytes]:
    """Tiles of these leaves, each root of 256 computed pair by pair; refuses a width that the tree doesn't have."""
    levels = [list(leaves)]
    while len(levels[-1]) >= 256:
        row = levels[-1][: len(levels[-1]) // 256 * 256]
        for _ in range(8):
            row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
        levels.append(row)

    def source(level: int, n: int, width: int) -> bytes:
        assert 1 <= width <= 256
        hashes = levels[level][n * 256 : n * 256 + width]
        assert len(hashes) == width
        return b"".join(hashes)

    return source
