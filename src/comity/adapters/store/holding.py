"""The reader's steps inside a transaction: pending, filled, held, cosigned."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from sqlalchemy import and_, delete, insert, select

from comity.adapters.store import tables as t
from comity.adapters.store.group import Group
from comity.adapters.store.marks import line_mark
from comity.adapters.store.rows import Log, entry_row
from comity.domain.ledger import Line, Standing, leaf_of, open_checkpoint
from comity.domain.record import Entry, State
from comity.errors import Conflict, Fenced

PULLED = (Standing.OPEN, Standing.BEHIND, Standing.RETIRED)
"""Standings of somebody else's channel that is pulled: one that ended, to its end."""
COSIGNED = (Standing.OPEN, Standing.RETIRED)


def _readable(group: Group, origin: str, standings: tuple[Standing, ...] = PULLED) -> Log:
    log = group.log(origin)
    if log.channel.writer == group.me:
        raise Conflict("our-own-channel", origin=origin)
    if log.channel.standing not in standings:
        raise Fenced("channel-" + log.channel.standing.value, origin=origin, why=log.channel.why)
    return log


def pend(group: Group, origin: str, note: bytes, size: int, leaves: Sequence[bytes]) -> None:
    log = _readable(group, origin)
    if _let_go(group, log, size) and size <= log.size:
        group.keep_log(log)
        return
    known = log.pending_leaves
    if size <= log.pending or log.size + len(leaves) != size or list(leaves[: len(known)]) != known:
        raise Conflict("pending-not-extended", origin=origin, pending=log.pending, size=size)
    log.pending, log.pending_note, log.pending_leaves = size, note, list(leaves)
    group.keep_log(log)


def _let_go(group: Group, log: Log, size: int) -> bool:
    """What is pending beyond the size at which another channel goes on will never come: it gives way to that size."""
    if size >= log.pending or size != group.end_of(log):
        return False
    for indexes in (t.entry.c.idx >= size, and_(t.entry.c.idx >= log.size, t.entry.c.order_origin.is_not(None))):
        group.connection.execute(delete(t.entry).where(and_(t.entry.c.ch == log.ch, indexes)))
    log.pending, log.pending_note, log.pending_leaves = log.size, log.note, []
    return True


def lacking(group: Group, log: Log, start: int = 0, stop: int | None = None) -> set[int]:
    """Indexes in [start, stop) that are pending and not here; of all that is pending unless told."""
    start, stop = max(start, log.size), log.pending if stop is None else min(stop, log.pending)
    where = and_(t.entry.c.ch == log.ch, t.entry.c.idx >= start, t.entry.c.idx < stop)
    return set(range(start, stop)).difference(group.connection.execute(select(t.entry.c.idx).where(where)).scalars())


def fill(group: Group, origin: str, entries: Sequence[Entry]) -> int:
    log = _readable(group, origin)
    indexes = [entry.index for entry in entries]
    want = lacking(group, log, min(indexes), max(indexes) + 1) if indexes else set()
    rows = []
    for entry in entries:
        if entry.index not in want or entry.state is State.WITHHELD:
            continue
        leaf = log.pending_leaves[entry.index - log.size]
        if entry.salt is not None and entry.envelope is not None:
            if not hmac.compare_digest(leaf_of(entry.salt, entry.envelope), leaf):
                continue
        elif entry.state is not State.ERASED:
            continue
        want.discard(entry.index)
        rows.append(entry_row(group.sealing, log.ch, entry, leaf, None))
    group.stage_entries(rows)
    group.flush()
    return len(rows)


def unfill(group: Group, origin: str, indexes: Sequence[int]) -> None:
    log = _readable(group, origin)
    for index in indexes:
        if index < log.size:
            raise Conflict("already-held", origin=origin, index=index)
        group.connection.execute(delete(t.entry).where(and_(t.entry.c.ch == log.ch, t.entry.c.idx == index)))


def hold(group: Group, origin: str, size: int, note: bytes, entries: Sequence[Entry]) -> None:
    """Everything below `size` becomes held, or nothing changes."""
    log = _readable(group, origin)
    if entries:
        if log.pending != log.size:
            raise Conflict("something-pending", origin=origin, pending=log.pending)
        leaves = []
        for place, entry in enumerate(entries, log.size):
            if entry.index != place or entry.salt is None or entry.envelope is None:
                raise Conflict("entry-missing", origin=origin, index=place)
            leaves.append(leaf_of(entry.salt, entry.envelope))
        group.stage_entries(
            [entry_row(group.sealing, log.ch, entry, leaf, None) for entry, leaf in zip(entries, leaves, strict=True)]
        )
    else:
        if size != log.pending or size == log.size:
            raise Conflict("not-pending", origin=origin, pending=log.pending, size=size)
        if lacks := lacking(group, log):
            raise Conflict("entry-missing", origin=origin, index=min(lacks))
        leaves = log.pending_leaves
    group.grow(log, leaves)
    signed = open_checkpoint(note, log.channel.key)
    if (signed.size, signed.root) != (log.size, log.growth.root()) or log.size != size:
        raise Conflict("root-differs", origin=origin, size=size)
    log.note = log.pending_note = note
    log.pending, log.pending_leaves = size, []
    group.flush()
    group.keep_log(log)
    group.keep_checkpoint(log, size, note)


def keep_line(group: Group, origin: str, line: Line, last_time_s: int) -> None:
    log = _readable(group, origin, COSIGNED)
    if log.line is not None and line.size <= log.line.size:
        raise Conflict("line-goes-back", origin=origin, size=line.size, stored=log.line.size)
    beside = [other.line.time_s for other in group.touched.values() if other.line is not None]
    if line.size > log.size or line.time_s < max([last_time_s, *beside]):
        raise Conflict("line-not-allowed", origin=origin, size=line.size, held=log.size)
    log.line = line
    group.keep_log(log)
    group.connection.execute(
        insert(t.cosignature).values(ch=log.ch, name=line.name, size=line.size, time_s=line.time_s, line=line.line)
    )
    group.marks.append(line_mark(origin, line.size, line.time_s))
