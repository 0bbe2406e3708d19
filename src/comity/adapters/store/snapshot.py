"""A consistent copy of a SQLite store, taken while its node runs or not."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from comity.adapters.space import told_plainly
from comity.errors import ComityError, Malformed, Misconfigured, NoSpace, NotFound

FILE_NAME = "node.db"
LITTLE_BYTES = 1 << 20
"""With less than this left, a write that failed without a reason failed for want of room."""
_DISK = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


def disk_fault(fault: sqlite3.Error, folder: Path) -> ComityError | None:
    """What the disk under a database in `folder` refused; None when it is something else.

    SQLite says "full" for ENOSPC alone; a quota, and a file of shared memory that doesn't fit, are "I/O error".
    """
    code = getattr(fault, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return NoSpace("no-space", folder=str(folder))
    if code & 0xFF not in _DISK:
        return None
    free = os.statvfs(folder)
    if free.f_bavail * free.f_frsize < LITTLE_BYTES:
        return NoSpace("no-space", folder=str(folder))
    return Misconfigured("store-unusable", folder=str(folder), why=str(fault))


def snapshot(folder: Path, target: Path) -> None:
    """Copies the database in `folder` into the new file `target`, as it stands between two transactions.

    Writers go on meanwhile, and the copy needs no write-ahead log. NotFound when there is no database; NoSpace when it doesn't fit.
    """
    source = folder / FILE_NAME
    if not source.exists():
        raise NotFound("database", file=str(source))
    with told_plainly(target.parent):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
                here.execute("pragma query_only=on")
                here.backup(there)  # all pages in one step: one snapshot of the log, which no writer waits for
                there.execute("pragma journal_mode=delete")
        except sqlite3.Error as fault:
            raise disk_fault(fault, target.parent) or fault from fault
        handle = os.open(target, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def check_snapshot(file: Path) -> int:
    """Version of the schema of a copied database; Malformed when its pages don't hold together."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as there:
            said = there.execute("pragma integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise Malformed("database-damaged", file=str(file), why=str(said)[:200])
            return int(there.execute("select version from schema").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError, ValueError) as fault:
        raise Malformed("database-damaged", file=str(file), why=str(fault)[:200]) from fault
