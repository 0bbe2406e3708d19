"""A consistent copy of a SQLite store, taken while its node runs or not."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from comity.errors import Malformed, NotFound

FILE_NAME = "node.db"


def snapshot(folder: Path, target: Path) -> None:
    """Copies the database in `folder` into the new file `target`, as it stands between two transactions.

    Writers go on meanwhile, and the copy needs no write-ahead log. NotFound when there is no database.
    """
    source = folder / FILE_NAME
    if not source.exists():
        raise NotFound("database", file=str(source))
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.execute("pragma query_only=on")
        here.backup(there)  # all pages in one step: one snapshot of the log, which no writer waits for
        there.execute("pragma journal_mode=delete")
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
