"""Sealing what lies in a database: for the first time, or anew under another key.

Anew it goes table by table, in blocks, each in a transaction of its own that also says how far it has come: what breaks off goes on from
there. Meanwhile both keys open, and no node runs: what is found by digests would be found by half of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, and_, delete, insert, or_, select, update

from comity.adapters.at_rest import Sealing
from comity.adapters.store import tables as t
from comity.adapters.store.inverted import refill_words
from comity.adapters.store.rows import notice_columns
from comity.adapters.store.sealed import (
    SEALED,
    VALUE,
    body_columns,
    body_in,
    choose_key,
    opened,
    posted,
    sealed,
    sealing_of,
    unposted,
)

BLOCK: Final = 500
STEPS: Final = (t.entry, *SEALED)
"""Tables in the order in which they are sealed anew; postings go with the entries that they are of."""

_old = Table(  # as version 2 had it
    "entry",
    MetaData(),
    *(Column(name, t.entry.c[name].type, primary_key=True) for name in ("ch", "idx")),
    *(Column(name, LargeBinary) for name in ("salt", "envelope", "fields", "body")),
    Column("marking", t.Word),
)


def seal_from_version_2(connection: Connection) -> None:
    """Seals what was there before anything was sealed. In the caller's transaction."""
    choose_key(connection, sealing := sealing_of(connection))
    for rows in _blocks(connection, _old, _old.c.salt.is_not(None)):
        for row in rows:
            here = and_(_old.c.ch == row.ch, _old.c.idx == row.idx)
            columns = body_columns(sealing, row.ch, row.idx, row.salt, row.envelope, row.fields)
            connection.execute(update(_old).where(here).values(**columns))
    for rows in _blocks(connection, _old, None):
        _exchange_postings(connection, rows, lambda key: posted(sealing, VALUE, key))
    n = t.notice.c
    for row in connection.execute(select(n.key, n.about)).all():
        columns = sealed(sealing, t.notice, {"key": row.key, **notice_columns(json.loads(row.about))})
        connection.execute(update(t.notice).where(n.key == row.key).values(**columns))
    for table in (t.peer, t.acted, t.warning, t.copied):
        for row in connection.execute(select(table)).all():
            columns = sealed(sealing, table, dict(row._mapping))
            connection.execute(update(table).where(_is(table, row)).values(**columns))


def rotate(
    connection: Connection,
    begin: Callable[[], None],
    sealing: Sealing,
    old: Sealing,
    fresh: Callable[[], str],
    tell: Callable[[str, int], None],
    step: Callable[[str], None],
) -> str:
    """Seals everything anew under another key, or goes on with what was begun; returns the id of the key that nothing needs any more.

    fresh          makes the other key; asked when nothing was begun
    begin          starts a transaction on `connection`
    sealing, old   what seals from now on, and opens both; what sealed until now, for digests that are given back
    tell           hears of each table, and of the rows that are done in it
    step           hears of each block, once it is committed
    """
    begin()
    rows = connection.execute(select(t.at_rest_key)).all()
    before: str = next(row.id for row in rows if not row.seals or len(rows) == 1)
    if len(rows) == 1:
        now = fresh()
        connection.execute(update(t.at_rest_key).values(seals=False))
        connection.execute(insert(t.at_rest_key).values(id=now, seals=True, progress=b""))
        connection.execute(delete(t.tries))  # who is counted there is told by digests alone, which can't be made anew
        done: list[Any] = [0, None]
    else:
        going_on = next(row for row in rows if row.seals)
        now, done = going_on.id, json.loads(going_on.progress or b"[0, null]")
    sealing.use(now, [before])
    old.use(before)
    connection.exec_driver_sql("commit")
    for number, table in enumerate(STEPS):
        if number < done[0]:
            continue
        after, count = (done[1] if number == done[0] else None), 0
        while True:
            begin()
            block = _next(connection, table, after)
            for row in block:
                _seal_anew(connection, table, row, sealing)
            if table is t.entry:
                _exchange_postings(connection, block, lambda key: posted(sealing, VALUE, unposted(old, VALUE, key)))
            count += len(block)
            after = _key(table, block[-1]) if len(block) == BLOCK else None
            _say(connection, [number, after] if after is not None else [number + 1, None])
            connection.exec_driver_sql("commit")
            step(f"{table.name} {count}")
            if after is None:
                break
        tell(table.name, count)
    begin()
    refill_words(connection)
    connection.execute(delete(t.at_rest_key).where(t.at_rest_key.c.id == before))
    connection.execute(update(t.at_rest_key).values(progress=b""))
    connection.exec_driver_sql("commit")
    step("done")
    return before


def _say(connection: Connection, progress: list[Any]) -> None:
    raw = json.dumps(progress).encode()
    connection.execute(update(t.at_rest_key).where(t.at_rest_key.c.seals).values(progress=raw))


def _seal_anew(connection: Connection, table: Table, row: Any, sealing: Sealing) -> None:
    """One row. Any: a row of the table."""
    if table is t.entry:
        if row.body is None:
            return
        parts = body_in(sealing, row.ch, row.idx, row.body, row.marking)
        columns: Mapping[str, Any] = body_columns(sealing, row.ch, row.idx, *parts)
    else:
        told = sealed(sealing, table, vars(opened(sealing, table, row)))
        columns = {name: told[name] for name in (*SEALED[table].sealed, *SEALED[table].digests)}
    connection.execute(update(table).where(_is(table, row)).values(**columns))


def _exchange_postings(connection: Connection, rows: list[Any], exchange: Callable[[bytes], bytes]) -> None:
    """Postings of values of these entries get other keys. Any: rows with the number of a channel and an index."""
    c = t.trace.c
    by_channel: dict[int, list[int]] = {}
    for row in rows:
        by_channel.setdefault(row.ch, []).append(row.idx)
    for ch, indexes in by_channel.items():
        here = and_(c.name == VALUE, c.ch == ch, c.idx.in_(indexes))
        found = connection.execute(select(c.key, c.idx).where(here)).all()
        connection.execute(delete(t.trace).where(here))
        if found:
            columns = [{"name": VALUE, "key": exchange(row.key), "ch": ch, "idx": row.idx} for row in found]
            connection.execute(insert(t.trace), columns)


# ---- going through a table -----------------------------------------------------------------------------------------------


def _blocks(connection: Connection, table: Table, where: Any) -> Iterator[list[Any]]:
    """Rows in the order of their keys; what is changed meanwhile isn't met again. Any: a condition or None; rows."""
    after: list[Any] | None = None
    while True:
        block = _next(connection, table, after, where)
        if block:
            yield block
        if len(block) < BLOCK:
            return
        after = _key(table, block[-1])


def _next(connection: Connection, table: Table, after: list[Any] | None, where: Any = None) -> list[Any]:
    keys = list(table.primary_key.columns)
    query = select(table).order_by(*keys).limit(BLOCK)
    if where is not None:
        query = query.where(where)
    if after is not None:
        values = [_from_json(one) for one in after]
        beyond = [
            and_(*(k == v for k, v in zip(keys[:at], values[:at], strict=True)), keys[at] > values[at])
            for at in range(len(keys))
        ]
        query = query.where(or_(*beyond))
    return list(connection.execute(query).all())


def _key(table: Table, row: Any) -> list[Any]:
    return [_to_json(row._mapping[column.name]) for column in table.primary_key.columns]


def _to_json(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _from_json(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _is(table: Table, row: Any) -> Any:
    """That a row is this one. Any: a row with the table's key; a condition."""
    return and_(*(column == row._mapping[column.name] for column in table.primary_key.columns))
