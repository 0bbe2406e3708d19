"""Small secret files that survive a crash whole, and are read only while nobody else can."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from comity.adapters.space import told_plainly
from comity.errors import Misconfigured

_TEMPORARY = ".tmp"


def open_folder(folder: Path) -> None:
    """Makes the folder with mode 0700, or makes sure that it's closed to others; sweeps what a crash left half-written."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        _sync_folder(folder.parent)
    if not folder.is_dir():
        raise Misconfigured("key-folder-is-no-folder", folder=str(folder))
    _refuse_open_mode(folder, "key-folder-open-to-others")
    with locked(folder):
        for leftover in folder.glob(f"*{_TEMPORARY}"):
            leftover.unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time makes keys here."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_secret(path: Path, raw: bytes) -> None:
    """The file holds all of `raw` with mode 0600, durably, or isn't there (or is as it was). NoSpace when the disk is full."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_TEMPORARY}")
    with told_plainly(path.parent):
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):  # what went wrong is told; a rest is swept when the folder is opened
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def destroy_secret(path: Path) -> None:
    """Overwrites the file and takes it away; nothing happens when it isn't there."""
    if not path.exists():
        return
    with open(path, "r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    _sync_folder(path.parent)


def read_secret(path: Path) -> bytes:
    """The file's bytes; Misconfigured when it's missing, no plain file, or open to anybody but its owner."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as fault:
        raise Misconfigured("key-file-unreadable", file=path.name) from fault
    with os.fdopen(handle, "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode):
            raise Misconfigured("key-file-unreadable", file=path.name)
        if info.st_mode & 0o077:
            raise Misconfigured("key-file-open-to-others", file=path.name, mode=f"{stat.S_IMODE(info.st_mode):04o}")
        return file.read()


def _refuse_open_mode(path: Path, code: str) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise Misconfigured(code, folder=str(path), mode=f"{mode:04o}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
