"""The demo's folder: made, marked, locked, reused, deleted. A folder without the mark is never touched."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from comity.errors import Conflict, Misconfigured

MARK = "comity-demo.json"
PURPOSE = "made by comity demo, which may delete this folder with all that is in it"
PATIENCE_S = 5.0


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the mark.

    port_base  the nodes' addresses depend on it
    played     whether the story came to its end, so that the nodes may be started again
    """

    purpose: str
    port_base: int
    played: bool


@dataclass
class Home:
    """The folder while this process has it. `lock` goes on to the children: it is free only when all of them are gone."""

    path: Path
    lock: int

    def read(self) -> Mark | None:
        """What the mark says; None while the folder is empty."""
        raw = os.pread(self.lock, 65536, 0)
        if not raw:
            return None
        try:
            mark = msgspec.json.decode(raw, type=Mark)
        except msgspec.MsgspecError as fault:
            raise Conflict("demo-folder-not-ours", folder=str(self.path), mark=MARK) from fault
        if mark.purpose != PURPOSE:
            raise Conflict("demo-folder-not-ours", folder=str(self.path), mark=MARK)
        return mark

    def write(self, port_base: int, *, played: bool) -> None:
        """Replaces the mark in place: the lock is on this very file."""
        raw = msgspec.json.format(msgspec.json.encode(Mark(PURPOSE, port_base, played)), indent=2) + b"\n"
        os.pwrite(self.lock, raw, 0)
        os.ftruncate(self.lock, len(raw))
        os.fsync(self.lock)

    def empty(self) -> None:
        """Deletes all that is in the folder, except the mark that allows it."""
        self.read()
        for entry in self.path.iterdir():
            if entry.name == MARK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def is_intact(self, port_base: int, keys: tuple[str, ...]) -> bool:
        """Whether the nodes in it can be started again as they are."""
        mark = self.read()
        if mark is None or not mark.played or mark.port_base != port_base:
            return False
        return all((self.path / key / "comity.toml").is_file() for key in keys)


@contextmanager
def taken(path: Path) -> Iterator[Home]:
    """The folder, made if need be, for this process and its children alone.

    Conflict when it holds something and no mark, or another demo has it.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise Conflict("demo-folder-not-ours", folder=str(path), mark=MARK)
    mark = path / MARK
    if path.is_dir() and not mark.is_file() and any(path.iterdir()):
        raise Conflict("demo-folder-not-ours", folder=str(path), mark=MARK)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as fault:
        raise Misconfigured("folder-unusable", folder=str(path), why=fault.strerror or "") from fault
    try:
        _wait_for(lock, path)
        home = Home(path, lock)
        home.read()
        yield home
    finally:
        os.close(lock)


def _wait_for(lock: int, path: Path) -> None:
    # The nodes of a demo that was killed need a moment to notice.
    patience = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > patience:
                raise Conflict("demo-runs-already", folder=str(path)) from None
            time.sleep(0.1)
        else:
            return
