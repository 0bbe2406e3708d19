"""Reads a channel from plain files as docs/spec says, sharing no code with the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.spec.second_reader import entry_of, follow_channel, leaf_of, read_key, root_of
from tests.spec.second_records import read_bundle

Read = Callable[[str], bytes]
"""The bytes at a path below the folder; raises for what isn't there."""


@dataclass
class Channel:
    size: int
    root: bytes
    entries: list[dict[str, Any]]


def number(n: int) -> str:
    groups = [f"{n % 1000:03d}"]
    while n := n // 1000:
        groups.insert(0, f"x{n % 1000:03d}")
    return "/".join(groups)


def pages(size: int, base: str) -> list[tuple[str, int, int]]:
    """(path, first, width) of what covers `size` things, 256 a page."""
    found = []
    for first in range(0, size, 256):
        width = min(256, size - first)
        found.append((f"{base}/{number(first // 256)}" + (f".p/{width}" if width < 256 else ""), first, width))
    return found


def channel(read: Read, digits: str, vkey: str, *, records: bool = True) -> Channel:
    """Every tile of every level, the signed root, and every body that is there; AssertionError where something doesn't fit."""
    key = read_key(vkey)
    _, size, root = follow_channel(read(f"ch/{digits}/checkpoint"), key)
    level, wanted = 0, size
    leaves: list[bytes] = []
    hashes: list[bytes] = []
    while wanted:
        here: list[bytes] = []
        for path, _, width in pages(wanted, f"ch/{digits}/tile/{level}"):
            raw = read(path)
            assert len(raw) == 32 * width, path
            here += [raw[at : at + 32] for at in range(0, len(raw), 32)]
        if level:
            assert here == [root_of(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)], level
        leaves = leaves or here
        hashes, level, wanted = here, level + 1, wanted // 256
    assert root_of(leaves) == root
    entries: list[dict[str, Any]] = []
    for path, first, width in pages(size, f"ch/{digits}/records") if records else []:
        found = read_bundle(read(path), first, width)
        assert len(found) == width
        entries += found
    for entry, leaf in zip(entries, leaves, strict=False):
        if entry.get("salt"):
            assert leaf_of(entry_of(entry["salt"], entry["envelope"])) == leaf
    return Channel(size, root, entries)
