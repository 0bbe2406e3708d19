"""What a store answers about records: where an id or a value stands, and what was told about it.

A channel that came back from a backup and has not caught up yet is left out: what it holds may have been erased or withdrawn since.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, desc, select

from comity.adapters.store import tables as t
from comity.adapters.store.prepared import Prepared
from comity.adapters.store.reading import Reading
from comity.adapters.store.rows import told_of
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
    select(t.acted.c.outcome).where(and_(t.acted.c.issuer == bindparam("issuer"), t.acted.c.id == bindparam("id")))
)


class Finding(Reading):
    """The part of the port that looks records up."""

    _me: NodeName

    def _shown(self) -> dict[int, str]:
        """Origins of the channels that may be shown, by their number."""
        return {log.ch: origin for origin, log in self._logs.items() if log.channel.standing is not Standing.BEHIND}

    def told(self, places: Sequence[Place]) -> dict[Place, Told]:
        found: dict[Place, Told] = {}
        if not places:
            return found
        with self._connect() as connection:
            for place in places:
                log = self._log(place.origin)
                if log.channel.standing is Standing.BEHIND:
                    continue
                ch = log.ch
                here = and_(t.entry.c.ch == ch, t.entry.c.idx == place.index, t.entry.c.settled)
                row = connection.execute(select(t.entry).where(here)).first()
                if row is not None:
                    there = and_(t.trace.c.ch == ch, t.trace.c.idx == place.index)
                    columns = select(t.trace.c.name, t.trace.c.key)
                    traces = connection.execute(columns.where(there).order_by(t.trace.c.name, t.trace.c.key))
                    found[place] = told_of(row, tuple(Trace(name, key) for name, key in traces))
        return found

    def find(self, record: str) -> list[Place]:
        shown = self._shown()
        with self._connect() as connection:
            rows = connection.execute(select(t.entry.c.ch, t.entry.c.idx).where(t.entry.c.id == record))
            places = [Place(shown[ch], idx) for ch, idx in rows if ch in shown]
            if not places:
                gone = connection.execute(
                    select(t.known.c.ch, t.known.c.idx).where(and_(t.known.c.ch.in_(shown), t.known.c.id == record))
                )
                places = [Place(shown[ch], idx) for ch, idx in gone]
        logs, me = self._logs, self._me
        return sorted(places, key=lambda place: (logs[place.origin].channel.writer != me, place.origin, place.index))

    def traced(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[Place]]:
        shown = self._shown()
        found: dict[bytes, list[Place]] = {}
        unique = list(dict.fromkeys(keys))
        c = t.trace.c
        with self._connect() as connection:
            if len(unique) == 1:  # what a drain asks for each request
                rows = _POSTINGS.run(connection, {"name": name, "key": unique[0]})
                places = [Place(shown[ch], index) for ch, index in rows if ch in shown]
                return {unique[0]: places} if places else {}
            for at in range(0, len(unique), IN_MAX):
                where = and_(c.name == name, c.key.in_(unique[at : at + IN_MAX]))
                for row in connection.execute(select(c.key, c.ch, c.idx).where(where).order_by(c.key, c.ch, c.idx)):
                    if row.ch in shown:
                        found.setdefault(row.key, []).append(Place(shown[row.ch], row.idx))
        return found

    def of_kind(self, kind: str, limit: int = 1000) -> list[Place]:
        shown = self._shown()
        c = t.entry.c
        where = and_(c.kind == kind, c.settled)
        if len(shown) < len(self._logs):
            where = and_(where, c.ch.in_(shown))
        query = select(c.ch, c.idx).where(where).order_by(desc(c.made), c.ch, desc(c.idx)).limit(limit)
        with self._connect() as connection:
            return [Place(shown[ch], idx) for ch, idx in connection.execute(query) if ch in shown]

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
