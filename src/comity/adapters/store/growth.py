"""How a tree grows on disk: the compact range that gives the root, and the open tiles that become full ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.ledger import TILE_WIDTH, CompactRange, tile_root

FULL = TILE_WIDTH * 32


@dataclass(frozen=True)
class FullTile:
    """A tile that will never change: 256 hashes, and the root over them, which stands in the level above."""

    level: int
    n: int
    hashes: bytes
    root: bytes


class Growth:
    """State of one tree while it is appended to. Copy before a transaction, keep the copy only after COMMIT."""

    def __init__(self, peaks: CompactRange, open_tiles: Sequence[bytes]) -> None:
        self.peaks = peaks
        self._open = [bytearray(row) for row in open_tiles]

    @property
    def size(self) -> int:
        return self.peaks.size

    def copy(self) -> Growth:
        return Growth(self.peaks.copy(), [bytes(row) for row in self._open])

    def root(self) -> bytes:
        return self.peaks.root()

    def extend(self, leaves: Sequence[bytes]) -> list[FullTile]:
        """Appends leaves and returns the tiles that became full, lower levels first."""
        start = self.peaks.size
        if len(leaves) == 1:
            self.peaks.append(leaves[0])
        else:
            self.peaks.extend(leaves)
        return self._push(0, b"".join(leaves), start)

    def _push(self, level: int, hashes: bytes, start: int) -> list[FullTile]:
        if len(self._open) == level:
            self._open.append(bytearray())
        row = self._open[level]
        first = start // TILE_WIDTH
        row += hashes
        done: list[FullTile] = []
        while len(row) >= FULL:
            raw = bytes(row[:FULL])
            del row[:FULL]
            done.append(FullTile(level, first + len(done), raw, tile_root(raw)))
        if done:
            done += self._push(level + 1, b"".join(tile.root for tile in done), done[0].n)
        return done
