"""The high-water file: what has left this node, and what it was ordered to forget, kept apart from the database and its backups.

A database that comes back from a backup is behind its own signatures and may hold what was erased. This file, fsynced before
anything leaves, shows both at the next start. It is a log of lines; a last line without its end was never acted upon.

    size <origin> <size> <root hex>          a checkpoint we signed and may have published; size 0 before the channel exists
    line <origin> <size> <time_s>            a cosignature of ours that may have been posted
    gone <origin> <index> <order> <pointers> an erasure that was committed; pointers are JSON, or null for the whole record
    seen <origin> <size>                     a checkpoint that we may have cosigned as a witness; size 0 before the first
    lost <origin> <n>                        a channel that the database had never heard of when it came back
    back <node> <n> <time_s>                 the n-th return from a backup was acknowledged; no line is dated before `time_s` since
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from comity.adapters.space import told_plainly
from comity.errors import Misconfigured


@dataclass(frozen=True)
class Gone:
    """One committed erasure."""

    origin: str
    index: int
    order_origin: str
    order_index: int
    pointers: tuple[str, ...] | None


@dataclass
class HighWater:
    """What the file says, folded.

    back    returns from a backup that were acknowledged
    time_s  latest time of any line of ours, also of those that a return took back
    """

    sizes: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)
    gone: dict[tuple[str, int, tuple[str, ...] | None], Gone] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    back: int = 0
    time_s: int = 0


def size_mark(origin: str, size: int, root: bytes) -> str:
    return f"size {origin} {size} {root.hex()}\n"


def line_mark(origin: str, size: int, time_s: int) -> str:
    return f"line {origin} {size} {time_s}\n"


def gone_mark(gone: Gone) -> str:
    pointers = json.dumps(gone.pointers, separators=(",", ":"))
    return f"gone {gone.origin} {gone.index} {gone.order_origin} {gone.order_index} {pointers}\n"


def seen_mark(origin: str, size: int) -> str:
    return f"seen {origin} {size}\n"


def lost_mark(origin: str, n: int) -> str:
    return f"lost {origin} {n}\n"


def back_mark(me: str, n: int, time_s: int) -> str:
    return f"back {me} {n} {time_s}\n"


def _fold(told: HighWater, text: str, path: Path) -> None:
    whole = text[: text.rfind("\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            word, origin, rest = line.split(" ", 2)
            if word == "size":
                size, root = rest.split(" ")
                told.sizes[origin] = (int(size), bytes.fromhex(root))
            elif word == "line":
                size, time_s = rest.split(" ")
                told.lines[origin] = (int(size), int(time_s))
                told.time_s = max(told.time_s, int(time_s))
            elif word == "seen":
                told.seen[origin] = int(rest)
            elif word == "lost":
                told.lost.add(origin)
            elif word == "back":
                n, time_s = rest.split(" ")
                told.back, told.time_s = int(n), max(told.time_s, int(time_s))
            elif word == "gone":
                index, order_origin, order_index, raw = rest.split(" ", 3)
                pointers = json.loads(raw)
                gone = Gone(
                    origin, int(index), order_origin, int(order_index), None if pointers is None else tuple(pointers)
                )
                told.gone[(origin, gone.index, gone.pointers)] = gone
            else:
                raise ValueError(word)
        except ValueError as fault:
            raise Misconfigured("high-water-unreadable", path=str(path), line=number) from fault


class Marks:
    """The file, open for appending. One process, one thread writes."""

    def __init__(self, path: Path, me: str) -> None:
        self._path = path
        self._me = me
        self.told = HighWater()
        with told_plainly(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text("utf-8") if path.exists() else ""
            _fold(self.told, text, path)
            self._rewrite()
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
            self._bytes = os.fstat(self._file).st_size  # that are surely on disk

    def _rewrite(self) -> None:
        """Drops what newer lines have overtaken, and a torn last line; atomic."""
        lines = [size_mark(origin, size, root) for origin, (size, root) in self.told.sizes.items()]
        lines += [line_mark(origin, size, time_s) for origin, (size, time_s) in self.told.lines.items()]
        lines += [gone_mark(gone) for gone in self.told.gone.values()]
        lines += [seen_mark(origin, size) for origin, size in self.told.seen.items()]
        lines += [lost_mark(origin, self.told.back) for origin in sorted(self.told.lost)]
        lines += [back_mark(self._me, self.told.back, self.told.time_s)] if self.told.back else []
        fresh = self._path.with_suffix(".new")
        with open(fresh, "w", encoding="utf-8") as out:
            out.write("".join(lines))
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def learn(self, lines: Iterable[str]) -> None:
        """Writes lines and takes them into `told` too: for what is measured against them at this start."""
        known = list(lines)
        self.write(known)
        _fold(self.told, "".join(known), self._path)

    def write(self, lines: Iterable[str]) -> None:
        """Appends and fsyncs; returns when the lines would survive a loss of power. NoSpace when they don't fit, all of them."""
        raw = "".join(lines).encode()
        if not raw:
            return
        whole = self._bytes + len(raw)
        with told_plainly(self._path.parent):
            os.ftruncate(self._file, self._bytes)  # what an earlier attempt left of a line must not begin the next one
            while raw:
                raw = raw[os.write(self._file, raw) :]
            os.fdatasync(self._file)
        self._bytes = whole

    def close(self) -> None:
        """Safe to repeat."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
