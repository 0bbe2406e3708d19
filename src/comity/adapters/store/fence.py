"""At start: is this database behind what it signed, and does it hold what it was ordered to forget?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, and_, insert, select

from comity.adapters.store import tables as t
from comity.adapters.store.erasing import erase_row
from comity.adapters.store.marks import Gone, HighWater, gone_mark, line_mark, seen_mark, size_mark
from comity.adapters.store.returning import WITNESS, returns
from comity.adapters.store.rows import Log
from comity.adapters.store.sealed import body_in, sealing_of
from comity.domain.ledger import Standing, open_checkpoint
from comity.domain.record import State, decode_fields, read_envelope
from comity.domain.terms import NodeName
from comity.ports import Erasure, Place


def behind(connection: Connection, me: NodeName, logs: Mapping[str, Log], told: HighWater) -> dict[str, str]:
    """Channels whose state is older than the high-water file says, or of which it says nothing, each with the reason.

    A database from before the last acknowledged return is old in all its parts.
    """
    if returns(connection) < told.back:
        return dict.fromkeys((*logs, WITNESS), "older-than-the-last-return")
    found: dict[str, str] = {}
    for origin, log in logs.items():
        if log.channel.writer == me and log.channel.standing is Standing.RETIRED:
            continue  # it is never signed on again
        mark = told.sizes.get(origin)
        if mark is None:
            found[origin] = "no-high-water-mark"
        elif log.channel.writer == me:
            if reason := _writer_behind(connection, log, *mark):
                found[origin] = reason
        elif told.lines.get(origin, (0, 0))[0] > (log.line.size if log.line else 0):
            found[origin] = "cosigned-more-than-held"
    lost = {o for o, (size, _) in (*told.sizes.items(), *told.lines.items()) if size and o not in logs}
    found |= dict.fromkeys(sorted(lost), "not-in-the-store")
    if reason := _witness_behind(connection, logs, told):
        found[WITNESS] = reason
    return found


def _witness_behind(connection: Connection, logs: Mapping[str, Log], told: HighWater) -> str | None:
    rows = connection.execute(select(t.witnessed.c.origin, t.witnessed.c.size))
    sizes: dict[str, int] = {row.origin: row.size for row in rows}
    if (logs and not told.sizes) or sizes.keys() - told.seen.keys():
        return "no-high-water-mark"
    if any(size > sizes.get(origin, 0) for origin, size in told.seen.items()):
        return "cosigned-more-than-stored"
    return None


def _writer_behind(connection: Connection, log: Log, size: int, root: bytes) -> str | None:
    if size == 0:
        return None
    if size > log.size:
        return "signed-more-than-stored"
    where = and_(t.checkpoint.c.ch == log.ch, t.checkpoint.c.size == size)
    note = connection.execute(select(t.checkpoint.c.note).where(where)).scalar()
    if note is None or open_checkpoint(note, log.channel.key).root != root:
        return "signed-another-root"
    return None


def catch_up(connection: Connection, me: NodeName, logs: Mapping[str, Log], told: HighWater) -> list[str]:
    """Lines that a crash between COMMIT and the file kept out of it; written before anything is served.

    Without them a backup that is older than this start, and newer than the last line, would come back unnoticed.
    """
    lines = [
        seen_mark(row.origin, row.size)
        for row in connection.execute(select(t.witnessed.c.origin, t.witnessed.c.size))
        if row.size > told.seen.get(row.origin, 0)
    ]
    for origin, log in logs.items():
        size, cosigned = told.sizes.get(origin, (0, b""))[0], told.lines.get(origin, (0, 0))[0]
        if log.channel.writer == me and log.size > size:
            lines.append(size_mark(origin, log.size, log.growth.root()))
        if log.line is not None and log.line.size > cosigned:
            lines.append(line_mark(origin, log.line.size, log.line.time_s))
        lines += [
            gone_mark(gone) for gone in _erased(connection, log) if (origin, gone.index, gone.pointers) not in told.gone
        ]
    return lines


def _erased(connection: Connection, log: Log) -> Iterator[Gone]:
    where = and_(t.entry.c.ch == log.ch, t.entry.c.order_origin.is_not(None), t.entry.c.idx < log.size)
    for row in connection.execute(select(t.entry).where(where)):
        pointers = None
        _, envelope, fields = body_in(sealing_of(connection), log.ch, row.idx, row.body, row.marking)
        if envelope is not None:
            here = {field.pointer for field in decode_fields(fields)}
            pointers = tuple(sorted(set(read_envelope(envelope).sealed) - here))
        yield Gone(log.channel.origin, row.idx, row.order_origin, row.order_index, pointers)


def _holds(state: int, fields: bytes | None, pointers: tuple[str, ...] | None) -> bool:
    """Whether an entry still has something of what was erased."""
    if pointers is None:
        return state != State.ERASED
    return state != State.ERASED and any(field.pointer in pointers for field in decode_fields(fields or b""))


def replay_erasures(connection: Connection, logs: Mapping[str, Log], told: HighWater) -> int:
    """Erases again whatever a backup brought back; returns how many entries it touched."""
    count = 0
    for gone in told.gone.values():
        log = logs.get(gone.origin)
        if log is None:
            continue
        here = and_(t.entry.c.ch == log.ch, t.entry.c.idx == gone.index)
        row = connection.execute(select(t.entry).where(here)).first()
        if row is None:
            continue
        fields = body_in(sealing_of(connection), log.ch, gone.index, row.body, row.marking)[2]
        if not _holds(row.state, fields, gone.pointers):
            continue
        erasure = Erasure(Place(gone.origin, gone.index), gone.pointers)
        remain = erase_row(connection, log.ch, erasure, Place(gone.order_origin, gone.order_index))
        if remain:
            connection.execute(insert(t.trace), remain)
        count += 1
    return count
