"""Proofs out of tiles alone: no tree is held in memory, a proof reads a handful of tiles.

source   RFC 6962 §2.1.1 and §2.1.2; tiles as in C2SP tlog-tiles
"""

from __future__ import annotations

from collections.abc import Callable

from comity.domain.ledger.lines import HASH_BYTES
from comity.domain.ledger.merkle import EMPTY_ROOT, CompactRange, node_hash, parents, split_hashes
from comity.domain.ledger.tiles import TILE_WIDTH
from comity.errors import MalformedNote

TileSource = Callable[[int, int, int], bytes]
"""(level, n, width) -> the first `width` hashes of that tile, 32 bytes each.

A source that keeps only the full tile cuts it; asked for is the width that the tile has in the tree at hand.
"""


def tree_root(size: int, tiles: TileSource) -> bytes:
    """Root of the tree of this size."""
    return compact_range(size, tiles).root()


def compact_range(size: int, tiles: TileSource) -> CompactRange:
    """The compact range of the tree of this size: what a writer needs to go on appending."""
    tree = _TiledTree(size, tiles)
    whole = CompactRange()
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            whole.hashes.append(tree.perfect(height, (size >> height) - 1))
    whole.size = size
    return whole


def inclusion_proof(index: int, size: int, tiles: TileSource) -> tuple[bytes, ...]:
    """The siblings from the leaf up to the root, the leaf's own first."""
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    tree = _TiledTree(size, tiles)
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(tree.root_of(middle, end))
            end = middle
        else:
            proof.append(tree.root_of(start, middle))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(m: int, n: int, tiles: TileSource) -> tuple[bytes, ...]:
    """That the tree of size m is a prefix of the tree of size n, which the tiles belong to."""
    if not 0 < m <= n:
        raise ValueError("no consistency proof from these sizes")
    return subtree_consistency_proof(0, m, n, tiles)


def subtree_consistency_proof(start: int, end: int, size: int, tiles: TileSource) -> tuple[bytes, ...]:
    """That [start, end) is a subtree of the tree of this size: SUBTREE_PROOF of draft-ietf-plants-merkle-tree-certs §4."""
    if not 0 <= start < end <= size or start % (1 << (end - start - 1).bit_length()):
        raise ValueError("not a subtree of this tree")
    tree = _TiledTree(size, tiles)
    proof: list[bytes] = []
    low, high, known = 0, size, True
    while (start, end) != (low, high):
        middle = low + _split(high - low)
        if end <= middle:
            proof.append(tree.root_of(middle, high))
            high = middle
        elif start >= middle:
            proof.append(tree.root_of(low, middle))
            low = middle
        else:
            # A subtree that crosses the middle begins at `low`; what remains of it no longer is the whole subtree.
            proof.append(tree.root_of(low, middle))
            start = low = middle
            known = False
    if not known:
        proof.append(tree.root_of(low, high))
    return tuple(reversed(proof))


def _split(count: int) -> int:
    """Largest power of two strictly below count."""
    return 1 << (count - 1).bit_length() - 1


class _TiledTree:
    """One tree read through its tiles; each tile is fetched and folded at most once."""

    def __init__(self, size: int, tiles: TileSource) -> None:
        self._size, self._tiles = size, tiles
        self._folded: dict[tuple[int, int], list[list[bytes]]] = {}

    def perfect(self, height: int, index: int) -> bytes:
        """Root of the perfect subtree number `index` among those of 2^height leaves; it lies whole in the tree."""
        level, up = divmod(height, 8)
        n, first = divmod(index << up, TILE_WIDTH)
        rows = self._rows(level, n)
        while len(rows) <= up:
            below = rows[-1]
            rows.append(parents(below[: len(below) // 2 * 2]))
        return rows[up][first >> up]

    def root_of(self, start: int, end: int) -> bytes:
        """Root of [start, end): a perfect subtree, or one that the tree's right edge cuts."""
        if start == end:
            return EMPTY_ROOT
        pieces: list[bytes] = []
        while start < end:
            height = (end - start).bit_length() - 1
            pieces.append(self.perfect(height, start >> height))
            start += 1 << height
        root = pieces.pop()
        while pieces:
            root = node_hash(pieces.pop(), root)
        return root

    def _rows(self, level: int, n: int) -> list[list[bytes]]:
        rows = self._folded.get((level, n))
        if rows is None:
            width = min(TILE_WIDTH, (self._size >> 8 * level) - n * TILE_WIDTH)
            raw = self._tiles(level, n, width)
            if len(raw) != width * HASH_BYTES:
                raise MalformedNote("tile-length", level=level, n=n, width=width, bytes=len(raw))
            rows = self._folded[level, n] = [split_hashes(raw)]
        return rows
