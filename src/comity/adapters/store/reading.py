"""What a store answers about channels: how far each has come, its entries, its tree, its notes and lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, asc, bindparam, select

from comity.adapters.store import tables as t
from comity.adapters.store.growth import FULL
from comity.adapters.store.prepared import Prepared
from comity.adapters.store.rows import Log, entry_in, log_of
from comity.adapters.store.sealed import sealing_of
from comity.domain.ledger import TILE_WIDTH, Channel, Line, Position
from comity.domain.record import Entry
from comity.errors import NotFound

_c = t.entry.c
_BETWEEN = (
    select(_c.ch, _c.idx, _c.state, _c.body, _c.marking, _c.order_origin, _c.order_index)
    .where(and_(_c.ch == bindparam("ch"), _c.idx >= bindparam("start"), _c.idx < bindparam("stop")))
    .order_by(_c.idx)
)
_ENTRIES = Prepared(_BETWEEN)
_PARTED = Prepared(_BETWEEN.where(_c.order_origin.is_not(None)))

T = TypeVar("T")


def load_logs(connection: Connection) -> dict[str, Log]:
    """Every channel's state, with its open tiles, as the database has it."""
    logs: dict[str, Log] = {}
    for row in connection.execute(select(t.channel).order_by(t.channel.c.ch)).mappings():
        log = log_of({str(name): value for name, value in row.items()}, _open_tiles(connection, row["ch"], row["size"]))
        logs[log.channel.origin] = log
    return logs


def _open_tiles(connection: Connection, ch: int, size: int) -> list[bytes]:
    start = size - size % TILE_WIDTH
    where = and_(t.entry.c.ch == ch, t.entry.c.idx >= start, t.entry.c.idx < size)
    rows = [b"".join(connection.execute(select(t.entry.c.leaf).where(where).order_by(t.entry.c.idx)).scalars())]
    count = size // TILE_WIDTH
    while count:
        level, first = len(rows), count - count % TILE_WIDTH
        where = and_(t.tile.c.ch == ch, t.tile.c.level == level - 1, t.tile.c.n >= first)
        rows.append(b"".join(connection.execute(select(t.tile.c.root).where(where).order_by(t.tile.c.n)).scalars()))
        count //= TILE_WIDTH
    return rows


class Reading(ABC):
    """Read side of the port; `logs` is the sequencer's last committed state.

    _time_s   latest time of a line of ours that the high-water file tells of
    """

    _logs: Mapping[str, Log]
    _time_s: int = 0

    @abstractmethod
    def _read(self, ask: Callable[[Connection], T]) -> T:
        """What `ask` finds out over a connection for reading; it may be asked twice."""

    def _log(self, origin: str) -> Log:
        log = self._logs.get(origin)
        if log is None:
            raise NotFound("channel", origin=origin)
        return log

    def channels(self) -> tuple[Channel, ...]:
        return tuple(log.channel for log in self._logs.values())

    def channel(self, origin: str) -> Channel:
        return self._log(origin).channel

    def position(self, origin: str) -> Position:
        return self._log(origin).position()

    def line(self, origin: str) -> Line | None:
        return self._log(origin).line

    def last_time_s(self) -> int:
        return max([self._time_s, *(log.line.time_s for log in self._logs.values() if log.line)])

    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        row = {"ch": self._log(origin).ch, "start": start, "stop": stop}
        return self._read(lambda connection: _entries(connection, _ENTRIES, row))

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        row = {"ch": self._log(origin).ch, "start": start, "stop": stop}
        return self._read(lambda connection: _entries(connection, _PARTED, row))

    def leaves(self, origin: str, start: int, stop: int) -> list[bytes]:
        log = self._log(origin)
        return self._read(lambda connection: _leaves(connection, log.ch, start, min(stop, log.size)))

    def pending_leaves(self, origin: str) -> list[bytes]:
        return list(self._log(origin).pending_leaves)

    def tile(self, origin: str, level: int, n: int, width: int) -> bytes:
        log = self._log(origin)
        if level < 0 or n < 0 or not 1 <= width <= TILE_WIDTH or (n * TILE_WIDTH + width) << (8 * level) > log.size:
            raise NotFound("tile", origin=origin, level=level, n=n, width=width)
        full = self._read(lambda connection: _tile(connection, log.ch, level, n, width))
        return full[: 32 * width] if len(full) <= FULL else full

    def note(self, origin: str, size: int) -> bytes:
        ch = self._log(origin).ch
        query = select(t.checkpoint.c.note).where(and_(t.checkpoint.c.ch == ch, t.checkpoint.c.size == size))
        found: bytes | None = self._read(lambda connection: connection.execute(query).scalar())
        if found is None:
            raise NotFound("checkpoint", origin=origin, size=size)
        return found

    def sizes(self, origin: str, above: int) -> list[int]:
        c = t.checkpoint.c
        where = and_(c.ch == self._log(origin).ch, c.size > above)
        query = select(c.size).where(where).order_by(c.size).limit(1000)
        return self._read(lambda connection: list(connection.execute(query).scalars()))

    def lines(self, origin: str, size: int) -> tuple[Line, ...]:
        c = t.cosignature.c
        query = select(t.cosignature).where(and_(c.ch == self._log(origin).ch, c.size == size))
        found = self._read(lambda connection: [_line(row) for row in connection.execute(query)])
        return tuple(sorted(found, key=lambda line: line.name))  # here: asked for an order, SQLite walks the channel's

    def cosigned(self, origin: str, name: str, above: int) -> Line | None:
        c = t.cosignature.c
        where = and_(c.ch == self._log(origin).ch, c.name == name, c.size > above)
        query = select(t.cosignature).where(where).order_by(asc(c.size)).limit(1)
        row = self._read(lambda connection: connection.execute(query).first())
        return _line(row) if row else None


def _entries(connection: Connection, prepared: Prepared, row: Mapping[str, Any]) -> list[Entry]:
    sealing = sealing_of(connection)
    return [entry_in(sealing, *found) for found in prepared.run(connection, row)]


def _line(row: Any) -> Line:
    return Line(row.name, row.size, row.time_s, row.line)


def _leaves(connection: Connection, ch: int, start: int, stop: int) -> list[bytes]:
    where = and_(t.entry.c.ch == ch, t.entry.c.idx >= start, t.entry.c.idx < stop)
    return list(connection.execute(select(t.entry.c.leaf).where(where).order_by(t.entry.c.idx)).scalars())


def _tile(connection: Connection, ch: int, level: int, n: int, width: int) -> bytes:
    """Hashes of a tile: of a full one as kept, of another from what lies below it."""

    def of(level: int, *more: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(t.tile.c.ch == ch, t.tile.c.level == level, *more)

    full: bytes | None = connection.execute(select(t.tile.c.hashes).where(of(level, t.tile.c.n == n))).scalar()
    if full is not None:
        return full
    first = n * TILE_WIDTH
    if level == 0:
        return b"".join(_leaves(connection, ch, first, first + width))
    below = of(level - 1, t.tile.c.n >= first, t.tile.c.n < first + width)
    return b"".join(connection.execute(select(t.tile.c.root).where(below).order_by(t.tile.c.n)).scalars())
