"""Every way to keep files, for the suite that all of them are held to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from comity.adapters.files import FolderFiles, MemoryFiles
from comity.ports import Files

CHUNK = 64 * 1024
STORAGE_KEY = bytes(range(32))
KINDS = ("memory", "folder", "clear")
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)


def files_of(kind: str, folder: Path) -> Files:
    """`memory`, `folder`, or `clear`: a folder without encryption."""
    if kind == "memory":
        return MemoryFiles()
    return FolderFiles(folder, STORAGE_KEY, encrypted=kind == "folder")


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that no page of a real file holds, and that a seed repeats."""
    return random.Random(seed).randbytes(size)


def digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def pieces(raw: bytes, width: int) -> Iterator[bytes]:
    for at in range(0, len(raw), width):
        yield raw[at : at + width]
