"""SQLite under the store: WAL, every commit fsynced, one file that one process owns."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError

from comity.adapters.at_rest import Sealing
from comity.adapters.space import told_plainly
from comity.adapters.store.database import Database, Scrubbed
from comity.adapters.store.inverted import purge, purge_all
from comity.adapters.store.snapshot import disk_fault
from comity.adapters.store.sql import Keys, SqlStore
from comity.domain.terms import NodeName
from comity.errors import Misconfigured
from comity.ports import Catalog, Step, no_step

FILE_NAME = "node.db"
PRAGMAS = ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "busy_timeout=5000", "secure_delete=on")


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _take_lock(path: Path) -> int:
    """One process owns the file; the lock goes with the process."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Misconfigured("store-in-use", path=str(path.parent)) from None
    return lock


class SqliteDatabase(Database):
    """The file `node.db` in `folder`, locked for this process until `close`. Misconfigured when another process has it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.where = str(folder / FILE_NAME)
        with told_plainly(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock: int | None = _take_lock(folder / "node.lock")
        self.engine = create_engine(
            f"sqlite:///{self.where}", isolation_level="AUTOCOMMIT", pool_size=8, max_overflow=24
        )
        event.listen(self.engine, "connect", _set_pragmas)
        self._writer: Connection | None = None

    def writer(self, patience_s: float) -> Connection:
        if self._writer is None:
            self._writer = self.engine.connect()
        return self._writer

    def begin(self, connection: Connection) -> None:
        connection.exec_driver_sql("begin immediate")

    def in_transaction(self, connection: Connection) -> bool:
        driver: Any = connection.connection.driver_connection  # sqlite3.Connection; SQLAlchemy types it as Any
        return bool(driver.in_transaction)

    def plainly(self, fault: Exception) -> Exception:
        orig = fault.orig if isinstance(fault, DBAPIError) else None
        return (disk_fault(orig, self._folder) or fault) if isinstance(orig, sqlite3.Error) else fault

    def forget(self, connection: Connection) -> bool:
        """`secure_delete` has overwritten the pages; here the write-ahead log goes too, unless a reader is in the way."""
        purged = purge(connection)
        return not connection.exec_driver_sql("pragma wal_checkpoint(truncate)").scalar() and purged

    def scrub(self) -> Scrubbed:
        """Writes the file anew: bytes that moved between pages when they split stay nowhere."""
        with self.engine.connect() as connection:
            purge_all(connection)
            connection.exec_driver_sql("vacuum")
            busy = connection.exec_driver_sql("pragma wal_checkpoint(truncate)").scalar()
        undone = (("write-ahead-log-truncated", "a reader was in the way; repeat it"),) if busy else ()
        return Scrubbed(("file-rewritten",) if busy else ("file-rewritten", "write-ahead-log-truncated"), undone)

    def check(self, connection: Connection) -> Sequence[str]:
        try:
            said = connection.exec_driver_sql("pragma integrity_check(10)").scalars().all()
        except DatabaseError as fault:
            return [str(fault.orig)]
        return [] if said == ["ok"] else list(said)

    def after_copy(self, connection: Connection) -> None:
        """SQLite numbers from the largest that is there."""

    def close(self) -> None:
        self.let_go()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class SqliteStore(SqlStore):
    """Port `Store` on one SQLite file that this process alone may write.

    folder   holds `node.db`; see `SqlStore` for the rest
    """

    def __init__(
        self,
        folder: Path,
        marks: Path,
        me: NodeName,
        keyring: Keys,
        salt: Callable[[], bytes],
        *,
        step: Step = no_step,
        inspect: bool = False,
        group_max: int = 256,
        catalog: Catalog | None = None,
        sealing: Sealing | None = None,
    ) -> None:
        database = SqliteDatabase(folder)
        more: dict[str, Any] = {"step": step, "inspect": inspect, "group_max": group_max}
        super().__init__(database, marks, me, keyring, salt, **more, catalog=catalog, sealing=sealing)
