"""Copying a whole store from one database into another, and holding the two against each other before it counts."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, func, select

from comity.adapters.store import schema
from comity.adapters.store import tables as t
from comity.adapters.store.inverted import refill_words
from comity.adapters.store.prepared import Inserting
from comity.adapters.store.reading import load_logs
from comity.adapters.store.rebuilding import differences
from comity.adapters.store.sealed import choose_key, sealing_of
from comity.errors import Conflict, Misconfigured

BLOCK = 2000
TABLES = tuple(table for table in t.metadata.sorted_tables if table is not t.schema)


def copy_store(source: Connection, target: Connection, where: str) -> dict[str, int]:
    """Copies every table into an empty database, inside the caller's transactions; rows by table.

    where   names the target in a refusal
    Misconfigured when the source's schema isn't this program's, or what arrived differs in rows, roots or derived tables: then the
    caller must not commit. Conflict when the target isn't empty.
    """
    found = schema.version_of(source)
    if found != t.SCHEMA_VERSION:
        raise Misconfigured("schema-older", found=found, known=t.SCHEMA_VERSION, mend=schema.MEND)
    schema.prepare(target)
    for connection in (source, target):  # the values come along as they are sealed
        choose_key(source, sealing_of(connection))
    for table in TABLES:
        if target.execute(select(func.count()).select_from(table)).scalar():
            raise Conflict("store-not-empty", where=where, table=table.name)
    counts = {table.name: _copy(source, target, table) for table in TABLES}
    refill_words(target)
    for table in TABLES:
        if _digest(source, table) != _digest(target, table):
            raise Misconfigured("moved-differs", where=where, found=[f"rows of {table.name} differ"])
    if wrong := list(differences(target, load_logs(target), None, write=False)):
        raise Misconfigured("moved-differs", where=where, found=wrong[:10])
    return counts


def _copy(source: Connection, target: Connection, table: Table) -> int:
    insert, count = Inserting(table), 0
    for block in _blocks(source, table):
        insert.run_all(target, [row._mapping for row in block])
        count += len(block)
    return count


def _blocks(connection: Connection, table: Table) -> Iterator[list[Any]]:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BLOCK)
    yield from (list(block) for block in connection.execute(query).partitions())


def _digest(connection: Connection, table: Table) -> bytes:
    """SHA-256 over all rows in the order of their keys; both databases order text by its code points."""
    digest = sha256()
    for block in _blocks(connection, table):
        for row in block:
            digest.update(repr(tuple(row)).encode())
    return digest.digest()
