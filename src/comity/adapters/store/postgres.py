"""PostgreSQL under the store: the same tables, one writer's session that owns the database, readers from a pool.

Imported only by who uses it: psycopg is an extra, and this is the one file that needs it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from comity.adapters.at_rest import Sealing
from comity.adapters.store import inverted
from comity.adapters.store import tables as t
from comity.adapters.store.database import Database, Scrubbed
from comity.adapters.store.sealed import SEALED
from comity.adapters.store.sql import Keys, SqlStore
from comity.domain.terms import NodeName
from comity.errors import Busy, Misconfigured, NoSpace, Unreachable
from comity.ports import Catalog, Step, no_step

T = TypeVar("T")
OWNER = 0x636F_6D69_7479  # "comity": the advisory lock that the writer's session holds, one in each database
TURN = "store/turn"
_MARK = "insert into cursor (name, at) values (%s, %s) on conflict (name) do update set at = excluded.at"
SETTINGS = {"connect_timeout": "10", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}
BODIES = (t.entry, t.trace, *SEALED, t.search_place, inverted.words)
_OLDER = """select pid, xact_start from pg_stat_activity
 where pid <> pg_backend_pid() and datname = current_database() and backend_xmin is not null"""
"""Who may still see rows that are gone, and because of whom a rewritten table would keep them: a reader, or the server's own analysis."""
OLDER_S = 30.0
_STATISTICS = "select schemaname, tablename, attname, inherited from pg_stats where schemaname = current_schema() and tablename = any(%s)"
CLEARS_STATISTICS = 180000
"""Server version from which statistics can be taken away. A table that has become empty isn't analysed: what they held would stay."""

_MAY_VACUUM = """select rolsuper or pg_has_role(current_user, datdba, 'usage')
 from pg_database, pg_roles where datname = current_database() and rolname = current_user"""
"""Tables whose rows hold what an order may take away."""


def postgres_url(text: str) -> URL:
    """The place of a database; Misconfigured when the text isn't one, or psycopg isn't installed."""
    try:
        import psycopg  # noqa: F401  # only whether it is there
    except ImportError as fault:
        raise Misconfigured("driver-missing", driver="psycopg", mend='pip install "comity[pg]"') from fault
    try:
        url = make_url(text)
    except ArgumentError as fault:
        raise Misconfigured("store-url", why="write postgresql://user@host/database") from fault
    if url.get_backend_name() != "postgresql":
        raise Misconfigured("store-url", why="write postgresql://user@host/database")
    return url.set(drivername="postgresql+psycopg")


class PostgresDatabase(Database):
    """One database of a PostgreSQL server, owned by one session until `close`."""

    def __init__(self, url: str) -> None:
        super().__init__()
        place = postgres_url(url)
        self.where = place.set(drivername="postgresql").render_as_string(hide_password=True)
        self._name = f"comity {secrets.token_hex(6)}"
        settings = {**SETTINGS, "application_name": self._name}
        self.engine = create_engine(
            place, isolation_level="AUTOCOMMIT", pool_size=8, max_overflow=8, connect_args=settings
        )
        self._single = create_engine(place, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=settings)
        self._engines = (self.engine, self._single)
        self._writer: Connection | None = None
        self._session = 0  # of the writer, on the server

    # ---- the writer's session
    def writer(self, patience_s: float) -> Connection:
        if self._writer is not None and not self.lost(self._writer):
            return self._writer
        first = self._session == 0
        until = time.monotonic() + patience_s
        while True:
            try:
                self._writer = self._own(self._single.connect(), until)
            except DBAPIError as fault:
                if first:
                    why = str(fault.orig).strip().partition("\n")[0]
                    raise Misconfigured("database-unreachable", where=self.where, why=why) from fault
                if time.monotonic() > until:
                    raise Busy("database-away", where=self.where) from fault
                time.sleep(0.1)
            else:
                return self._writer

    def _own(self, connection: Connection, until: float) -> Connection:
        """Takes the lock that only one session can have; a session of our own that the server hasn't missed yet is ended."""
        try:
            self._fit(connection)
            while not connection.exec_driver_sql("select pg_try_advisory_lock(%s)", (OWNER,)).scalar():
                ours = "select pg_terminate_backend(pid) from pg_stat_activity where pid = %s and application_name = %s"
                connection.exec_driver_sql(ours, (self._session, self._name))
                if time.monotonic() > until:
                    raise Misconfigured("store-in-use", path=self.where)
                time.sleep(0.05)
            connection.exec_driver_sql("set synchronous_commit = on")
            self._session = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        except BaseException:
            connection.close()
            raise
        return connection

    def _fit(self, connection: Connection) -> None:
        def show(name: str) -> str:
            return str(connection.exec_driver_sql(f"show {name}").scalar())

        if show("server_encoding") != "UTF8":
            raise Misconfigured("database-encoding", where=self.where, found=show("server_encoding"), wanted="UTF8")
        if show("fsync") != "on" or show("full_page_writes") != "on":
            raise Misconfigured("database-not-durable", where=self.where, wanted="fsync = on, full_page_writes = on")
        if connection.exec_driver_sql("select pg_is_in_recovery()").scalar():
            raise Misconfigured("database-is-a-replica", where=self.where)

    def begin(self, connection: Connection) -> None:
        connection.exec_driver_sql("begin")

    def in_transaction(self, connection: Connection) -> bool:
        driver: Any = connection.connection.driver_connection  # psycopg.Connection; SQLAlchemy types it as Any
        return bool(driver.info.transaction_status != 0)

    def lost(self, connection: Connection) -> bool:
        if connection.closed or connection.invalidated:
            return True
        driver: Any = connection.connection.driver_connection  # as above
        return bool(driver.closed or driver.broken)

    def plainly(self, fault: Exception) -> Exception:
        full = isinstance(fault, DBAPIError) and getattr(fault.orig, "sqlstate", None) == "53100"  # disk_full
        return NoSpace("no-space", folder=self.where) if full else fault

    def mark(self, connection: Connection) -> str:
        """A row of the transaction's own. Its number would not do: a server that lost power gives it out again."""
        mark = secrets.randbits(62)
        connection.exec_driver_sql(_MARK, (TURN, mark))
        return str(mark)

    def committed(self, connection: Connection, mark: str) -> bool:
        """We own the database again, so the transaction has ended: its row is there, or that of an earlier one."""
        try:
            said = connection.exec_driver_sql("select at from cursor where name = %s", (TURN,)).scalar()
        except DBAPIError as fault:
            raise Unreachable("transaction-unknown", where=self.where) from fault
        return said == int(mark)

    # ---- readers
    def read(self, ask: Callable[[Connection], T]) -> T:
        """Asks again, once, when the connection turns out to be gone: all of its age go with it."""
        try:
            return super().read(ask)
        except DBAPIError as fault:
            if not _away(fault):
                raise
            self.let_go()
        try:
            return super().read(ask)
        except DBAPIError as fault:
            if not _away(fault):
                raise
            raise Busy("database-away", where=self.where) from fault

    # ---- upkeep
    def forget(self, connection: Connection) -> bool:
        """Old versions of rows stay in the files until `scrub`; nothing that is quick would change that."""
        return True

    def scrub(self) -> Scrubbed:
        """Rewrites the tables that held bodies and the statistics made of them, then asks for a checkpoint and a fresh log segment.

        What the server or its operator keeps beside that is not reached: archived and replicated log, base backups.
        """
        done, undone = [], []
        steps = [
            *(("table-rewritten", f"vacuum (full, analyze) {table.name}") for table in BODIES),
            ("statistics-rewritten", "vacuum (full) pg_catalog.pg_statistic"),
            ("log-segment-ended", "select pg_switch_wal()"),
            ("checkpoint", "checkpoint"),
        ]
        with self.engine.connect() as connection:
            owner = connection.exec_driver_sql(_MAY_VACUUM).scalar()
            if not _older_ended(connection):
                undone.append(
                    (
                        "older-readers-ended",
                        "somebody has been reading since before: what they see is kept; scrub again",
                    )
                )
            if not _statistics_cleared(connection):
                undone.append(
                    (
                        "statistics-cleared",
                        "servers before version 18 can't: a table that is empty now keeps its old ones",
                    )
                )
            for code, statement in steps:
                try:
                    if code == "statistics-rewritten" and not owner:  # the server would pass over it with a warning
                        undone.append(
                            (code, "only the owner of the database may do that: most common values are kept there")
                        )
                        continue
                    connection.exec_driver_sql(statement)
                except DBAPIError as fault:
                    if getattr(fault.orig, "sqlstate", None) != "42501":  # insufficient_privilege
                        raise
                    undone.append((code, "the database user may not do that"))
                else:
                    done.append(code)
            if connection.exec_driver_sql("show wal_recycle").scalar() == "on":
                undone.append(
                    ("log-segments-removed", "wal_recycle is on: old segments are kept for use, with what they hold")
                )
            if connection.exec_driver_sql("show archive_mode").scalar() != "off":
                undone.append(("log-archive", "archive_mode is on: the archive holds what was written before"))
        return Scrubbed(tuple(dict.fromkeys(done)), tuple(undone))

    def check(self, connection: Connection) -> Sequence[str]:
        """PostgreSQL tells of damage when it reads; there is nothing to ask without an extension."""
        return []

    def after_copy(self, connection: Connection) -> None:
        for table in (t.notice, t.evidence, t.copied):
            connection.exec_driver_sql(
                f"select setval(pg_get_serial_sequence('{table.name}', 'seq'), max(seq)) from {table.name}"  # noqa: S608
            )

    def close(self) -> None:
        self.let_go()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.engine.dispose()


def _away(fault: DBAPIError) -> bool:
    """Whether the connection is gone, or can't be had: the server starts, stops, or isn't there."""
    state = str(getattr(fault.orig, "sqlstate", None) or "08")
    return fault.connection_invalidated or state.startswith("08") or state in ("57P01", "57P02", "57P03")


class PostgresStore(SqlStore):
    """Port `Store` on one PostgreSQL database that this process alone may write.

    url   `postgresql://user@host/database`; see `SqlStore` for the rest
    """

    def __init__(
        self,
        url: str,
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
        database = PostgresDatabase(url)
        more: dict[str, Any] = {"step": step, "inspect": inspect, "group_max": group_max}
        super().__init__(database, marks, me, keyring, salt, **more, catalog=catalog, sealing=sealing)


def _older_ended(connection: Connection) -> bool:
    """Waits for everybody who reads at this moment; whether all of them were through in time."""
    now = set(map(tuple, connection.exec_driver_sql(_OLDER)))
    until = time.monotonic() + OLDER_S
    while now and time.monotonic() < until:
        time.sleep(0.05)
        now &= set(map(tuple, connection.exec_driver_sql(_OLDER)))
    return not now


def _statistics_cleared(connection: Connection) -> bool:
    """Takes away what the server noted of the values in the tables of bodies; False where it can't."""
    version = int(connection.exec_driver_sql("show server_version_num").scalar_one())
    if version < CLEARS_STATISTICS:
        return False
    for row in list(connection.exec_driver_sql(_STATISTICS, ([table.name for table in BODIES],))):
        connection.exec_driver_sql("select pg_clear_attribute_stats(%s, %s, %s, %s)", tuple(row))
    return True
