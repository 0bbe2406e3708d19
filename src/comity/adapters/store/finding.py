"""What a store answers about records: where an id or a value stands, and what was told about it.

A channel that came back from a backup and has not caught up yet is left out: what it holds may have been erased or withdrawn since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, desc, select

from comity.adapters.at_rest import Sealing
from comity.adapters.store import tables as t
from comity.adapters.store.prepared import Prepared
from comity.adapters.store.reading import Reading
from comity.adapters.store.rows import told_of
from comity.adapters.store.sealed import opened, posted, sealing_of, unposted
from comity.domain.ledger import Standing
from comity.domain.record import Told, Trace
from comity.domain.terms import NodeName
from comity.ports import Place

IN_MAX = 500

_POSTINGS = Prepared(
    select(t.trace.c.ch, t.trace.c.idx)
    .where(and_(t.trace.c.name == bindparam("name"), t.trace.c.key == bindparam("key")))
    .order_by(t.trace.c.ch, t.trace.c.idx)
)
_OUTCOME = Prepared(
    select(t.acted).where(and_(t.acted.c.issuer == bindparam("issuer"), t.acted.c.id == bindparam("id")))
)
_e, _r = t.entry.c, t.trace.c
_HEADS = select(_e.idx, _e.id, _e.kind, _e.issuer, _e.made, _e.fault).where(_e.settled)
_POSTED = select(_r.idx, _r.name, _r.key).order_by(_r.idx, _r.name, _r.key)
_HEAD = Prepared(_HEADS.where(and_(_e.ch == bindparam("ch"), _e.idx == bindparam("idx"))))
_TRACES = Prepared(_POSTED.where(and_(_r.ch == bindparam("ch"), _r.idx == bindparam("idx"))))


class Finding(Reading):
    """The part of the port that looks records up."""

    _me: NodeName

    def _shown(self) -> dict[int, str]:
        """Origins of the channels that may be shown, by their number."""
        return {log.ch: origin for origin, log in self._logs.items() if log.channel.standing is not Standing.BEHIND}

    def told(self, places: Sequence[Place]) -> dict[Place, Told]:
        logs = {place.origin: self._log(place.origin) for place in places}
        wanted: dict[int, list[int]] = {}
        for place in dict.fromkeys(places):
            if logs[place.origin].channel.standing is not Standing.BEHIND:
                wanted.setdefault(logs[place.origin].ch, []).append(place.index)

        def ask(connection: Connection) -> dict[tuple[int, int], Told]:
            found: dict[tuple[int, int], Told] = {}
            for ch, indexes in wanted.items():
                for at in range(0, len(indexes), IN_MAX):
                    found |= _told(connection, ch, indexes[at : at + IN_MAX])
            return found

        found = self._read(ask) if wanted else {}
        at = ((place, (logs[place.origin].ch, place.index)) for place in places)
        return {place: found[here] for place, here in at if here in found}

    def standing(self, origin: str, records: Sequence[str]) -> dict[str, int]:
        ch, e = self._log(origin).ch, t.entry.c

        def ask(connection: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for at in range(0, len(records), IN_MAX):
                # By id alone: told of the channel, or of an order, SQLite would walk the whole channel instead.
                where = and_(e.id.in_(records[at : at + IN_MAX]), e.settled)
                for row in connection.execute(select(e.id, e.ch, e.idx).where(where)):
                    if row.ch == ch:
                        found[row.id] = min(row.idx, found.get(row.id, row.idx))
            return found

        return self._read(ask) if records else {}

    def find(self, record: str) -> list[Place]:
        shown, e, k = self._shown(), t.entry.c, t.known.c
        here = select(e.ch, e.idx).where(e.id == record)
        gone = select(k.ch, k.idx).where(and_(k.ch.in_(shown), k.id == record))

        def ask(connection: Connection) -> list[Place]:
            places = [Place(shown[ch], idx) for ch, idx in connection.execute(here) if ch in shown]
            return places or [Place(shown[ch], idx) for ch, idx in connection.execute(gone)]

        logs, me = self._logs, self._me
        found = self._read(ask)
        return sorted(found, key=lambda place: (logs[place.origin].channel.writer != me, place.origin, place.index))

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        shown = self._shown()
        unique = list(dict.fromkeys(keys))
        if len(unique) == 1:  # what a drain asks for each request
            one = unique[0]

            def ask(connection: Connection) -> Sequence[Any]:
                row = {"name": name, "key": posted(sealing_of(connection), name, one)}
                return _POSTINGS.run(connection, row).all()

            rows = self._read(ask)
            places = [Place(shown[ch], index) for ch, index in rows if ch in shown]
            return {unique[0]: places} if places else {}
        return self._read(lambda connection: _traced(connection, name, unique, shown)) if unique else {}

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        shown, c = self._shown(), t.entry.c
        where = and_(c.kind == kind, c.settled)
        if len(shown) < len(self._logs):
            where = and_(where, c.ch.in_(shown))
        query = select(c.ch, c.idx).where(where).order_by(desc(c.made), c.ch, desc(c.idx)).limit(limit)
        rows = self._read(lambda connection: connection.execute(query).all())
        return [Place(shown[ch], index) for ch, index in rows if ch in shown]

    def buried(self, issuer: str, records: Sequence[str]) -> dict[str, Place]:
        c = t.tombstone.c

        def ask(connection: Connection) -> dict[str, Place]:
            found: dict[str, Place] = {}
            for at in range(0, len(records), IN_MAX):
                where = and_(c.issuer == issuer, c.id.in_(records[at : at + IN_MAX]))
                rows = connection.execute(select(c.id, c.order_origin, c.order_index).where(where))
                found.update({row.id: Place(row.order_origin, row.order_index) for row in rows})
            return found

        return self._read(ask) if records else {}

    def acted(self, issuer: str, record: str) -> str | None:
        row = {"issuer": issuer, "id": record}

        def ask(connection: Connection) -> str | None:
            found = _OUTCOME.run(connection, row).first()
            return opened(sealing_of(connection), t.acted, found).outcome if found is not None else None

        return self._read(ask)


def _told(connection: Connection, ch: int, indexes: list[int]) -> dict[tuple[int, int], Told]:
    """Heads and postings of some entries of one channel, by channel and index."""
    if len(indexes) == 1:  # what a drain asks for each step of a request
        key = {"ch": ch, "idx": indexes[0]}
        heads, postings = _HEAD.run(connection, key).all(), _TRACES.run(connection, key).all()
    else:
        e, r = t.entry.c, t.trace.c
        heads = connection.execute(_HEADS.where(and_(e.ch == ch, e.idx.in_(indexes)))).all()
        postings = connection.execute(_POSTED.where(and_(r.ch == ch, r.idx.in_(indexes)))).all()
    return told_in(sealing_of(connection), ch, heads, postings)


def told_in(sealing: Sealing, ch: int, heads: Iterable[Any], postings: Iterable[Any]) -> dict[tuple[int, int], Told]:
    """By channel and index. Any: rows of `entry`, and of `trace`."""
    traces: dict[int, list[Trace]] = {}
    for row in postings:
        traces.setdefault(row.idx, []).append(Trace(row.name, unposted(sealing, row.name, row.key)))
    for some in traces.values():
        some.sort(key=lambda each: (each.name, each.key))
    return {(ch, row.idx): told_of(row, tuple(traces.get(row.idx, ()))) for row in heads}


def _traced(connection: Connection, name: str, keys: list[bytes], shown: dict[int, str]) -> dict[bytes, list[Place]]:
    found: dict[bytes, list[Place]] = {}
    c, sealing = t.trace.c, sealing_of(connection)
    for at in range(0, len(keys), IN_MAX):
        asked = {posted(sealing, name, key): key for key in keys[at : at + IN_MAX]}
        where = and_(c.name == name, c.key.in_(asked))
        for row in connection.execute(select(c.key, c.ch, c.idx).where(where).order_by(c.key, c.ch, c.idx)):
            if row.ch in shown:
                found.setdefault(asked[row.key], []).append(Place(shown[row.ch], row.idx))
    return found
