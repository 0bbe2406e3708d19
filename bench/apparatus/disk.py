"""The least that a disk must do for a durable write."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter


def appends_s(folder: Path, count: int, bytes_: int = 1024) -> float:
    """Seconds for `count` appends, each on disk before the next begins."""
    file = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    block = os.urandom(bytes_)
    try:
        os.fsync(file)
        start_s = perf_counter()
        for _ in range(count):
            os.write(file, block)
            os.fdatasync(file)
        return perf_counter() - start_s
    finally:
        os.close(file)
        (folder / "floor").unlink()


def sequential_s(folder: Path, blocks: Iterable[bytes]) -> float:
    """Seconds to write everything in one go and have it on disk."""
    whole = b"".join(blocks)
    start_s = perf_counter()
    with open(folder / "floor", "wb") as out:
        out.write(whole)
        out.flush()
        os.fsync(out.fileno())
    spent_s = perf_counter() - start_s
    (folder / "floor").unlink()
    return spent_s
