"""Questions that a store answers without writing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec
from sqlalchemy import Connection, and_, asc, bindparam, desc, select

from comity.adapters.store import tables as t
from comity.adapters.store.growth import FULL
from comity.adapters.store.prepared import Prepared
from comity.adapters.store.rows import Log, entry_in, log_of, peer_of, told_of
from comity.domain.ledger import TILE_WIDTH, Channel, Line, Peer, Position
from comity.domain.record import Entry, Told, Trace
from comity.domain.terms import Instant
from comity.errors import NotFound
from comity.ports import Listed, Noticed, Place

IN_MAX = 500

_c = t.entry.c
_BETWEEN = (
    select(_c.idx, _c.state, _c.salt, _c.envelope, _c.fields, _c.order_origin, _c.order_index)
    .where(and_(_c.ch == bindparam("ch"), _c.idx >= bindparam("start"), _c.idx < bindparam("stop")))
    .order_by(_c.idx)
)
_ENTRIES = Prepared(_BETWEEN)
_PARTED = Prepared(_BETWEEN.where(_c.order_origin.is_not(None)))
_POSTINGS = Prepared(
    select(t.trace.c.ch, t.trace.c.idx)
    .where(and_(t.trace.c.name == bindparam("name"), t.trace.c.key == bindparam("key")))
    .order_by(t.trace.c.ch, t.trace.c.idx)
)
_OUTCOME = Prepared(
    select(t.acted.c.outcome).where(and_(t.acted.c.issuer == bindparam("issuer"), t.acted.c.id == bindparam("id")))
)


def load_logs(connection: Connection) -> dict[str, Log]:
    """Every channel's state, with its open tiles, as the database has it."""
    logs: dict[str, Log] = {}
    for row in connection.execute(select(t.channel)).mappings():
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
    """Read side of the port; `logs` is the sequencer's last committed state."""

    _logs: Mapping[str, Log]

    @abstractmethod
    def _connect(self) -> AbstractContextManager[Connection]: ...

    def _log(self, origin: str) -> Log:
        log = self._logs.get(origin)
        if log is None:
            raise NotFound("channel", origin=origin)
        return log

    def _origins(self) -> dict[int, str]:
        return {log.ch: origin for origin, log in self._logs.items()}

    def channels(self) -> tuple[Channel, ...]:
        return tuple(log.channel for log in self._logs.values())

    def channel(self, origin: str) -> Channel:
        return self._log(origin).channel

    def position(self, origin: str) -> Position:
        return self._log(origin).position()

    def line(self, origin: str) -> Line | None:
        return self._log(origin).line

    def last_time_s(self) -> int:
        return max((log.line.time_s for log in self._logs.values() if log.line), default=0)

    def entries(self, origin: str, start: int, stop: int) -> list[Entry]:
        ch = self._log(origin).ch
        with self._connect() as connection:
            return [entry_in(*row) for row in _ENTRIES.run(connection, {"ch": ch, "start": start, "stop": stop})]

    def parted(self, origin: str, start: int, stop: int) -> list[Entry]:
        ch = self._log(origin).ch
        with self._connect() as connection:
            return [entry_in(*row) for row in _PARTED.run(connection, {"ch": ch, "start": start, "stop": stop})]

    def leaves(self, origin: str, start: int, stop: int) -> list[bytes]:
        log = self._log(origin)
        where = and_(t.entry.c.ch == log.ch, t.entry.c.idx >= start, t.entry.c.idx < min(stop, log.size))
        with self._connect() as connection:
            return list(connection.execute(select(t.entry.c.leaf).where(where).order_by(t.entry.c.idx)).scalars())

    def tile(self, origin: str, level: int, n: int, width: int) -> bytes:
        log = self._log(origin)
        first = n * TILE_WIDTH
        if level < 0 or n < 0 or not 1 <= width <= TILE_WIDTH or (first + width) << (8 * level) > log.size:
            raise NotFound("tile", origin=origin, level=level, n=n, width=width)
        with self._connect() as connection:
            where = and_(t.tile.c.ch == log.ch, t.tile.c.level == level, t.tile.c.n == n)
            full = connection.execute(select(t.tile.c.hashes).where(where)).scalar()
            if full is None and level:
                below = and_(
                    t.tile.c.ch == log.ch, t.tile.c.level == level - 1, t.tile.c.n >= first, t.tile.c.n < first + width
                )
                full = b"".join(connection.execute(select(t.tile.c.root).where(below).order_by(t.tile.c.n)).scalars())
            elif full is None:
                here = and_(t.entry.c.ch == log.ch, t.entry.c.idx >= first, t.entry.c.idx < first + width)
                full = b"".join(
                    connection.execute(select(t.entry.c.leaf).where(here).order_by(t.entry.c.idx)).scalars()
                )
        return full[: 32 * width] if len(full) <= FULL else full

    def note(self, origin: str, size: int) -> bytes:
        ch = self._log(origin).ch
        with self._connect() as connection:
            where = and_(t.checkpoint.c.ch == ch, t.checkpoint.c.size == size)
            found: bytes | None = connection.execute(select(t.checkpoint.c.note).where(where)).scalar()
        if found is None:
            raise NotFound("checkpoint", origin=origin, size=size)
        return found

    def sizes(self, origin: str, above: int) -> list[int]:
        ch = self._log(origin).ch
        where = and_(t.checkpoint.c.ch == ch, t.checkpoint.c.size > above)
        with self._connect() as connection:
            query = select(t.checkpoint.c.size).where(where).order_by(t.checkpoint.c.size).limit(1000)
            return list(connection.execute(query).scalars())

    def lines(self, origin: str, size: int) -> tuple[Line, ...]:
        ch = self._log(origin).ch
        where = and_(t.cosignature.c.ch == ch, t.cosignature.c.size == size)
        with self._connect() as connection:
            rows = connection.execute(select(t.cosignature).where(where).order_by(t.cosignature.c.name))
            return tuple(Line(row.name, row.size, row.time_s, row.line) for row in rows)

    def cosigned(self, origin: str, name: str, above: int) -> Line | None:
        ch = self._log(origin).ch
        c = t.cosignature.c
        query = (
            select(t.cosignature).where(and_(c.ch == ch, c.name == name, c.size > above)).order_by(asc(c.size)).limit(1)
        )
        with self._connect() as connection:
            row = connection.execute(query).first()
        return Line(row.name, row.size, row.time_s, row.line) if row else None

    def told(self, places: Sequence[Place]) -> dict[Place, Told]:
        found: dict[Place, Told] = {}
        if not places:
            return found
        with self._connect() as connection:
            for place in places:
                ch = self._log(place.origin).ch
                here = and_(t.entry.c.ch == ch, t.entry.c.idx == place.index, t.entry.c.settled)
                row = connection.execute(select(t.entry).where(here)).first()
                if row is not None:
                    there = and_(t.trace.c.ch == ch, t.trace.c.idx == place.index)
                    columns = select(t.trace.c.name, t.trace.c.key)
                    traces = connection.execute(columns.where(there).order_by(t.trace.c.name, t.trace.c.key))
                    found[place] = told_of(row, tuple(Trace(name, key) for name, key in traces))
        return found

    def find(self, record: str) -> list[Place]:
        origins = self._origins()
        with self._connect() as connection:
            rows = connection.execute(select(t.entry.c.ch, t.entry.c.idx).where(t.entry.c.id == record))
            places = [Place(origins[ch], idx) for ch, idx in rows]
            if not places:
                gone = connection.execute(
                    select(t.known.c.ch, t.known.c.idx).where(and_(t.known.c.ch.in_(origins), t.known.c.id == record))
                )
                places = [Place(origins[ch], idx) for ch, idx in gone]
        return sorted(places, key=lambda place: (self._logs[place.origin].line is not None, place.origin, place.index))

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        origins = self._origins()
        found: dict[bytes, list[Place]] = {}
        unique = list(dict.fromkeys(keys))
        c = t.trace.c
        with self._connect() as connection:
            if len(unique) == 1:  # what a drain asks for each request
                rows = _POSTINGS.run(connection, {"name": name, "key": unique[0]})
                places = [Place(origins[ch], index) for ch, index in rows]
                return {unique[0]: places} if places else {}
            for at in range(0, len(unique), IN_MAX):
                where = and_(c.name == name, c.key.in_(unique[at : at + IN_MAX]))
                for row in connection.execute(select(c.key, c.ch, c.idx).where(where).order_by(c.key, c.ch, c.idx)):
                    found.setdefault(row.key, []).append(Place(origins[row.ch], row.idx))
        return found

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        origins = self._origins()
        c = t.entry.c
        query = (
            select(c.ch, c.idx)
            .where(and_(c.kind == kind, c.settled))
            .order_by(desc(c.made), c.ch, desc(c.idx))
            .limit(limit)
        )
        with self._connect() as connection:
            return [Place(origins[ch], idx) for ch, idx in connection.execute(query)]

    def buried(self, issuer: str, records: Sequence[str]) -> dict[str, Place]:
        found: dict[str, Place] = {}
        c = t.tombstone.c
        with self._connect() as connection:
            for at in range(0, len(records), IN_MAX):
                where = and_(c.issuer == issuer, c.id.in_(records[at : at + IN_MAX]))
                rows = connection.execute(select(c.id, c.order_origin, c.order_index).where(where))
                found.update({row.id: Place(row.order_origin, row.order_index) for row in rows})
        return found

    def acted(self, issuer: str, record: str) -> str | None:
        with self._connect() as connection:
            outcome: str | None = _OUTCOME.run(connection, {"issuer": issuer, "id": record}).scalar()
        return outcome

    def peers(self) -> tuple[Peer, ...]:
        with self._connect() as connection:
            return tuple(
                peer_of(raw) for raw in connection.execute(select(t.peer.c.document).order_by(t.peer.c.name)).scalars()
            )

    def warning_lists(self) -> tuple[Listed, ...]:
        with self._connect() as connection:
            rows = connection.execute(select(t.warning).order_by(t.warning.c.name))
            return tuple(Listed(row.name, row.sha256, row.raw, row.by, Instant(row.at)) for row in rows)

    def warning_versions(self) -> tuple[tuple[str, str], ...]:
        with self._connect() as connection:
            rows = connection.execute(select(t.warning.c.name, t.warning.c.sha256).order_by(t.warning.c.name))
            return tuple((row.name, row.sha256) for row in rows)

    def notices(self, limit: int = 200) -> tuple[Noticed, ...]:
        with self._connect() as connection:
            rows = connection.execute(select(t.notice).order_by(desc(t.notice.c.seq)).limit(limit))
            return tuple(Noticed(row.key, Instant(row.at), row.kind, msgspec.json.decode(row.about)) for row in rows)

    def evidence(self, origin: str) -> tuple[bytes, ...]:
        ch = self._log(origin).ch
        with self._connect() as connection:
            query = select(t.evidence.c.note).where(t.evidence.c.ch == ch).order_by(t.evidence.c.seq)
            return tuple(connection.execute(query).scalars())
