"""Recomputes from records whatever is derived from them, and tells every difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, and_, delete, insert, select, update

from comity.adapters.store import tables as t
from comity.adapters.store.growth import Growth
from comity.adapters.store.inverted import ended_by, page_in, wrong_endings, wrong_pages, wrong_words
from comity.adapters.store.request_rows import wrong_rows
from comity.adapters.store.rows import Log, entry_of, told_columns, trace_rows
from comity.adapters.store.sealed import sealing_of
from comity.domain.ledger import CompactRange, leaf_of
from comity.domain.record import State, filed
from comity.domain.search import Page
from comity.domain.terms import NodeName
from comity.ports import Catalog

BLOCK = 2000


def differences(
    connection: Connection, logs: Mapping[str, Log], me: NodeName | None, catalog: Catalog | None = None, *, write: bool
) -> Iterator[str]:
    """One line for each thing that is not as the records say; with `write` it is put right (bodies and leaves never are).

    me       whose store it is; without it, what was taken back isn't compared
    catalog  says what a request's state means; without it, rows of requests aren't compared
    """
    ended: set[tuple[str, str]] = set()
    for origin, log in logs.items():
        growth = Growth(CompactRange(), [])
        for start in range(0, log.size, BLOCK):
            stop = min(start + BLOCK, log.size)
            yield from _block(connection, log, growth, start, stop, ended, me, write=write)
        if growth.size != log.size or growth.root() != log.growth.root():
            yield f"{origin}: the entries give another root than the one that is signed or held"

    if wrong := wrong_words(connection, write=write):
        yield f"search: {wrong} records more or fewer in the index than can be searched"
    if me is not None and (wrong := wrong_endings(connection, ended, write=write)):
        yield f"search: {wrong} records are found though they were taken back, or the other way round"
    if me is not None and catalog is not None and (wrong := wrong_rows(connection, logs, me, catalog, write=write)):
        yield f"requests: {wrong} of them stand otherwise in lists than their records say"


def _block(
    connection: Connection,
    log: Log,
    growth: Growth,
    start: int,
    stop: int,
    ended: set[tuple[str, str]],
    me: NodeName | None,
    *,
    write: bool,
) -> Iterator[str]:
    origin = log.channel.origin
    where = and_(t.entry.c.ch == log.ch, t.entry.c.idx >= start, t.entry.c.idx < stop)
    rows = connection.execute(select(t.entry).where(where).order_by(t.entry.c.idx)).all()
    if [row.idx for row in rows] != list(range(start, stop)):
        yield f"{origin}: entries are missing between {start} and {stop}"
        return
    there = and_(t.trace.c.ch == log.ch, t.trace.c.idx >= start, t.trace.c.idx < stop)
    sealing = sealing_of(connection)
    stored = {(row.name, row.key, row.idx) for row in connection.execute(select(t.trace).where(there))}
    wanted: list[dict[str, object]] = []
    pages: dict[int, Page] = {}
    for row in rows:
        entry = entry_of(sealing, row)
        if entry.salt is not None and entry.envelope is not None and leaf_of(entry.salt, entry.envelope) != row.leaf:
            yield f"{origin} {row.idx}: the envelope does not give the leaf"
        if not row.settled:
            continue
        told = filed(origin, entry.envelope, entry.fields)
        wanted += trace_rows(sealing, log.ch, row.idx, told)
        if (page := page_in(entry.envelope, entry.fields, told)) is not None:
            pages[row.idx] = page
        if log.channel.writer == me:
            ended |= {(me, record) for record in ended_by(told.header, entry.envelope, entry.fields)}
        want = told_columns(told)
        if entry.state is not State.ERASED and any(getattr(row, name) != value for name, value in want.items()):
            yield f"{origin} {row.idx}: header differs from the envelope"
            if write:
                here = and_(t.entry.c.ch == log.ch, t.entry.c.idx == row.idx)
                connection.execute(update(t.entry).where(here).values(**want))
    now = {(row["name"], row["key"], row["idx"]) for row in wanted}
    if stored != now:
        yield f"{origin} {start}-{stop}: {len(now - stored)} postings missing, {len(stored - now)} too many"
        if write:
            connection.execute(delete(t.trace).where(there))
            if wanted:
                connection.execute(insert(t.trace), wanted)
    if wrong := wrong_pages(connection, log.ch, start, stop, pages, write=write):
        yield f"{origin} {start}-{stop}: {wrong} records are found by other words than they hold"
    for full in growth.extend([row.leaf for row in rows]):
        here = and_(t.tile.c.ch == log.ch, t.tile.c.level == full.level, t.tile.c.n == full.n)
        kept = connection.execute(select(t.tile).where(here)).first()
        if kept is None or (kept.hashes, kept.root) != (full.hashes, full.root):
            yield f"{origin}: tile {full.level}/{full.n} differs from the leaves"
            if write:
                connection.execute(delete(t.tile).where(here))
                values = {"ch": log.ch, "level": full.level, "n": full.n, "hashes": full.hashes, "root": full.root}
                connection.execute(insert(t.tile).values(**values))
