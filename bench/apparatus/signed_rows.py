"""The peer: a store of records that are signed one by one, in plain SQLite as durable as ours."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_TABLE = "create table record (seq integer primary key, id text unique, envelope blob, fields blob, signature blob)"
_INSERT = "insert into record (id, envelope, fields, signature) values (?, ?, ?, ?)"


@dataclass(frozen=True)
class Row:
    """One signed record."""

    id: str
    envelope: bytes
    fields: bytes
    signature: bytes


class SignedRows:
    """One SQLite file in WAL mode with synchronous=FULL; several threads share the connection under a lock."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._lock = threading.Lock()
        for pragma in ("journal_mode=wal", "synchronous=full"):
            self._connection.execute(f"pragma {pragma}").close()
        self._connection.execute(_TABLE)

    def add(self, row: Row) -> None:
        """One record, one commit."""
        with self._lock:
            self._connection.execute(_INSERT, (row.id, row.envelope, row.fields, row.signature))

    def add_all(self, rows: Iterable[Row]) -> None:
        """Many records, one commit."""
        with self._lock:
            self._connection.execute("begin immediate")
            self._connection.executemany(_INSERT, ((row.id, row.envelope, row.fields, row.signature) for row in rows))
            self._connection.execute("commit")

    def rows(self, start: int, count: int) -> list[Row]:
        query = "select id, envelope, fields, signature from record where seq > ? order by seq limit ?"
        return [Row(*found) for found in self._connection.execute(query, (start, count))]

    def all(self) -> Iterator[Row]:
        for found in self._connection.execute("select id, envelope, fields, signature from record order by seq"):
            yield Row(*found)

    def close(self) -> None:
        self._connection.close()


def copy_verified(source: SignedRows, target: SignedRows, key: Ed25519PublicKey, batch: int) -> int:
    """Copies everything, each record's signature checked first, one commit for each batch; returns how many."""
    count = 0
    while rows := source.rows(count, batch):
        for row in rows:
            key.verify(row.signature, row.envelope)  # raises when it doesn't hold
        target.add_all(rows)
        count += len(rows)
    return count


def in_batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    each = iter(rows)
    while batch := list(islice(each, size)):
        yield batch
