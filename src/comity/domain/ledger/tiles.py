"""How a tree is cut into files: C2SP tlog-tiles, with our own `records` beside `tile/entries`.

A tile is 256 hashes of one level; level l holds the roots of perfect subtrees of 256^l leaves. The last tile of a level may be
partial; a partial tile is never hashed into the level above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from comity.domain.ledger.lines import HASH_BYTES
from comity.domain.ledger.merkle import leaves_root, split_hashes
from comity.errors import MalformedNote

TILE_WIDTH = 256
LEVEL_MAX = 63
BUNDLES = ("entries", "records")

_PATH = re.compile(
    r"(?:tile/(?P<level>entries|0|[1-9][0-9]?)|(?P<records>records))"
    r"/(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


def tile_path(level: int | str, n: int, width: int = TILE_WIDTH) -> str:
    """Path below the channel's prefix: `tile/0/x001/234`, `tile/entries/000.p/17`, `records/002`.

    level   0..63, or "entries" or "records"
    width   1..256; 256 is the full tile
    """
    if not 1 <= width <= TILE_WIDTH or not 0 <= n < 10**21:
        raise MalformedNote("tile-path", level=level, n=n, width=width)
    if level not in BUNDLES and not (isinstance(level, int) and 0 <= level <= LEVEL_MAX):
        raise MalformedNote("tile-path", level=level, n=n, width=width)
    digits = str(n)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    folder = "records" if level == "records" else f"tile/{level}"
    return f"{folder}/{number}" if width == TILE_WIDTH else f"{folder}/{number}.p/{width}"


def parse_tile_path(text: str) -> tuple[int | str, int, int]:
    """(level or "entries" or "records", number, width) of a path as `tile_path` writes it; else MalformedNote."""
    shape = _PATH.fullmatch(text)
    if shape is None:
        raise MalformedNote("tile-path", text=text[:60])
    named = shape["records"] or shape["level"]
    level = named if named in BUNDLES else int(named)
    n = int(shape["number"].replace("x", "").replace("/", ""))
    width = int(shape["width"] or TILE_WIDTH)
    # Writing it again refuses what the pattern lets pass: `x000/001`, level 64, `.p/256`.
    if (isinstance(level, int) and level > LEVEL_MAX) or width > TILE_WIDTH or tile_path(level, n, width) != text:
        raise MalformedNote("tile-path", text=text[:60])
    return level, n, width


def partial_width(level: int, size: int) -> int:
    """Hashes in the partial tile of this level in a tree of this size; 0 means there is none."""
    return (size >> (8 * level)) % TILE_WIDTH


def tiles_for(size: int, since: int = 0) -> Iterator[tuple[int, int, int]]:
    """Every (level, n, width) that a tree of this size is published as, lowest level first; empty tiles never exist.

    since   an earlier size: only the tiles that weren't yet there in this width
    """
    level, count, known = 0, size, since
    while count:
        for n in range(known // TILE_WIDTH, count // TILE_WIDTH):
            yield level, n, TILE_WIDTH
        if count % TILE_WIDTH and count != known:
            yield level, count // TILE_WIDTH, count % TILE_WIDTH
        level, count, known = level + 1, count // TILE_WIDTH, known // TILE_WIDTH


def tile_root(hashes: bytes) -> bytes:
    """Root of a full tile: the hash that stands for it one level up."""
    if len(hashes) != TILE_WIDTH * HASH_BYTES:
        raise MalformedNote("tile-length", bytes=len(hashes), expected=TILE_WIDTH * HASH_BYTES)
    return leaves_root(split_hashes(hashes))
