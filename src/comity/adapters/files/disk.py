"""The few things that a folder of files asks of a disk: whole and durable, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from comity.adapters import space

TEMPORARY = ".tmp"


def told_plainly(folder: Path) -> AbstractContextManager[None]:
    """A full disk is NoSpace; whatever else the disk refuses is for the operator."""
    return space.told_plainly(folder, "no-space-for-file")


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """A name for a file that isn't whole yet; whatever stands under it at the end of the block goes."""
    path = folder / f"{secrets.token_hex(8)}{TEMPORARY}"
    try:
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def write_whole(path: Path, raw: bytes) -> None:
    """The file holds all of `raw`, mode 0600, durably; or is as it was."""
    with temporary(path.parent) as draft:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    sync_folder(path.parent)


def destroy(path: Path) -> bool:
    """Overwrites a small file, then takes its name away, durably; says whether there was one."""
    try:
        with open(path, "r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def drop(path: Path) -> bool:
    """Takes a name away, durably; says whether there was one."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
